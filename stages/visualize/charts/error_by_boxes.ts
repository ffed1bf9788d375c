/** Draws question 1's largest error by the number of boxes, next to the bound L·B/N. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Errors } from "../../../schemas/assignment/step_networks.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { decades, fixed, rounded, significant } from "./chart_numbers.ts";
import { ink, marks, panelFacet, series, themed } from "./chart_theme.ts";
import { logarithmic, overviewChart } from "./overview.ts";

const measured = "largest error on (−B, B]";
const bound = "bound L·B/N";

/** True if every error keeps to its bound, but for rounding. */
export const keepsToBound = ({ functions }: Errors): boolean =>
  functions.every(({ rows }) => rows.every(({ sup, bound }) => sup <= bound * (1 + 1e-9)));

export function errorByBoxesChart(errors: Errors): ChartSpec {
  const { functions } = errors;
  const orders = functions.map(({ order }) => order.fitted);
  const [least, most] = [Math.min(...orders), Math.max(...orders)];
  const exponent = fixed(least, 2) === fixed(most, 2)
    ? fixed(least, 2)
    : `${fixed(least, 2)} to ${fixed(most, 2)}`;
  const beyond = functions.filter(({ rows }) =>
    rows.some(({ sup, bound }) => sup > bound * (1 + 1e-9))
  );
  return themed({
    title: `The error falls as N to the power of −p, p = ${exponent}` +
      (beyond.length === 0
        ? ", and never exceeds L·B/N"
        : `; it exceeds L·B/N for ${listed(beyond.map(({ formula }) => formula))}`),
    subtitle: `Functions on [−${errors.halfWidth}, ${errors.halfWidth}], both axes logarithmic; ` +
      "L is a Lipschitz constant, p is fitted over the larger half of the N",
    description: functions.map(({ formula, lipschitz, rows, order }) => {
      const [first, last] = [rows[0], rows[rows.length - 1]];
      return `${formula}, L = ${significant(lipschitz)}: ${significant(first.sup)} with ` +
        `${first.boxes}, ${significant(last.sup)} with ${last.boxes} boxes (bound ` +
        `${significant(last.bound)}), fitted order ${fixed(order.fitted, 3)}`;
    }).join("; ") + ".",
  }, {
    data: { values: functions.flatMap(rowsOf) },
    facet: panelFacet(functions.map(({ formula }) => formula), 126),
    columns: functions.length,
    spacing: 18,
    spec: {
      width: 114,
      height: 220,
      layer: layers,
      encoding: encodingOf(errors),
    },
  });
}

const rowsOf = ({ formula: panel, rows, order }: Errors["functions"][number]) => [
  { panel, note: `p = ${fixed(order.fitted, 3)}` },
  ...rows.flatMap(({ boxes, sup, bound: atMost }) => [
    { panel, boxes, what: measured, error: rounded(sup) },
    { panel, boxes, what: bound, error: rounded(atMost) },
  ]),
];

const looks = series("what", [measured, bound], { by: ["strokeDash"] });

const layers = [
  {
    transform: [{ filter: { field: "what", equal: bound } }],
    mark: { type: "line", strokeWidth: 1.5 },
    encoding: looks,
  },
  {
    transform: [{ filter: { field: "what", equal: measured } }],
    mark: { type: "line", point: { size: 26, filled: true } },
    encoding: looks,
  },
  {
    transform: [{ filter: "isValid(datum.note)" }],
    mark: { ...marks.note, align: "right", baseline: "top" },
    encoding: {
      x: { value: "width" },
      y: { value: 4 },
      text: { field: "note" },
      color: { value: ink },
    },
  },
];

function encodingOf({ functions }: Errors) {
  const largestN = Math.max(...functions.flatMap(({ rows }) => rows.map(({ boxes }) => boxes)));
  return {
    x: {
      field: "boxes",
      type: "quantitative",
      title: "Boxes N",
      scale: { type: "log", base: 2 },
      axis: {
        grid: false,
        labelOverlap: false,
        labelFlush: false,
        values: [1, 16, 256, 4096, 65_536].filter((n) => n <= largestN),
      },
    },
    y: {
      field: "error",
      type: "quantitative",
      title: "Error",
      scale: { type: "log" },
      axis: {
        format: "~g",
        values: decades(functions.flatMap(({ rows }) => rows.map(({ sup }) => sup))),
      },
    },
    tooltip: [
      { field: "panel", title: "function" },
      { field: "what", title: "which" },
      { field: "boxes", title: "N" },
      { field: "error", type: "quantitative", format: ".4g" },
    ],
  };
}

/** The small chart for the head of the report. */
export function errorOverview({ functions }: Errors): ChartSpec {
  const curves = (of: "sup" | "bound") =>
    functions.map(({ rows }) => rows.map((row) => ({ x: row.boxes, y: row[of] })));
  const all = functions.flatMap(({ rows }) => rows);
  return overviewChart("Largest error by the number of boxes", {
    x: { title: "Boxes N", ...logarithmic(all.map(({ boxes }) => boxes)) },
    y: { title: "Error", ...logarithmic(all.flatMap(({ sup, bound }) => [sup, bound])) },
    drawn: [
      { label: "error", points: curves("sup") },
      { label: "bound L·B/N", points: curves("bound") },
    ],
  });
}
