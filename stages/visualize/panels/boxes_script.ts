/** Computes question 1's panel in the page: N boxes on a function, with the run's own measurement. */
import type { PanelScript, Settings } from "../../../pipeline/report/panels/panel.ts";
import type { Approximation } from "../../../schemas/assignment/step_networks.ts";
import * as constructions from "../../expressivity/boxes.ts";
import { measureRow } from "../../expressivity/errors.ts";
import { subjects } from "../../expressivity/functions.ts";
import { evaluate } from "../../expressivity/step_network.ts";
import { counted, fixed, rounded, significant } from "../charts/chart_numbers.ts";

export type FunctionName = keyof typeof subjects;

export interface BoxesData {
  halfWidth: number;
  /** Largest errors of the run by function and number of boxes. */
  measured: Partial<Record<FunctionName, { boxes: number; sup: number }[]>>;
}

/** Points at which the function and the distance from it are drawn, besides the edges. */
const points = 400;

export const panel: PanelScript<BoxesData> = {
  open: (data) =>
    // deno-lint-ignore require-yield -- one step is enough: it takes a few milliseconds.
    function* (settings) {
      const outcome = outcomeOf(data, settings);
      return () => outcome;
    },
};

function outcomeOf({ halfWidth, measured }: BoxesData, settings: Settings) {
  const name = settings.function as FunctionName;
  const boxes = Number(settings.boxes);
  const subject = subjects[name];
  const row = measureRow(subject, halfWidth, boxes, constructions);
  const own = measured[name]?.find((one) => one.boxes === boxes);
  return {
    rows: rowsOf(name, halfWidth, row),
    columns: { measured: "Measured", predicted: "Bound L·B/N" },
    values: [
      {
        label: "Largest error on (−B, B]",
        measured: significant(row.sup),
        predicted: significant(row.bound),
      },
      {
        label: "Root of the integrated squared error",
        measured: significant(row.l2),
        predicted: "",
      },
      {
        label: "Hidden neurons, two for each box",
        measured: String(row.neurons.asDrawn),
        predicted: "",
      },
      {
        label: "Hidden neurons, one for each edge",
        measured: String(row.neurons.sharedEdges),
        predicted: "",
      },
    ],
    sentence:
      `With ${counted(boxes, "box", "boxes")} the largest error is ${significant(row.sup)}, ${
        fixed(100 * row.sup / row.bound, 0)
      } % of the bound L·B/N = ${significant(row.bound)}.` +
      (own === undefined
        ? ""
        : own.sup === row.sup
        ? " The run measured the same value."
        : ` The run measured ${significant(own.sup)}.`),
  };
}

/** The function, the network between its edges, and the distance of the two. */
function rowsOf(
  name: FunctionName,
  halfWidth: number,
  { boxes, sup, bound }: Approximation["rows"][number],
) {
  const { f } = subjects[name];
  const edges = constructions.evenEdges(halfWidth, boxes);
  const heights = constructions.midpoints(edges).map(f);
  const network = constructions.boxes(edges, heights);
  const along = [...new Set([...constructions.evenEdges(halfWidth, points), ...edges])]
    .sort((a, b) => a - b).slice(1);
  const values = evaluate(network, Float64Array.from(along));
  return {
    approximation: [
      ...constructions.evenEdges(halfWidth, points)
        .map((x) => ({ what: "function", x: rounded(x), y: rounded(f(x)) })),
      ...edges.map((x, i) => ({
        what: "network",
        x: rounded(x),
        y: rounded(heights[Math.min(i, heights.length - 1)]),
      })),
    ],
    deviation: [
      ...along.map((x, i) => ({
        what: "distance",
        x: rounded(x),
        y: rounded(Math.abs(f(x) - values[i])),
      })),
      { what: "largest error", x: 0, y: rounded(sup) },
      { what: "bound L·B/N", x: 0, y: rounded(bound) },
    ],
  };
}
