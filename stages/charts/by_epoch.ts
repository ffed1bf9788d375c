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

/** A circle with a hole, so that the measured point inside it stays in sight. */
const ring = "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1ZM0,-0.75A0.75,0.75,0,1,0,0,0.75" +
  "A0.75,0.75,0,1,0,0,-0.75Z";

/** Takes up to two series. */
export function byEpoch({ series, reported, axis, format, ...chart }: ByEpoch): ChartSpec {
  const labels = [...series.map(({ label }) => label), reported.label];
  const scale = {
    domain: labels,
    range: [...[colours.blue, colours.orange].slice(0, series.length), colours.black],
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
    scale: { domain: labels, range: [...["circle", "square"].slice(0, series.length), ring] },
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
            condition: { test: { field: "label", equal: reported.label }, value: 260 },
            value: 60,
          },
        },
      },
    ],
  });
}
