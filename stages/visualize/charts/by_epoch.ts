/** Draws a metric by epoch for up to six series, with the values that the assignment reports. */
import type { ChartSpec } from "../chart_outputs.ts";
import { last, rounded } from "./chart_numbers.ts";
import { type Chart, series as distinguish, themed } from "./chart_theme.ts";

interface Point {
  epoch: number;
  value: number;
}

interface Series {
  label: string;
  points: Point[];
}

interface ByEpoch extends Chart {
  /** Title of the vertical axis, with its unit. */
  axis: string;
  /** Title of the horizontal axis, which says what epoch 0 is. */
  epochs: string;
  /** d3's format of the vertical axis' labels. */
  format: string;
  series: Series[];
  /** The assignment's values for the first series. */
  reported?: Series;
  /** The vertical axis begins at 0 unless this says otherwise. */
  domain?: [low: number, high: number];
}

/** The horizontal axis of a chart by epoch. */
export function epochAxis(epochs: readonly number[], title: string) {
  const [first, final] = [Math.min(...epochs), Math.max(...epochs)];
  const room = Math.max(0.15, (final - first) / 40);
  const step = Math.ceil((final - first + 1) / 13);
  return {
    field: "epoch",
    type: "quantitative",
    title,
    scale: { domain: [first - room, final + room], nice: false, zero: false },
    axis: {
      values: Array.from(
        { length: Math.floor((final - first) / step) + 1 },
        (_, i) => first + i * step,
      ),
      format: "d",
      grid: false,
    },
  };
}

const rowsOf = ({ label, points }: Series) =>
  points.map(({ epoch, value }) => ({ epoch, value: rounded(value, 6), label }));

export function byEpoch(
  { series, reported, axis, epochs, format, domain, ...chart }: ByEpoch,
): ChartSpec {
  const labels = series.map(({ label }) => label);
  const measured = series.flatMap(rowsOf);
  const { color, shape } = distinguish("label", labels, {
    reference: reported?.label,
    by: ["shape"],
  });
  const y = {
    field: "value",
    type: "quantitative",
    title: axis,
    axis: { format },
    scale: domain === undefined ? { zero: true } : { domain, nice: false, zero: false },
  };
  return themed(chart, {
    encoding: {
      x: epochAxis(series.flatMap(({ points }) => points.map(({ epoch }) => epoch)), epochs),
      y,
      color,
      tooltip: [
        { field: "label", title: "of" },
        { field: "epoch", type: "quantitative" },
        { field: "value", type: "quantitative", format: ".4f" },
      ],
    },
    layer: [
      // The line of many epochs tells more than its points.
      { data: { values: measured }, mark: { type: "line" } },
      ...(reported === undefined ? [] : [{
        data: { values: rowsOf(reported) },
        mark: {
          type: "point",
          filled: true,
          size: pointSize(last(series).points.length, 260, 130),
        },
      }]),
      {
        data: { values: measured },
        mark: { type: "point", filled: true, size: pointSize(last(series).points.length, 60, 30) },
        encoding: { shape },
      },
    ],
  });
}

const pointSize = (epochs: number, few: number, many: number) => epochs > 10 ? many : few;
