/** The form of the charts of question 4: a figure by epoch for each network, and the reported ones. */
import type { ChartSpec } from "../artifacts/charts.ts";
import { colours, themed } from "./theme.ts";

export interface Point {
  epoch: number;
  value: number;
}

export interface ByEpoch {
  title: string;
  subtitle: string;
  description: string;
  /** Title of the vertical axis, with its unit. */
  axis: string;
  /** d3's format of the vertical axis' labels. */
  format: string;
  series: { label: string; points: Point[] }[];
  /** What the document reports of the first series. */
  reported: { label: string; points: Point[] };
}

export function byEpoch({ series, reported, axis, format, ...chart }: ByEpoch): ChartSpec {
  const labels = [...series.map(({ label }) => label), reported.label];
  const scale = {
    domain: labels,
    range: [colours.blue, colours.orange, colours.black].slice(0, labels.length),
  };
  const rows = ({ label, points }: { label: string; points: Point[] }) =>
    points.map((point) => ({ ...point, label }));
  const x = {
    field: "epoch",
    type: "ordinal",
    title: "Epoch (0 is before training)",
    axis: { labelAngle: 0, grid: false },
  };
  const y = {
    field: "value",
    type: "quantitative",
    title: axis,
    axis: { format },
    scale: { zero: true },
  };
  const color = { field: "label", type: "nominal", scale, legend: { title: null } };
  const shape = {
    field: "label",
    type: "nominal",
    scale: { domain: labels, range: ["circle", "square", "cross"].slice(-labels.length) },
  };
  return themed(chart, {
    encoding: { x, y, color },
    layer: [
      { data: { values: series.flatMap(rows) }, mark: { type: "line" } },
      {
        data: { values: [...series.flatMap(rows), ...rows(reported)] },
        mark: { type: "point", filled: true, opacity: 1 },
        encoding: {
          shape,
          size: {
            condition: { test: { field: "label", equal: reported.label }, value: 160 },
            value: 60,
          },
        },
      },
    ],
  });
}
