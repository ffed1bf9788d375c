/** Draws the weights into each neuron of a first layer as an image. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Tensor } from "../../../pipeline/formats/tensor.ts";
import { count, significant } from "./chart_numbers.ts";
import type { PixelEncoder } from "./pixels.ts";
import { type Chart, inPixels, marks, resized, themed } from "./chart_theme.ts";

const side = 28;

/**
 * From negative to positive, white at 0: orange to a blue far darker, which grey print keeps apart. Few
 * colours keep the picture small.
 */
const shades = 5;
const palette = Array.from({ length: 2 * shades + 1 }, (_, i) => {
  const towards = i < shades ? [230, 159, 0] : [0, 60, 120];
  const share = Math.abs(i - shades) / shades;
  return towards.map((channel) => Math.round(255 + (channel - 255) * share)) as [
    number,
    number,
    number,
  ];
});

interface Neuron {
  index: number;
  weights: Float32Array;
  norm: number;
}

/** Rows of a weight of shape (outputs, inputs), the longest first. */
export function neuronsByNorm({ shape: [outputs, inputs], data }: Tensor): Neuron[] {
  return Array.from({ length: outputs }, (_, index) => {
    const weights = data.subarray(index * inputs, (index + 1) * inputs) as Float32Array;
    return { index, weights, norm: Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0)) };
  }).sort((a, b) => b.norm - a.norm || a.index - b.index);
}

interface FirstLayer extends Pick<Chart, "title" | "subtitle"> {
  neurons: readonly Pick<Neuron, "index" | "weights">[];
  /** Names below the images, where neurons have some. */
  names?: readonly string[];
  columns: number;
  /** Pixels of a pixel. */
  scale: number;
}

/** Each image is scaled by its own largest weight. */
export function firstLayerChart(
  { neurons, names, columns, scale, ...chart }: FirstLayer,
  encoder: PixelEncoder,
): ChartSpec {
  const gap = 6;
  const letters = names === undefined ? 0 : 18;
  const size = side * scale;
  const rows = Math.ceil(neurons.length / columns);
  const width = columns * (size + gap) - gap;
  const height = rows * (size + gap + letters) - gap;
  const values = neurons.map(({ index, weights }, i) => {
    const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const indices = Uint8Array.from(
      weights,
      (w) => shades + Math.round(largest === 0 ? 0 : shades * w / largest),
    );
    return {
      x: (i % columns) * (size + gap),
      y: Math.floor(i / columns) * (size + gap + letters),
      url: encoder.indexed(indices, side, palette, scale),
      neuron: names?.[index] ?? `neuron ${index}`,
      largest: significant(largest),
    };
  });
  const at = placed(width, height);
  return themed({
    ...chart,
    description:
      `Weights of ${count(neurons.length)} neurons as images of ${side} × ${side} pixels, ` +
      "blue where positive, orange where negative: " +
      values.map(({ neuron, largest }) => `${neuron} up to ${largest}`).join(", ") + ".",
  }, {
    ...resized("picture"),
    width,
    height,
    data: { values },
    layer: [
      {
        mark: {
          type: "image",
          width: size,
          height: size,
          aspect: false,
          align: "left",
          baseline: "top",
        },
        encoding: {
          ...at(0, 0),
          url: { field: "url", type: "nominal" },
          description: { field: "neuron", type: "nominal" },
        },
      },
      ...(names === undefined ? [] : [{
        mark: { ...marks.note, fontSize: 11, baseline: "top" },
        encoding: { ...at(size / 2, size + 3), text: { field: "neuron", type: "nominal" } },
      }]),
    ],
  });
}

/** The channels of a mark at so many pixels from its image's corner. */
const placed = (width: number, height: number) => (dx: number, dy: number) => ({
  ...inPixels(width, height),
  xOffset: { value: dx },
  yOffset: { value: dy },
  tooltip: [{ field: "neuron" }, { field: "largest", title: "largest |weight|" }],
});
