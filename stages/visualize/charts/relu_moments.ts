/** Draws moments of the ReLU in layers drawn, over those of a normal variable. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Estimate, LayerTheory } from "../../../schemas/assignment/theory.ts";
import { fixed, percent } from "./chart_numbers.ts";
import { halfWidth, type Ratio, ratiosChart, shareInside } from "./ratios.ts";
import { lawNames, ruleName } from "./theory_labels.ts";

const moments = [
  { name: "mean s/√(2π)", of: "mean" },
  { name: "second moment s²/2", of: "secondMoment" },
  { name: "variance s²(π − 1)/(2π)", of: "variance" },
] as const;

export function reluMomentsChart({ relu, epsilon, level }: LayerTheory): ChartSpec {
  const band = { low: 1 - epsilon, high: 1 + epsilon };
  const rows = relu.filter(({ cell }) => cell.against === "normal");
  const ratios = moments.flatMap(({ name, of }) =>
    rows.flatMap(({ cell, ...found }): Ratio[] => {
      const estimate: Estimate | null = found[of];
      return estimate === null ? [] : [{
        group: name,
        label: `${ruleName(cell.rule)}, ${cell.nIn} → ${cell.nOut}`,
        kind: lawNames[cell.signal.law],
        estimate: estimate.estimate,
        interval: estimate.interval,
      }];
    })
  );
  return ratiosChart({
    title: `${shareInside(ratios, band)} within ${halfWidth(epsilon)} of the closed forms of the ` +
      "ReLU's moments",
    subtitle:
      "Layers of Gaussian weights, ReLU of their pre-activations, given the inputs' norms; " +
      `${percent(1 - level, 4)} intervals`,
    description: "Measured over predicted: " +
      ratios.map(({ group, label, estimate }) => `${group}, ${label}: ${fixed(estimate, 3)}`)
        .join("; ") +
      ".",
    axis: `Measured over predicted; grey: ±${halfWidth(epsilon)}`,
    ratios,
    kinds: Object.values(lawNames),
    band,
    scale: "linear",
    step: 16,
  });
}
