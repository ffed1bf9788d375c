/** Draws question 1's distance to the nearest neighbour among random points, by dimension. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Distances } from "../../../schemas/assignment/step_networks.ts";
import { count, counted, last, percent, rounded, significant } from "./chart_numbers.ts";
import { alongDimensions, ink, series, themed } from "./chart_theme.ts";

const labelOf = (points: number) => `${count(points)} points`;

export function nearestNeighboursChart({ rows, steps, sets, confidence }: Distances): ChartSpec {
  const sizes = [...new Set(rows.map(({ points }) => points))];
  const dimensions = [...new Set(rows.map(({ dimension }) => dimension))];
  const largest = last(sizes);
  const of = (dimension: number) =>
    rows.find((row) => row.points === largest && row.dimension === dimension)!.mean;
  const { color, shape } = series("points", sizes.map(labelOf), { by: ["shape"] });
  const grows = steps.every(({ interval }) => interval.low > 0);
  const from = significant(of(dimensions[0]));
  const to = significant(of(last(dimensions)));
  return themed({
    title:
      `Among ${labelOf(largest)} the nearest neighbour is ${from} away in ${
        counted(dimensions[0], "dimension")
      }, ${to} in ${last(dimensions)}` +
      (grows ? "" : "; not every step is a measured growth"),
    subtitle: `Uniform on the unit cube, means over ${sets} sets with ${
      percent(confidence)
    } intervals; dashed: theory without the cube's border`,
    description: "Mean distance to the nearest neighbour: " + rows.map((row) =>
      `${significant(row.mean)} for ${labelOf(row.points)} in ${row.dimension} dimensions`
    ).join(", ") + ".",
  }, {
    data: {
      values: rows.map(({ points, dimension, mean, interval, predicted }) => ({
        points: labelOf(points),
        dimension,
        mean: rounded(mean),
        low: rounded(interval.low),
        high: rounded(interval.high),
        predicted: rounded(predicted),
      })),
    },
    encoding: {
      x: alongDimensions("Dimensions d", dimensions),
      color,
      tooltip: [
        { field: "points" },
        { field: "dimension" },
        ...["mean", "low", "high", "predicted"].map((field) => ({
          field,
          type: "quantitative",
          format: ".4f",
        })),
      ],
    },
    layer: layersOf(shape),
  });
}

/** The prediction, the intervals and the means. */
const layersOf = (shape: unknown) => [
  {
    mark: { type: "line", strokeDash: [3, 3], strokeWidth: 1 },
    encoding: { y: { field: "predicted", type: "quantitative" } },
  },
  {
    mark: { type: "rule", strokeWidth: 2, color: ink },
    encoding: {
      y: { field: "low", type: "quantitative", title: "Mean distance (sides of the cube)" },
      y2: { field: "high" },
      color: { value: ink },
    },
  },
  {
    mark: { type: "point", filled: true },
    encoding: { y: { field: "mean", type: "quantitative" }, shape },
  },
];
