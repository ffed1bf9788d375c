/**
 * Draws the distance of the ReLU of a sum from that of a normal variable, by the number of inputs.
 */
import type { ChartSpec } from "../chart_outputs.ts";
import type { ActivationTheory, Law } from "../../../schemas/assignment/theory.ts";
import { count, fixed, rounded } from "./chart_numbers.ts";
import { colours, ink, series, themed } from "./chart_theme.ts";
import { lawNames } from "./theory_labels.ts";

const within = 0.01;

/** The least n_in from which mean and variance stay within 1 % of a normal's, under every law. */
export function normalFrom({ normality }: ActivationTheory): number | undefined {
  const sizes = [...new Set(normality.map(({ nIn }) => nIn))].sort((a, b) => a - b);
  const isClose = (nIn: number) =>
    normality.filter((row) => row.nIn === nIn).every(({ meanRatio, varianceRatio }) =>
      Math.abs(meanRatio - 1) <= within && Math.abs(varianceRatio - 1) <= within
    );
  return sizes.find((nIn) => sizes.filter((other) => other >= nIn).every(isClose));
}

/** The ratios at the fewest inputs that lie farthest from 1. */
export function farthestFromNormal({ normality }: ActivationTheory) {
  return normality.reduce((most, row) =>
    Math.abs(row.meanRatio - 1) > Math.abs(most.meanRatio - 1) ? row : most
  );
}

export function reluNormalityChart(theory: ActivationTheory): ChartSpec {
  const { normality } = theory;
  const laws = [...new Set(normality.map(({ law }) => law))];
  const from = normalFrom(theory);
  const worst = farthestFromNormal(theory);
  const looks = series("law", laws.map((law: Law) => lawNames[law]), {
    by: ["shape", "strokeDash"],
  });
  return themed({
    title: from === undefined
      ? `With ${lawNames[worst.law]} inputs the mean of the ReLU is ${
        fixed(worst.meanRatio, 2)
      } of a normal's at n_in = ${worst.nIn}`
      : `From n_in = ${count(from)} on the ReLU's mean and variance are within 1 % of a normal's ` +
        "under every law",
    subtitle: `At n_in = ${worst.nIn} the mean is ${fixed(worst.meanRatio, 2)} of it ` +
      `(${lawNames[worst.law]} inputs). Gaussian weights; by quadrature. Grey: ±1 %`,
    description: "Mean and variance of the ReLU of a sum of n_in products over a normal's: " +
      normality.map(({ law, nIn, meanRatio, varianceRatio }) =>
        `${lawNames[law]} n_in ${nIn}: ${fixed(meanRatio, 3)} and ${fixed(varianceRatio, 3)}`
      ).join("; ") + ".",
  }, {
    data: {
      values: normality.flatMap(({ law, nIn, meanRatio, varianceRatio }) => [
        { law: lawNames[law], nIn, moment: "mean", ratio: rounded(meanRatio) },
        { law: lawNames[law], nIn, moment: "variance", ratio: rounded(varianceRatio) },
      ]),
    },
    facet: { field: "moment", type: "nominal", title: null, header: { labelAnchor: "start" } },
    columns: 2,
    spacing: 30,
    spec: {
      width: 315,
      height: 230,
      layer: [
        {
          data: { values: [{ low: 1 - within, high: 1 + within }] },
          mark: { type: "rect", color: colours.grey, opacity: 0.25, tooltip: false },
          encoding: {
            y: { field: "low", type: "quantitative" },
            y2: { field: "high" },
            x: { value: 0 },
            x2: { value: "width" },
          },
        },
        {
          mark: { type: "line", point: { filled: true, size: 50 } },
          encoding: { x, y, ...looks, tooltip },
        },
      ],
    },
  });
}

const x = {
  field: "nIn",
  type: "quantitative",
  title: "Inputs n_in",
  scale: { type: "log", base: 2, padding: 8, nice: false },
  axis: { values: [1, 4, 16, 64, 256, 1024, 4096], grid: false, labelOverlap: true },
};
const y = {
  field: "ratio",
  type: "quantitative",
  title: "Over that of a normal variable",
  scale: { zero: false },
  axis: { format: ".2f", titleColor: ink },
};
const tooltip = [
  { field: "law" },
  { field: "moment" },
  { field: "nIn", title: "n_in" },
  { field: "ratio", type: "quantitative", format: ".4f" },
];
