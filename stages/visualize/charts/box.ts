/** Draws question 1's box of two step neurons with its edge cases, and the exact box. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { significant } from "./chart_numbers.ts";
import { stepFunctionOf, stepPanels } from "./step_function.ts";

/** Height and width of a box as the table has it: W21 and -B12. */
export const settingOf = ({ hidden: [[, second]], output }: StepNetwork) => ({
  height: output.weights[0],
  delta: -second.bias,
});

/** The value of a network of one input at x, where one of its neurons switches. */
export function valueAt(network: StepNetwork, x: number): number {
  const { edges } = stepFunctionOf(network, -1 - 2 * Math.abs(x), 1 + 2 * Math.abs(x));
  const edge = edges.find((one) => one.x === x);
  if (edge === undefined) throw new RangeError(`expected a neuron that switches at ${x}`);
  return edge.y;
}

export function boxChart(
  { box, exactBox, bothSigns }: Record<"box" | "exactBox" | "bothSigns", StepNetwork>,
): ChartSpec {
  const { height, delta } = settingOf(box);
  const [atDelta, exactAtDelta] = [valueAt(box, delta), valueAt(exactBox, delta)];
  const after = stepFunctionOf(bothSigns, -delta, 2 * delta).segments[2].y;
  const found = atDelta === 0
    ? `The box is 0 at both its ends, 0 and δ = ${significant(delta)}`
    : `The box still gives ${significant(atDelta)} at its right end, x = δ = ${
      significant(delta)
    }; with σ(δ − x) it gives ${significant(exactAtDelta)} there`;
  return stepPanels({
    title: found,
    subtitle: `h = ${significant(height)}; σ(u) = 1 for u > 0, otherwise 0. ` +
      "A full circle is a value that is taken, a hollow one is not.",
    description: `Three networks of two step neurons. h·σ(x) − h·σ(x − δ) with ` +
      `h = ${significant(height)}, δ = ${significant(delta)} is h between 0 and δ, ` +
      `${significant(atDelta)} at δ, 0 elsewhere. h·σ(x) + h·σ(δ − x) − h is ` +
      `${
        significant(exactAtDelta)
      } at δ. With a minus sign in the second neuron and in its weight ` +
      `the network gives ${significant(after)} right of δ.`,
  }, {
    panels: [
      { label: "h·σ(x) − h·σ(x − δ), the table", network: box },
      { label: "h·σ(x) + h·σ(δ − x) − h", network: exactBox },
      { label: "both minus signs", network: bothSigns },
    ],
    from: -delta,
    to: 2 * delta,
    ticks: [{ x: 0, label: "0" }, { x: delta, label: "δ" }],
    columns: 3,
    size: { width: 205, height: 190 },
  });
}
