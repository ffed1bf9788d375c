/** Draws what each of the box's two step neurons adds to the output, and their sum. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { settingOf } from "./box.ts";
import { significant } from "./chart_numbers.ts";
import { stepFunctionOf, stepPanels } from "./step_function.ts";

/** The network with one of its hidden neurons alone. */
const alone = ({ inputs, hidden: [layer], output }: StepNetwork, index: number): StepNetwork => ({
  inputs,
  hidden: [[layer[index]]],
  output: { ...output, from: [0], weights: [output.weights[index]] },
});

export function pairOfStepsChart(box: StepNetwork): ChartSpec {
  const { height, delta } = settingOf(box);
  const interval = [-delta, 2 * delta] as const;
  const [, inside, after] = stepFunctionOf(box, ...interval).segments;
  return stepPanels({
    title: `A step up by ${significant(box.output.weights[0])} at 0 and a step by ${
      significant(box.output.weights[1])
    } at δ add up to a box of height ${significant(inside.y)}`,
    subtitle:
      `h = ${significant(height)}, δ = ${significant(delta)}; each hidden neuron's output ` +
      "times its weight, and the output neuron's sum",
    description: `The first neuron's share is 0 up to x = 0 and ${significant(height)} after it; ` +
      `the second's is 0 up to δ = ${significant(delta)} and ${
        significant(box.output.weights[1])
      } after it; ` +
      `their sum is ${significant(inside.y)} between them and ${significant(after.y)} after δ.`,
  }, {
    panels: [
      { label: "first neuron: h·σ(x)", network: alone(box, 0) },
      { label: "second: −h·σ(x − δ)", network: alone(box, 1) },
      { label: "their sum", network: box },
    ],
    from: interval[0],
    to: interval[1],
    ticks: [{ x: 0, label: "0" }, { x: delta, label: "δ" }],
    columns: 3,
    size: { width: 205, height: 190 },
  });
}
