/**
 * `normalize`: reads IDX files, keeps the first samples of each set, and describes them by metrics. A set
 * that is kept whole keeps its bytes. Networks see pixels divided by `divisor`, 255 unless an experiment
 * says otherwise:
 *
 *     np.fromfile("train-images.idx", "uint8", offset=16).reshape(-1, 784).astype("float32") / 255
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import type { Tensor } from "../../pipeline/formats/tensor.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { idxFiles, sampleLength, samples } from "./dataset.ts";
import { classCounts, pixelStatistics } from "./scale.ts";

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
    const train = read("train", {
      images: inputs["train-images-idx3-ubyte"],
      labels: inputs["train-labels-idx1-ubyte"],
    }, trainLimit);
    const test = read("test", {
      images: inputs["t10k-images-idx3-ubyte"],
      labels: inputs["t10k-labels-idx1-ubyte"],
    }, testLimit);
    return {
      "train-images": train.images,
      "train-labels": train.labels,
      "test-images": test.images,
      "test-labels": test.labels,
      "pixel-scale": { divisor },
      metrics: { ...describe("train", train, divisor), ...describe("test", test, divisor) },
    };
  },
});

interface Part {
  images: Tensor<"uint8">;
  labels: Tensor<"uint8">;
}

/**
 * The first `limit` samples of a set; they share the files' memory.
 * @throws unless the files are IDX of images and of labels, as many of these as of those
 */
function read(
  part: "train" | "test",
  files: { images: Uint8Array; labels: Uint8Array },
  limit: number | null,
): Part {
  const images = samples[`${part}-images`].decode(files.images);
  const labels = samples[`${part}-labels`].decode(files.labels);
  const [[count], [labelCount]] = [images.shape, labels.shape];
  if (count !== labelCount) {
    const problem = `expected a label for each of ${count} images, found ${labelCount}`;
    throw new Error(`${part}-labels: ${problem}`);
  }
  const kept = Math.min(limit ?? count, count);
  return { images: first(kept, images), labels: first(kept, labels) };
}

const first = (count: number, all: Tensor<"uint8">): Tensor<"uint8"> => ({
  ...all,
  shape: all.shape.with(0, count),
  data: all.data.subarray(0, count * sampleLength(all)),
});

function describe(part: string, { images, labels }: Part, divisor: number) {
  const { mean, standardDeviation } = pixelStatistics(images.data, divisor);
  return {
    [`${part}.samples`]: labels.data.length,
    [`${part}.pixel-mean`]: mean,
    [`${part}.pixel-standard-deviation`]: standardDeviation,
    ...Object.fromEntries(
      classCounts(labels.data).map((count, label) => [`${part}.count.class-${label}`, count]),
    ),
  };
}
