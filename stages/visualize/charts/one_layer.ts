/**
 * Draws question 2's second moment of one layer over the predicted one, for every rule and size.
 */
import type { ChartSpec } from "../chart_outputs.ts";
import type { LayerRow, LayerTheory } from "../../../schemas/assignment/theory.ts";
import { count, fixed, percent } from "./chart_numbers.ts";
import { halfWidth, type Ratio, ratiosChart, shareInside, withOwnLabels } from "./ratios.ts";
import { lawNames, ruleName } from "./theory_labels.ts";

const order = ["lecun", "backward", "glorot", "he", "variance", null] as const;

/** Every rule and size, and the sizes at which no rule was followed. */
export const ratiosOf = (rows: readonly LayerRow[]): Ratio[] =>
  withOwnLabels(
    order.flatMap((rule) =>
      rows.filter(({ cell }) => cell.rule === rule && ["sizes", "rule"].includes(cell.purpose))
        .flatMap(({ cell, conditional }): Ratio[] =>
          conditional === null ? [] : [{
            group: ruleName(rule),
            label: `${cell.nIn} → ${cell.nOut}` +
              (cell.signal.mean === 0 ? "" : `, μ = ${fixed(cell.signal.mean, 0)}`),
            kind: lawNames[cell.signal.law],
            estimate: conditional.estimate,
            interval: conditional.interval,
          }]
        )
        .sort((a, b) => sizeOf(a) - sizeOf(b))
    ),
  );

const sizeOf = ({ label }: Ratio): number => {
  const [nIn, nOut] = label.split(" → ").map((size) => parseInt(size));
  return nIn * 10_000 + nOut;
};

/** The largest distance of an estimate from 1. */
export const farthest = (ratios: readonly Ratio[]): number =>
  Math.max(...ratios.map(({ estimate }) => Math.abs(estimate - 1)));

export function oneLayerChart({ direction, epsilon, level, rows }: LayerTheory): ChartSpec {
  const ratios = ratiosOf(rows);
  const band = { low: 1 - epsilon, high: 1 + epsilon };
  const draws = rows.reduce((sum, { cell }) => sum + cell.draws, 0);
  const what = direction === "forward" ? "pre-activations" : "gradients";
  return ratiosChart({
    title: `${shareInside(ratios, band)} within ${halfWidth(epsilon)} of theory: ` +
      `the second moment of ${direction === "forward" ? "n_in σ² v²" : "n_out σ² (g² + μ²)"}`,
    subtitle:
      `One layer n_in → n_out, ${direction}: mean square of the ${what} over the predicted ` +
      `one given the ${direction === "forward" ? "inputs" : "incoming gradients"}; ` +
      `${count(draws)} matrices; ${percent(1 - level, 4)} intervals`,
    description: `Measured over predicted second moments: ` +
      ratios.map(({ group, label, estimate, interval }) =>
        `${group} ${label} ${fixed(estimate, 3)} (${fixed(interval.low, 3)} to ${
          fixed(interval.high, 3)
        })`
      ).join("; ") + ".",
    axis: `Measured over predicted second moment; grey: ±${halfWidth(epsilon)}`,
    ratios,
    kinds: Object.values(lawNames),
    band,
    scale: "linear",
  });
}
