/**
 * `normalize`: turns IDX files into arrays of bytes that numpy loads, and describes them by metrics.
 * Networks see pixels divided by `divisor`, 255 unless an experiment says otherwise:
 *
 *     np.load("train-images.npy").astype("float32") / 255
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import type { Tensor } from "../../pipeline/formats/tensor.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { idxFiles, pixels, samples } from "./dataset.ts";
import { parseIdxImages, parseIdxLabels } from "./idx.ts";
import { classCounts, pixelStatistics } from "./scale.ts";
import { imageShape } from "../download/catalogue.ts";

/** Number of samples to keep, from the first on; null keeps all. */
const limit = z.int().positive().nullable().default(null);

export const normalize = defineStage({
  name: "normalize",
  module: import.meta.url,
  about: "turns image files into arrays",
  parameters: z.strictObject({
    /** A positive float32. 255 gives pixels in [0, 1]; 1 leaves them as they are. */
    divisor: z.number().positive().default(255),
    trainLimit: limit,
    testLimit: limit,
  }),
  inputs: idxFiles,
  outputs: { ...samples, metrics },
  run({ parameters: { divisor, trainLimit, testLimit }, inputs }) {
    const train = read(
      inputs["train-images-idx3-ubyte"],
      inputs["train-labels-idx1-ubyte"],
      trainLimit,
      divisor,
    );
    const test = read(
      inputs["t10k-images-idx3-ubyte"],
      inputs["t10k-labels-idx1-ubyte"],
      testLimit,
      divisor,
    );
    return {
      "train-images": train.images,
      "train-labels": train.labels,
      "test-images": test.images,
      "test-labels": test.labels,
      "pixel-scale": { divisor },
      metrics: { ...describe("train", train), ...describe("test", test) },
    };
  },
});

interface Part {
  images: Tensor<"uint8">;
  labels: Tensor<"uint8">;
  statistics: ReturnType<typeof pixelStatistics>;
}

function read(
  imageFile: Uint8Array,
  labelFile: Uint8Array,
  limit: number | null,
  divisor: number,
): Part {
  const all = parseIdxImages(imageFile as Uint8Array<ArrayBuffer>, imageShape);
  const allLabels = parseIdxLabels(labelFile as Uint8Array<ArrayBuffer>);
  if (all.count !== allLabels.length) {
    throw new Error(`expected a label for each of ${all.count} images, found ${allLabels.length}`);
  }
  const count = Math.min(limit ?? all.count, all.count);
  const kept = all.pixels.subarray(0, count * pixels);
  return {
    images: { dtype: "uint8", shape: [count, pixels], data: kept.slice() },
    labels: { dtype: "uint8", shape: [count], data: allLabels.slice(0, count) },
    statistics: pixelStatistics(kept, divisor),
  };
}

const describe = (part: string, { labels, statistics }: Part) => ({
  [`${part}.samples`]: labels.data.length,
  [`${part}.pixel-mean`]: statistics.mean,
  [`${part}.pixel-standard-deviation`]: statistics.standardDeviation,
  ...Object.fromEntries(
    classCounts(labels.data).map((count, label) => [`${part}.count.class-${label}`, count]),
  ),
});
