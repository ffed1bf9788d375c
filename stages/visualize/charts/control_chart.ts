/** Draws question 2's controls. A negative control breaks an assumption, and the method must see it. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Estimate, LayerTheory, Purpose } from "../../../schemas/assignment/theory.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { fixed, percent } from "./chart_numbers.ts";
import { halfWidth, isInside, type Ratio, ratiosChart } from "./ratios.ts";

const negative = "must lie outside";
const positive = "must lie inside";

const broken: Partial<Record<Purpose, string>> = {
  "mean-inputs": "inputs with a mean, predicted from v² alone",
  "mean-weights": "weights with a mean, predicted from σ² alone",
  "mean-weights-correlated-inputs": "the same with correlated inputs",
  "correlated-both": "weights and inputs both correlated",
};
const kept: Partial<Record<Purpose, string>> = {
  "correlated-inputs": "correlated inputs, independent weights",
  "uniform-weights": "uniform weights",
};

/** A prediction too large by three times the equivalence margin. */
const wrongFactor = (epsilon: number): number => 1 + 3 * epsilon;

interface Controls {
  ratios: Ratio[];
  band: { low: number; high: number };
  /** Labels of those that did not come out as they must. */
  misbehaved: string[];
}

export function controlsOf({ rows, epsilon }: LayerTheory): Controls {
  const of = (labels: typeof broken, kind: string): Ratio[] =>
    rows.flatMap(({ cell, conditional, unconditional }): Ratio[] => {
      const label = labels[cell.purpose];
      const found: Estimate | null = unconditional ?? conditional;
      if (label === undefined || found === null) return [];
      const size = cell.purpose === "uniform-weights" ? `, ${cell.nIn} → ${cell.nOut}` : "";
      return [{
        group: kind,
        label: label + size,
        kind,
        estimate: found.estimate,
        interval: found.interval,
      }];
    });
  const factor = wrongFactor(epsilon);
  const wrong = rows.filter(({ cell, conditional }) =>
    cell.purpose === "sizes" && conditional !== null
  )
    .map(({ conditional }): Ratio => {
      const { estimate, interval } = conditional!;
      return {
        group: negative,
        label: `a prediction ${percent(factor - 1, 0)} too large, all sizes`,
        kind: negative,
        estimate: estimate / factor,
        interval: { low: interval.low / factor, high: interval.high / factor },
      };
    });
  const band = { low: 1 - epsilon, high: 1 + epsilon };
  const ratios = [...of(broken, negative), ...wrong, ...of(kept, positive)];
  const isOutside = ({ low, high }: Ratio["interval"]) => high < band.low || low > band.high;
  const misbehaved = ratios.filter(({ kind, interval }) =>
    kind === negative ? !isOutside(interval) : !isInside(interval, band)
  );
  return { ratios, band, misbehaved: [...new Set(misbehaved.map(({ label }) => label))] };
}

export function controlsChart(theory: LayerTheory): ChartSpec {
  const { ratios, band, misbehaved } = controlsOf(theory);
  const largest = ratios.reduce((most, one) => one.estimate > most.estimate ? one : most);
  return ratiosChart({
    title: misbehaved.length === 0
      ? `Every broken assumption is detected: up to ${
        fixed(largest.estimate, 2)
      } times the prediction`
      : `The method does not detect: ${listed(misbehaved)}`,
    subtitle: "One layer, forward: mean square over n_in σ² v². Grey: the equivalence margin, " +
      `±${halfWidth(theory.epsilon)}. Logarithmic`,
    description: ratios.map(({ label, kind, estimate, interval }) =>
      `${label} (${kind} the margin): ${fixed(estimate, 3)}, interval ${
        fixed(interval.low, 3)
      } to ${fixed(interval.high, 3)}`
    ).join("; ") + ".",
    axis: "Measured over predicted second moment",
    ratios,
    kinds: [negative, positive],
    band,
    scale: "log",
    step: 22,
  });
}
