/** Draws images of the test set with the probability that the network gives to every class. */
import type { ChartSpec } from "../chart_outputs.ts";
import { probabilityText, rounded } from "./chart_numbers.ts";
import type { PixelEncoder } from "./pixels.ts";
import { confidenceOf, type Pictured, type Prediction, sentenceOf } from "./predictions.ts";
import { colours, ink, marks, themed } from "./chart_theme.ts";

const side = 28;
/** Pixels of a pixel. */
const scale = 5;

const trueClass = "the true class";
const otherClass = "another class";

export function samplesChart(
  { samples, classes, pixelsOf, ...chart }: Pictured,
  encoder: PixelEncoder,
): ChartSpec {
  const row = (sample: Prediction, isLast: boolean) => ({
    title: { text: headingOf(sample, classes), fontSize: 12, offset: 6 },
    spacing: 24,
    hconcat: [
      picture(
        encoder.grey(pixelsOf(sample.index), side, scale),
        `Image ${sample.index} of the test set: ${classes[sample.label]}`,
      ),
      bars(sample, classes, isLast),
    ],
  });
  return themed({
    ...chart,
    description: samples.map((sample) => sentenceOf(sample, classes)).join(" "),
  }, {
    vconcat: samples.map((sample, i) => row(sample, i === samples.length - 1)),
    spacing: 22,
  });
}

function headingOf(sample: Prediction, classes: readonly string[]): string {
  const { index, label, predicted } = sample;
  const verdict = label === predicted
    ? `${classes[label]}, predicted correctly`
    : `${classes[label]}, predicted as ${classes[predicted]}`;
  return `Image ${index}: ${verdict} with probability ${probabilityText(confidenceOf(sample), 2)}`;
}

const picture = (url: string, alt: string) => ({
  width: side * scale,
  height: side * scale,
  data: { values: [{ url, alt }] },
  mark: {
    type: "image",
    width: side * scale,
    height: side * scale,
    aspect: false,
    align: "left",
    baseline: "top",
    tooltip: false,
  },
  encoding: {
    url: { field: "url", type: "nominal" },
    description: { field: "alt", type: "nominal" },
    x: { value: 0 },
    y: { value: 0 },
  },
});

/** The probability of each class. */
const bars = (
  { label, probabilities }: Prediction,
  classes: readonly string[],
  isLast: boolean,
) => ({
  width: 430,
  height: side * scale,
  data: {
    values: probabilities.map((probability, c) => ({
      class: classes[c],
      probability: rounded(probability, 4),
      is: c === label ? trueClass : otherClass,
    })),
  },
  encoding: {
    y: {
      field: "class",
      type: "nominal",
      title: null,
      sort: classes,
      axis: { ticks: false, domain: false, labelPadding: 6 },
    },
    x: {
      field: "probability",
      type: "quantitative",
      title: isLast ? "Probability" : null,
      scale: { domain: [0, 1] },
      axis: { tickCount: 5, labels: isLast, ticks: isLast },
    },
    tooltip: [
      { field: "class" },
      { field: "probability", type: "quantitative", format: ".4f" },
      { field: "is", title: "this is" },
    ],
  },
  layer: [
    {
      mark: { type: "bar", height: 9, stroke: ink, strokeWidth: 0.5 },
      encoding: {
        color: {
          field: "is",
          type: "nominal",
          title: null,
          scale: { domain: [trueClass, otherClass], range: [colours.blue, colours.orange] },
        },
      },
    },
    {
      transform: [{ filter: "datum.probability >= 0.005" }],
      mark: { ...marks.note, align: "left", dx: 4, fontSize: 11 },
      encoding: { text: { field: "probability", type: "quantitative", format: ".2f" } },
    },
  ],
});
