/** Draws question 2's second moments through deep networks, for each rule and activation. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { ActivationName, Curves, DepthTheory } from "../../../schemas/assignment/theory.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { decades, last, rounded, significant } from "./chart_numbers.ts";
import { powerOfTen, series, themed } from "./chart_theme.ts";
import { activationNames, networkRuleName } from "./theory_labels.ts";
import { type Line, logarithmic, overviewChart } from "./overview.ts";

/** The curve of a rule and an activation, if there is one. */
export const curveOf = (
  { curves }: DepthTheory,
  rule: Curves["cell"]["rule"],
  activation: ActivationName,
): Curves | undefined =>
  curves.find(({ cell }) => cell.rule === rule && cell.activation === activation);

const subjects = {
  secondMoment: {
    quantity: "second moment of the activations",
    unit: "1 at the input",
  },
  gradient: {
    quantity: "second moment of the gradient",
    unit: "1 at the last layer",
  },
} as const;

/** Returns the ReLU networks' moment at the far end: the last layer, or the first. */
function endOf(theory: DepthTheory, rule: Curves["cell"]["rule"], of: keyof typeof subjects) {
  const curve = curveOf(theory, rule, "relu");
  if (curve === undefined) return undefined;
  return of === "secondMoment" ? last(curve.secondMoment) : curve.gradient[0];
}

export function momentByLayerChart(theory: DepthTheory, of: keyof typeof subjects): ChartSpec {
  const { curves } = theory;
  const { quantity, unit } = subjects[of];
  const { depth, width: units } = curves[0].cell;
  const activations = [...new Set(curves.map(({ cell }) => cell.activation))];
  const rules = [...new Set(curves.map(({ cell }) => networkRuleName(cell)))];
  const networks = Math.min(...curves.map(({ cell }) => cell.networks));
  const ends = (["he", "variance", "lecun"] as const).flatMap((rule) => {
    const end = endOf(theory, rule, of);
    const name = { he: "He’s rule", variance: "the Var(y) = v² rule", lecun: "LeCun’s" }[rule];
    return end === undefined ? [] : [`${significant(Math.exp(end.logMean), 2)} by ${name}`];
  });
  return themed({
    title: `A typical ReLU network of ${depth} layers takes the ${quantity} to ${listed(ends)}`,
    subtitle:
      `Mean squares, ${unit}; width ${units}, at least ${networks} networks each; points: ` +
      "measured (geometric mean); lines: theory. Logarithmic",
    description:
      `The ${quantity} of ${
        of === "secondMoment" ? "the last layer" : "the first layer"
      } by activation and rule: ` +
      curves.map((curve) => {
        const end = of === "secondMoment" ? last(curve.secondMoment) : curve.gradient[0];
        return `${activationNames[curve.cell.activation]}, ${networkRuleName(curve.cell)}: ` +
          `${significant(Math.exp(end.logMean))} (theory ${significant(end.predicted)})`;
      }).join("; ") + ".",
  }, {
    columns: 2,
    spacing: { row: 24, column: 24 },
    concat: activations.map((activation) =>
      panel(curves.filter(({ cell }) => cell.activation === activation), of, rules)
    ),
  });
}

/** The networks of one activation. */
function panel(curves: readonly Curves[], of: keyof typeof subjects, rules: readonly string[]) {
  const { activation, depth } = curves[0].cell;
  const { color, shape } = series("rule", rules, { by: ["shape"] });
  /** Points are drawn at every so manieth layer, lines at all. */
  const every = Math.max(1, Math.round(depth / 10));
  const drawn = curves.flatMap((curve) =>
    curve[of].flatMap(({ logMean, predicted }) => [Math.exp(logMean), predicted])
  );
  return {
    title: { text: activationNames[activation], fontSize: 12, offset: 6 },
    width: 290,
    height: 190,
    data: {
      values: curves.map((curve) => ({
        activation: activationNames[activation],
        rule: networkRuleName(curve.cell),
        layer: curve[of].map(({ layer }) => layer),
        measured: curve[of].map(({ layer, logMean }) =>
          layer % every === 0 ? rounded(Math.exp(logMean), 4) : null
        ),
        predicted: curve[of].map(({ predicted }) => rounded(predicted, 4)),
      })),
    },
    transform: [{ flatten: ["layer", "measured", "predicted"] }],
    encoding: {
      x: {
        field: "layer",
        type: "quantitative",
        title: of === "secondMoment" ? "Layer (0 is the input)" : "Layer",
        scale: { domain: [-depth / 40, depth * 41 / 40], nice: false },
        axis: { grid: false, values: Array.from({ length: 6 }, (_, i) => i * depth / 5) },
      },
      color,
      tooltip: [
        { field: "activation" },
        { field: "rule" },
        { field: "layer", type: "quantitative" },
        { field: "measured", type: "quantitative", format: ".3e" },
        { field: "predicted", type: "quantitative", format: ".3e" },
      ],
    },
    layer: [
      {
        mark: { type: "line", strokeWidth: 1 },
        encoding: { y: { field: "predicted", type: "quantitative" } },
      },
      {
        mark: { type: "point", filled: true, size: 40 },
        encoding: {
          y: {
            field: "measured",
            type: "quantitative",
            title: "Mean square",
            scale: { type: "log" },
            axis: { values: decades(drawn, 8), labelExpr: powerOfTen },
          },
          shape,
        },
      },
    ],
  };
}

/** Rules whose networks are shown, with their names. */
const shownRules = { he: "He, 2/n", variance: "Var(y) = v²", lecun: "LeCun, 1/n" } as const;

/** The small chart for the head of the report. */
export function momentOverview(theory: DepthTheory): ChartSpec {
  const drawn = Object.entries(shownRules).flatMap(([rule, label]): Line[] => {
    const curve = curveOf(theory, rule as keyof typeof shownRules, "relu");
    if (curve === undefined) return [];
    const points = curve.secondMoment.map(({ layer, logMean }) => ({
      x: layer,
      y: Math.exp(logMean),
    }));
    return [{ label, points: [points] }];
  });
  const values = drawn.flatMap(({ points }) => points.flat().map(({ y }) => y));
  return overviewChart("Second moment through layers of ReLU", {
    x: { title: "Layer", scale: { nice: false }, axis: { tickCount: 5 } },
    y: { title: "Second moment", ...logarithmic(values) },
    drawn,
  });
}
