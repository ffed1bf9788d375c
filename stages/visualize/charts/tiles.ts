/** Draws images side by side, each with its true class and its predicted class. */
import type { ChartSpec } from "../chart_outputs.ts";
import { probabilityText } from "./chart_numbers.ts";
import type { PixelEncoder } from "./pixels.ts";
import { confidenceOf, type Pictured } from "./predictions.ts";
import { marks, themed } from "./chart_theme.ts";

const side = 28;
const scale = 3;
const columns = 4;
/** Pixels of a tile, with its letters. */
const tile = { width: 120, height: 134 };

export function tilesChart(
  { samples, classes, pixelsOf, ...chart }: Pictured,
  encoder: PixelEncoder,
): ChartSpec {
  const values = samples.map((sample, i) => {
    const { index, label, predicted } = sample;
    const confidence = probabilityText(confidenceOf(sample), 4);
    return {
      place: i,
      url: encoder.grey(pixelsOf(index), side, scale),
      true: `true ${classes[label]}`,
      predicted: `predicted ${classes[predicted]}`,
      confidence,
      index,
      alt: `Image ${index}: ${classes[label]}, predicted as ${classes[predicted]} with ` +
        `probability ${confidence}`,
    };
  });
  const line = (y: number, field: string) => ({
    mark: { ...marks.note, fontSize: 11, baseline: "top" },
    encoding: { y: { value: y }, text: { field, type: "nominal" } },
  });
  const below = side * scale;
  return themed({ ...chart, description: values.map(({ alt }) => alt).join("; ") + "." }, {
    data: { values },
    facet: {
      field: "place",
      type: "ordinal",
      header: { title: null, labels: false },
    },
    columns,
    spacing: 8,
    spec: {
      width: tile.width,
      height: tile.height,
      encoding: {
        x: {
          datum: 0,
          type: "quantitative",
          axis: null,
          scale: { domain: [-1, 1], nice: false },
        },
        tooltip: [
          { field: "index", title: "image" },
          { field: "true", title: "class" },
          { field: "predicted", title: "and" },
          { field: "confidence", title: "probability" },
        ],
      },
      layer: [
        {
          mark: {
            type: "image",
            width: below,
            height: below,
            aspect: false,
            align: "center",
            baseline: "top",
          },
          encoding: {
            y: { value: 0 },
            url: { field: "url", type: "nominal" },
            description: { field: "alt", type: "nominal" },
          },
        },
        line(below + 5, "true"),
        line(below + 19, "predicted"),
        line(below + 33, "confidence"),
      ],
    },
  });
}
