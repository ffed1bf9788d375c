/** Draws small charts of lines for the head of the report, with few words. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { DeviceEvaluation, Evaluation } from "../../../schemas/assignment/training.ts";
import { decades, last, rounded, significant } from "./chart_numbers.ts";
import { powerOfTen, series, smallChart } from "./chart_theme.ts";

interface Point {
  x: number;
  y: number;
}

export interface Line {
  label: string;
  /** Points of one line, or of each line with this label. */
  points: Point[][];
}

interface Axis {
  title: string;
  scale: Record<string, unknown>;
  axis?: Record<string, unknown>;
}

/** Lines told apart by colour and dash; the values of the assignment, where there are any, are rings. */
export function overviewChart(
  title: string,
  { x, y, drawn, reported }: { x: Axis; y: Axis; drawn: readonly Line[]; reported?: Line },
): ChartSpec {
  const labels = drawn.map(({ label }) => label);
  const { color, shape, strokeDash } = series("label", labels, {
    reference: reported?.label,
    by: ["strokeDash", "shape"],
  });
  const rowsOf = (all: readonly Line[]) =>
    all.flatMap(({ label, points }) =>
      points.flatMap((part, of) =>
        part.map(({ x, y }) => ({ label, of, x: rounded(x), y: rounded(y) }))
      )
    );
  const legend = { ...color.legend, columns: 2 };
  const ends = drawn.map(({ label, points }) =>
    `${label}: ${points.map((part) => significant(last(part).y)).join(", ")}`
  );
  return smallChart({
    title,
    description: `${title}, at ${x.title} ${drawn[0].points[0].at(-1)?.x}: ${ends.join("; ")}.`,
  }, {
    encoding: {
      x: { field: "x", type: "quantitative", ...x, axis: { grid: false, ...x.axis } },
      y: { field: "y", type: "quantitative", ...y, title: null },
      detail: { field: "of" },
      color: { ...color, legend },
    },
    layer: [
      {
        data: { values: rowsOf(drawn) },
        mark: { type: "line", strokeWidth: 1.5 },
        encoding: { strokeDash: { ...strokeDash, legend } },
      },
      ...(reported === undefined ? [] : [{
        data: { values: rowsOf([reported]) },
        mark: { type: "point", filled: true, size: 160 },
        encoding: { shape: { ...ringsAmongLines(shape!, labels.length), legend } },
      }]),
    ],
  });
}

/** The channel of the rings: the legend shows the lines, which come first, by samples of them. */
const ringsAmongLines = <Channel extends { scale: { range: unknown[] } }>(
  shape: Channel,
  lines: number,
): Channel => ({
  ...shape,
  scale: { ...shape.scale, range: shape.scale.range.map((one, i) => i < lines ? "stroke" : one) },
});

/** A logarithmic axis for the values. */
export const logarithmic = (values: readonly number[]) => ({
  scale: { type: "log" },
  axis: { values: decades(values, 5), labelExpr: powerOfTen },
});

/** The axis of accuracies, from the tenth below the least. */
const accuracyAxis = (values: readonly number[]) => ({
  title: "Accuracy",
  scale: { domain: [Math.max(0, Math.floor(10 * Math.min(...values) - 0.2) / 10), 1], nice: false },
  axis: { format: ".0%", tickCount: 5 },
});

/** The axis of so many epochs. */
const epochsAxis = (epochs: number) => ({
  title: "Epoch",
  scale: { nice: false },
  axis: { tickCount: Math.min(6, epochs), format: "d" },
});

/** Accuracy by epoch. */
const accuracyOf = ({ epochs, samples }: Pick<DeviceEvaluation | Evaluation, "samples"> & {
  epochs: readonly { epoch: number; correct: number }[];
}): Point[] => epochs.map(({ epoch, correct }) => ({ x: epoch, y: correct / samples }));

/** The test accuracy by epoch of networks, by the name of each. */
export function accuracyOverview(
  dataSet: string,
  evaluations: Record<string, DeviceEvaluation | Evaluation>,
  reported?: Line,
): ChartSpec {
  const drawn = Object.entries(evaluations).map(([label, evaluation]) => ({
    label,
    points: [accuracyOf(evaluation)],
  }));
  const points = drawn.flatMap(({ points: [one] }) => one);
  return overviewChart(`Test accuracy by epoch, ${dataSet}`, {
    x: epochsAxis(drawn[0].points[0].length),
    y: accuracyAxis(points.map(({ y }) => y)),
    drawn,
    reported,
  });
}
