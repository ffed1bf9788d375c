/** Draws the density of the ReLU of a normal variable, its probability of 0 and its moments. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { ActivationTheory, Algebra } from "../../../schemas/assignment/theory.ts";
import { fixed, percent, rounded } from "./chart_numbers.ts";
import { colours, ink, marks, themed } from "./chart_theme.ts";

/** A moment of the ReLU of N(0, 1), by quadrature. */
export const momentOf = ({ relu }: Algebra, moment: Algebra["relu"][number]["moment"]): number =>
  relu.find((one) => one.moment === moment)!.quadrature;

export function reluDensityChart({ reluDensity, algebra }: ActivationTheory): ChartSpec {
  const { atZero, points } = reluDensity;
  const mean = momentOf(algebra, "mean");
  const second = momentOf(algebra, "second-moment");
  const variance = momentOf(algebra, "variance");
  const curve = points.map(({ y, density }) => ({ y: rounded(y), density: rounded(density) }));
  return themed({
    title: `The ReLU of N(0, s²) has mean ${fixed(mean, 3)} s, second moment ${
      fixed(second, 3)
    } s² and variance ${fixed(variance, 3)} s²`,
    subtitle: `The squared mean is ${percent(mean * mean / second, 1)} of the second moment. ` +
      `Bar: the probability ${fixed(atZero, 2)} that y = 0. Dashed: the density of a`,
    description: `The ReLU of a standard normal variable is 0 with probability ${
      fixed(atZero, 2)
    }; for y > 0 it has the normal density, ${fixed(points[0].density, 3)} at 0. Mean ${
      fixed(mean, 4)
    }, second moment ${fixed(second, 4)}, variance ${fixed(variance, 4)}.`,
  }, {
    height: 260,
    layer: [
      {
        data: { values: curve.map(({ y, density }) => ({ y: -y, density })) },
        mark: { type: "line", color: colours.grey, strokeDash: [4, 3], strokeWidth: 1.5 },
        encoding: { x: x("y"), y: { field: "density", type: "quantitative" } },
      },
      {
        data: { values: curve },
        mark: {
          type: "area",
          color: colours.blue,
          opacity: 0.25,
          line: { color: colours.blue, opacity: 1 },
        },
        encoding: {
          x: x("y"),
          y: {
            field: "density",
            type: "quantitative",
            title: "Density, and probability at 0",
            scale: { domain: [0, 0.55], nice: false },
            axis: { tickCount: 6 },
          },
        },
      },
      massAtZero(atZero),
      ...[
        { at: rounded(mean), text: `mean ${fixed(mean, 3)}` },
        { at: rounded(Math.sqrt(second)), text: `√E[y²] = ${fixed(Math.sqrt(second), 3)}` },
      ].map(guide),
    ],
  });
}

const x = (field: string) => ({
  field,
  type: "quantitative",
  title: "y = max(0, a), in standard deviations of a",
  scale: { domain: [-3.5, 3.5], nice: false },
  axis: { grid: false, tickCount: 8 },
});

/** The probability that the ReLU is 0, as a bar. */
const massAtZero = (probability: number) => ({
  data: { values: [{ y: 0, probability, text: `P(y = 0) = ${fixed(probability, 2)}` }] },
  encoding: { x: x("y"), y: { field: "probability", type: "quantitative" } },
  layer: [
    {
      mark: { type: "rule", color: colours.blue, strokeWidth: 3 },
      encoding: { y2: { datum: 0 } },
    },
    { mark: { type: "point", filled: true, color: colours.blue } },
    {
      mark: { ...marks.note, align: "right", dx: -9 },
      encoding: { text: { field: "text" } },
    },
  ],
});

/** A moment as a guide with its name. */
const guide = ({ at, text }: { at: number; text: string }, i: number) => ({
  data: { values: [{ at, text, from: 0, to: 0.46 - i * 0.05 }] },
  encoding: { x: x("at") },
  layer: [
    {
      mark: marks.guide,
      encoding: {
        y: { field: "from", type: "quantitative" },
        y2: { field: "to" },
        color: { value: ink },
      },
    },
    {
      mark: { ...marks.note, align: "left", dx: 5 },
      encoding: { y: { field: "to", type: "quantitative" }, text: { field: "text" } },
    },
  ],
});
