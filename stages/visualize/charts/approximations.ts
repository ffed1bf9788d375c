/** Draws question 1's functions and their approximations by growing numbers of boxes. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Errors, Samples } from "../../../schemas/assignment/step_networks.ts";
import { last, rounded, significant } from "./chart_numbers.ts";
import { colours, ink, marks, themed } from "./chart_theme.ts";

export function approximationsChart(samples: Samples, errors: Errors): ChartSpec {
  const { functions } = samples;
  const counts = functions[0].networks.map(({ boxes }) => boxes);
  const rows = functions.map(({ function: name, formula }) => ({
    formula,
    sups: counts.flatMap((boxes) => supOf(errors, name, boxes) ?? []),
  }));
  const [from, to] = [
    Math.max(...rows.map(({ sups }) => sups[0])),
    Math.max(...rows.map(({ sups }) => last(sups))),
  ];
  return themed({
    title: `From ${counts[0]} to ${last(counts)} boxes the largest error over all functions goes ` +
      `from ${significant(from)} to ${significant(to)}`,
    subtitle: "Black: the function. Blue: N boxes as high as the function at their middles. " +
      "Numbers: the largest error on (−B, B]",
    description: "Largest errors: " +
      rows.map(({ formula, sups }) =>
        `${formula} ${
          sups.map((sup, i) => `${significant(sup)} with ${counts[i]}`).join(", ")
        } boxes`
      ).join("; ") + ".",
  }, {
    data: { values: rowsOf(samples, errors) },
    // The function is drawn under each number of boxes.
    transform: [{ flatten: ["boxes"] }, { flatten: ["x", "y"] }],
    facet: {
      row: {
        field: "formula",
        type: "nominal",
        title: null,
        sort: functions.map(({ formula }) => formula),
        header: { labelAngle: 0, labelAlign: "left", labelFontWeight: 400, labelPadding: 6 },
      },
      column: {
        field: "boxes",
        type: "ordinal",
        title: null,
        sort: counts,
        header: { labelExpr: "'N = ' + datum.value", labelAnchor: "start" },
      },
    },
    spacing: { row: 12, column: 16 },
    resolve: { scale: { y: "independent" } },
    spec: {
      width: 178,
      height: 64,
      encoding: {
        x: {
          field: "x",
          type: "quantitative",
          title: "x",
          axis: { values: [-1, 0, 1].map((side) => side * last(functions[0].points).x) },
        },
        y: {
          field: "y",
          type: "quantitative",
          title: null,
          axis: { tickCount: 3, grid: false },
          scale: { zero: false },
        },
      },
      layer: layers,
    },
  });
}

/** The largest error of a function's approximation. */
const supOf = ({ functions }: Errors, name: string, boxes: number): number | undefined =>
  functions.find((one) => one.function === name)?.rows.find((row) => row.boxes === boxes)?.sup;

const rowsOf = ({ functions }: Samples, errors: Errors) =>
  functions.flatMap(({ function: name, formula, points, networks }) => [
    {
      is: "function",
      formula,
      boxes: functions[0].networks.map(({ boxes }) => boxes),
      x: points.map(({ x }) => rounded(x, 4)),
      y: points.map(({ y }) => rounded(y, 4)),
    },
    ...networks.flatMap(({ boxes, edges, values }) => [
      {
        is: "network",
        formula,
        boxes: [boxes],
        x: edges.map((x) => rounded(x, 6)),
        y: edges.map((_, i) => rounded(values[Math.min(i, values.length - 1)], 4)),
      },
      {
        is: "error",
        formula,
        boxes: [boxes],
        x: [0],
        y: [0],
        text: significant(supOf(errors, name, boxes) ?? NaN, 2),
      },
    ]),
  ]);

const layers = [
  {
    transform: [{ filter: { field: "is", equal: "function" } }],
    mark: { type: "line", color: ink, strokeWidth: 1 },
  },
  {
    transform: [{ filter: { field: "is", equal: "network" } }],
    mark: {
      type: "line",
      interpolate: "step-after",
      color: colours.blue,
      strokeWidth: 1.5,
      strokeOpacity: 0.85,
    },
  },
  {
    transform: [{ filter: { field: "is", equal: "error" } }],
    mark: { ...marks.note, align: "right", baseline: "bottom", fontSize: 11 },
    encoding: {
      x: { value: "width" },
      y: { value: -2 },
      text: { field: "text" },
    },
  },
];
