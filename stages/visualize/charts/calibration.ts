/** Draws a reliability diagram: accuracy by the probability of the predicted class. */
import type { ChartSpec } from "../chart_outputs.ts";
import { fixed, percent, rounded } from "./chart_numbers.ts";
import type { Calibration } from "./predictions.ts";
import { colours, ink, marks, themed } from "./chart_theme.ts";

export function calibrationChart(
  { bins, error, confidence, accuracy }: Calibration,
  subtitle: string,
): ChartSpec {
  const largest = Math.max(...bins.map(({ count }) => count));
  return themed({
    title: `The network ${leaning(confidence - accuracy)}: mean probability ` +
      `${percent(confidence, 1)}, accuracy ${percent(accuracy, 1)}`,
    subtitle: `${subtitle}. Expected calibration error ${fixed(error, 4)} over bins of 0.1; ` +
      "below the dashed line it is overconfident",
    description: bins.map(({ from, to, count, confidence, accuracy }) =>
      `Probability ${fixed(from, 1)} to ${fixed(to, 1)}: ${count} predictions, mean ` +
      `${fixed(confidence, 3)}, accuracy ${fixed(accuracy, 3)}`
    ).join("; ") + `. Expected calibration error ${fixed(error, 4)}.`,
  }, {
    data: {
      values: bins.map((bin) => ({
        ...bin,
        confidence: rounded(bin.confidence),
        accuracy: rounded(bin.accuracy),
      })),
    },
    spacing: 12,
    hconcat: [accuracyPanel, countPanel(largest)],
  });
}

/** `excess` is the mean probability less the accuracy. */
function leaning(excess: number): string {
  if (Math.abs(excess) < 0.005) return "is well calibrated";
  return excess > 0 ? "is overconfident" : "is underconfident";
}

const probability = (field: string, title: string) => ({
  field,
  type: "quantitative",
  title,
  scale: { domain: [0, 1], nice: false },
  axis: { format: ".1f", tickCount: 6 },
});

const accuracyPanel = {
  width: 310,
  height: 290,
  layer: [
    {
      data: { values: [{ a: 0, b: 1 }] },
      mark: marks.guide,
      encoding: {
        x: probability("a", "Probability of the predicted class"),
        y: probability("a", "Accuracy"),
        x2: { field: "b" },
        y2: { field: "b" },
      },
    },
    {
      mark: {
        type: "line",
        color: colours.blue,
        point: { filled: true, color: colours.blue },
      },
      encoding: {
        x: probability("confidence", "Probability of the predicted class"),
        y: probability("accuracy", "Accuracy"),
        tooltip: [
          { field: "count", type: "quantitative", format: ",", title: "predictions" },
          {
            field: "confidence",
            type: "quantitative",
            format: ".3f",
            title: "mean probability",
          },
          { field: "accuracy", type: "quantitative", format: ".3f", title: "accuracy" },
        ],
      },
    },
  ],
};

/** The number of predictions in each bin; `largest` is that of the fullest. */
const countPanel = (largest: number) => ({
  width: 260,
  height: 290,
  layer: [
    {
      mark: { type: "rect", color: colours.skyBlue, stroke: ink, strokeWidth: 0.5 },
      encoding: {
        y: probability("from", "Probability of the predicted class"),
        y2: { field: "to" },
        x2: { datum: 0 },
        x: {
          field: "count",
          type: "quantitative",
          title: "Predictions",
          axis: { tickCount: 4, format: ",d" },
          scale: { domain: [0, 1.15 * largest] },
        },
      },
    },
    {
      transform: [{ calculate: "(datum.from + datum.to) / 2", as: "middle" }],
      mark: { ...marks.note, align: "left", dx: 4, fontSize: 11 },
      encoding: {
        y: { field: "middle", type: "quantitative" },
        x: { field: "count", type: "quantitative" },
        text: { field: "count", type: "quantitative", format: "," },
      },
    },
  ],
});
