/** Samples functions and their approximations by a few boxes, for a chart. */
import type { Samples } from "../../schemas/assignment/step_networks.ts";
import { boxes, evenEdges, midpoints } from "./boxes.ts";
import type { Subject } from "./functions.ts";
import { evaluate } from "./step_network.ts";

/** Numbers of boxes that are drawn, each four times the one before. */
const counts = [4, 16, 64];
/** Points at which the function itself is drawn. */
const points = 97;

export function sampleApproximations(
  name: string,
  { f, formula }: Subject,
  halfWidth: number,
): Samples["functions"][number] {
  return {
    function: name,
    formula,
    points: evenEdges(halfWidth, points - 1).map((x) => ({ x, y: f(x) })),
    networks: counts.map((count) => {
      const edges = evenEdges(halfWidth, count);
      const middles = midpoints(edges);
      const network = boxes(edges, middles.map(f));
      return {
        boxes: count,
        edges,
        values: [...evaluate(network, Float64Array.from(middles))],
      };
    }),
  };
}
