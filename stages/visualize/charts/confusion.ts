/** Draws a confusion matrix: how often each true class was predicted as each class. */
import type { ChartSpec } from "../chart_outputs.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { count, counted, percent } from "./chart_numbers.ts";
import { ink, paper, sequential, themed } from "./chart_theme.ts";

interface Confused {
  label: number;
  predicted: number;
  count: number;
}

/** Pairs of classes by how often the first is predicted as the second; the most frequent first. */
export const confusions = (confusion: readonly (readonly number[])[]): Confused[] =>
  confusion.flatMap((row, label) => row.map((count, predicted) => ({ label, predicted, count })))
    .filter(({ label, predicted, count }) => label !== predicted && count > 0)
    .sort((a, b) => b.count - a.count || a.label - b.label || a.predicted - b.predicted);

/** Pixels from which the names of ten classes stand beside each other. */
const wide = 600;

interface Matrix {
  confusion: readonly (readonly number[])[];
  classes: readonly string[];
  subtitle: string;
}

export function confusionChart({ confusion, classes, subtitle }: Matrix): ChartSpec {
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const correct = confusion.reduce((sum, row, c) => sum + row[c], 0);
  const [worst] = confusions(confusion);
  const largest = Math.max(...confusion.flat());
  return themed({
    title: `${count(correct)} of ${count(total)} correct` +
      (worst === undefined
        ? ""
        : `; the most frequent error: ${classes[worst.label]} predicted as ` +
          `${classes[worst.predicted]}, ${counted(worst.count, "time")}`),
    subtitle,
    description: confusion.map((row, label) =>
      `${classes[label]}: ${row[label]} correct` +
      listedConfusions(row, label, classes)
    ).join("; ") + `. ${percent(correct / Math.max(1, total))} correct in all.`,
  }, {
    width: 640,
    height: 340,
    data: { values: cellsOf(confusion, classes) },
    encoding: {
      x: {
        field: "predicted",
        type: "nominal",
        title: "Predicted class",
        sort: classes,
        axis: {
          orient: "bottom",
          domain: false,
          ticks: false,
          // Names stand aslant where a page draws the matrix narrower.
          labelAngle: { expr: `width < ${wide} ? -45 : 0` },
          labelAlign: { expr: `width < ${wide} ? 'right' : 'center'` },
          labelLimit: 80,
        },
      },
      y: {
        field: "label",
        type: "nominal",
        title: "True class",
        sort: classes,
        axis: { domain: false, ticks: false },
      },
      tooltip: [
        { field: "label", title: "true class" },
        { field: "predicted", title: "predicted class" },
        { field: "count", type: "quantitative", format: "," },
        { field: "share", type: "quantitative", format: ".1%", title: "share of the true class" },
      ],
    },
    layer: [
      {
        mark: { type: "rect", stroke: paper, strokeWidth: 1 },
        encoding: {
          color: {
            field: "count",
            type: "quantitative",
            // By the square root, so that the few errors are not all of one shade.
            scale: { type: "sqrt", domain: [0, largest], range: sequential },
            legend: null,
          },
        },
      },
      {
        transform: [{ filter: "datum.count > 0" }],
        mark: { type: "text", fontSize: 12 },
        encoding: {
          text: { field: "count", type: "quantitative", format: "," },
          color: {
            condition: { test: `datum.count > ${0.3 * largest}`, value: "#fefefe" },
            value: ink,
          },
        },
      },
    ],
  });
}

const cellsOf = (confusion: Matrix["confusion"], classes: readonly string[]) =>
  confusion.flatMap((row, label) => {
    const of = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      label: classes[label],
      predicted: classes[predicted],
      count,
      share: of === 0 ? 0 : Math.round(1e4 * count / of) / 1e4,
    }));
  });

/** ", 89 predicted as Shirt and 35 as Dress": the three most frequent. */
function listedConfusions(row: readonly number[], label: number, classes: readonly string[]) {
  const wrong = row.map((count, predicted) => ({ count, predicted }))
    .filter(({ count, predicted }) => predicted !== label && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 3);
  if (wrong.length === 0) return "";
  return `, ${
    listed(wrong.map(({ count, predicted }) => `${count} predicted as ${classes[predicted]}`))
  }`;
}
