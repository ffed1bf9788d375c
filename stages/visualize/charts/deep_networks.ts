/**
 * Draws question 2's factor of a layer in deep networks over the predicted one, by rule and width.
 */
import type { ChartSpec } from "../chart_outputs.ts";
import type { DepthTheory } from "../../../schemas/assignment/theory.ts";
import { fixed, percent } from "./chart_numbers.ts";
import { halfWidth, type Ratio, ratiosChart, shareInside } from "./ratios.ts";
import { activationNames, networkRuleName } from "./theory_labels.ts";

export function deepNetworksChart({ rows, epsilon, level }: DepthTheory): ChartSpec {
  const band = { low: 1 - epsilon, high: 1 + epsilon };
  const ratios = rows.filter(({ cell }) => cell.purpose === "layer-factor")
    .map(({ cell, factor }): Ratio => ({
      group: cell.rule === "off-one" ? "n σ² off 1" : networkRuleName(cell),
      label: cell.rule === "off-one"
        ? `n σ² = ${cell.gain}, width ${cell.width}`
        : `${activationNames[cell.activation]}, width ${cell.width}`,
      kind: activationNames[cell.activation],
      estimate: factor.estimate,
      interval: factor.interval,
    }));
  const { depth } = rows[0].cell;
  return ratiosChart({
    title: `${shareInside(ratios, band)} within ${halfWidth(epsilon)} of the predicted factor ` +
      "of a layer: n σ² without, n σ²/2 with ReLU",
    subtitle:
      `Networks of ${depth} layers of equal width: what a layer multiplies the second moment ` +
      `by, over the predicted factor; ${percent(1 - level, 4)} intervals`,
    description: "Measured over predicted factors: " +
      ratios.map(({ group, label, estimate }) => `${group}, ${label}: ${fixed(estimate, 3)}`)
        .join("; ") +
      ".",
    axis: `Measured over predicted factor of a layer; grey: ±${halfWidth(epsilon)}`,
    ratios,
    kinds: Object.values(activationNames).filter((name) =>
      ratios.some(({ kind }) => kind === name)
    ),
    band,
    scale: "linear",
  });
}
