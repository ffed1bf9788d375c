/** Draws images side by side, each with its true class and its predicted class. */
import type { ChartSpec } from "../chart_outputs.ts";
import { fixed } from "./chart_numbers.ts";
import type { PixelEncoder } from "./pixels.ts";
import { confidenceOf, type Pictured } from "./predictions.ts";
import { inPixels, marks, themed } from "./chart_theme.ts";

const side = 28;
const scale = 3;
const columns = 6;
/** Pixels of a tile, with its letters. */
const tile = { width: 120, height: 134 };

export function tilesChart(
  { samples, classes, pixelsOf, ...chart }: Pictured,
  encoder: PixelEncoder,
): ChartSpec {
  const rows = Math.max(1, Math.ceil(samples.length / columns));
  const values = samples.map((sample, i) => {
    const { index, label, predicted } = sample;
    const confidence = fixed(confidenceOf(sample), 4);
    return {
      x: (i % columns + 0.5) * tile.width,
      y: Math.floor(i / columns) * tile.height,
      url: encoder.grey(pixelsOf(index), side, scale),
      true: `true ${classes[label]}`,
      predicted: `predicted ${classes[predicted]}`,
      confidence,
      index,
      alt: `Image ${index}: ${classes[label]}, predicted as ${classes[predicted]} with ` +
        `probability ${confidence}`,
    };
  });
  const at = placed(rows * tile.height);
  const line = (dy: number, field: string) => ({
    mark: { ...marks.note, fontSize: 11, baseline: "top" },
    encoding: { ...at(dy), text: { field, type: "nominal" } },
  });
  const below = side * scale;
  return themed({ ...chart, description: values.map(({ alt }) => alt).join("; ") + "." }, {
    width: columns * tile.width,
    height: rows * tile.height,
    data: { values },
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
          ...at(0),
          url: { field: "url", type: "nominal" },
          description: { field: "alt", type: "nominal" },
        },
      },
      line(below + 5, "true"),
      line(below + 19, "predicted"),
      line(below + 33, "confidence"),
    ],
  });
}

/** The channels of a mark at so many pixels below the top of its tile. */
const placed = (height: number) => (dy: number) => ({
  ...inPixels(columns * tile.width, height),
  yOffset: { value: dy },
  tooltip: [
    { field: "index", title: "image" },
    { field: "true", title: "class" },
    { field: "predicted", title: "and" },
    { field: "confidence", title: "probability" },
  ],
});
