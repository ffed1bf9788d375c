/**
 * `gradient-scale`: measures the gradients of the first layer's weights and the slopes of its
 * sigmoids, sample by sample: with the initial weights, and through the first epoch of training.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { GradientScale } from "../../schemas/assignment/by_hand_measurements.ts";
import { gradientScale } from "./by_hand_artifacts.ts";
import { trainingSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import { initialWeights } from "../networks/network_artifacts.ts";
import { mean } from "../networks/batches.ts";
import { backward, forward, type Network, update, weightedInputs } from "../networks/perceptron.ts";
import { layersOf } from "../networks/layers.ts";

type Row = GradientScale["rows"][number];

/** σ'(a) = e^-|a| / (1 + e^-|a|)², which unlike σ(1 - σ) is not 0 where σ rounds to 1. */
export function slope(a: number): number {
  const e = Math.exp(-Math.abs(a));
  return e / (1 + e) ** 2;
}

/** The middle value, or the mean of the two in the middle. */
function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const norm = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum);
};

interface Course {
  norms: Float64Array;
  slopes: Float64Array;
}

/** Measures sample by sample; with a rate, each sample then updates the network, in place. */
function course(
  network: Network,
  { images, labels }: { images: Float32Array; labels: Uint8Array },
  rate: number | undefined,
  onSample: (sample: number) => void,
): Course {
  const { inputs, outputs } = network[0];
  const norms = new Float64Array(labels.length);
  const slopes = new Float64Array(labels.length * outputs);
  labels.forEach((label, sample) => {
    const image = images.subarray(sample * inputs, (sample + 1) * inputs);
    slopes.set(weightedInputs(network[0], image).map(slope), sample * outputs);
    const gradients = backward(network, forward(network, image), label);
    // The norm of an outer product is the product of the norms.
    norms[sample] = norm(image) * norm(gradients[0].delta);
    if (rate !== undefined) update(network, gradients, rate);
    onSample(sample);
  });
  return { norms, slopes };
}

/** The first samples of a course, or all of it. */
function summary(when: Row["when"], { norms, slopes }: Course, most = Infinity): Row {
  const samples = Math.min(most, norms.length);
  const of = (values: Float64Array): Row["slope"] => ({
    mean: mean(values),
    median: median(values),
  });
  return {
    when,
    samples,
    gradientNorm: of(norms.subarray(0, samples)),
    slope: of(slopes.subarray(0, samples * slopes.length / norms.length)),
  };
}

/** Number of samples that count as the beginning. */
const beginning = 1000;

/** Samples between two reports of progress. */
const chunk = 2000;

export const measureGradientScale = defineStage({
  name: "gradient-scale",
  module: import.meta.url,
  about: "measures the first layer's gradients and slopes",
  parameters: z.strictObject({ learningRate: z.number().positive().default(0.003) }),
  inputs: {
    initial: initialWeights,
    ...trainingSet,
  },
  outputs: { scale: gradientScale, metrics },
  machine: ["arch", "v8"],
  run({ parameters: { learningRate }, inputs: { initial, images, labels, scale }, effects }) {
    // A copy, for training changes it.
    const network = () => structuredClone(layersOf(initial, "float64"));
    const data = { images: scalePixels(images.data, scale.divisor), labels: labels.data };
    const first = {
      images: data.images.subarray(0, beginning * images.shape[1]),
      labels: data.labels.subarray(0, beginning),
    };
    const atStart = course(network(), first, undefined, () => {});
    const training = course(network(), data, learningRate, (sample) => {
      if (sample % chunk === 0) effects.progress(sample, data.labels.length, "samples");
    });
    const rows = [
      summary("at-start", atStart),
      summary("first-thousand", training, beginning),
      summary("first-epoch", training),
    ];
    return {
      scale: { rows },
      metrics: Object.fromEntries(rows.flatMap(({ when, gradientNorm, slope }) => [
        [`${when}.gradient-norm.mean`, gradientNorm.mean],
        [`${when}.gradient-norm.median`, gradientNorm.median],
        [`${when}.slope.median`, slope.median],
      ])),
    };
  },
});
