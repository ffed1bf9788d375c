/** Draws question 1's example of three levels made of three boxes. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { fixed, significant } from "./chart_numbers.ts";
import { stepFunctionOf, stepPanels } from "./step_function.ts";

export function threeLevelsChart(network: StepNetwork): ChartSpec {
  const borders = network.hidden[0].map(({ bias }) => -bias);
  const [first, last] = [Math.min(...borders), Math.max(...borders)];
  const beyond = (last - first) / 8;
  const { segments, edges } = stepFunctionOf(network, first - beyond, last + beyond);
  const levels = segments.slice(1, -1).map(({ y }) => significant(y));
  const inner = edges.slice(1, -1);
  const onTheLeft = inner.every(({ y, left }) => y === left);
  const places = inner.map(({ x }) => significant(x));
  const [alpha, beta] = inner;
  return stepPanels({
    title: `Three boxes give the levels ${listed(levels)}` +
      (onTheLeft
        ? `; at the borders, ${listed(places)}, the level on the left holds`
        : `; at the borders, ${listed(places)}, they give ${
          listed(inner.map(({ y }) => significant(y)))
        }`),
    subtitle: `B = ${significant(last)}, α = ${fixed(-alpha.x, 2)}, β = ${fixed(beta.x, 2)}; ` +
      "numbers are the values at the borders",
    description: `A network of ${network.hidden[0].length} step neurons: ` +
      segments.map(({ x, x2, y }) =>
        `${significant(y)} between ${significant(x)} and ${significant(x2)}`
      ).join("; ") + "; at the borders " +
      edges.map(({ x, y }) => `${significant(y)} at ${significant(x)}`).join(", ") + ".",
  }, {
    panels: [{ label: "", network }],
    from: first - beyond,
    to: last + beyond,
    ticks: [
      { x: first, label: "−B" },
      { x: alpha.x, label: "−α" },
      { x: beta.x, label: "β" },
      { x: last, label: "B" },
    ],
    columns: 1,
    size: { width: 680, height: 240 },
  });
}
