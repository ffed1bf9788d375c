/**
 * `gradient-scale`: measures the gradients of the first layer's weights, the slopes and arguments of
 * the sigmoids and the losses, sample by sample: with the initial weights, and through the first epoch
 * of training.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { GradientScale } from "../../schemas/assignment/by_hand_measurements.ts";
import { gradientScale } from "./by_hand_artifacts.ts";
import { sampleLength, trainingSet } from "../normalize/dataset.ts";
import { pixelsOf, pixelValues } from "../normalize/scale.ts";
import { initialWeights } from "../networks/network_artifacts.ts";
import { mean } from "../networks/batches.ts";
import { backward, crossEntropy, forward, type Network, update } from "../networks/perceptron.ts";
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
  /** Largest |z| of a sample's sigmoids. */
  largest: Float64Array;
  losses: Float64Array;
}

/** Measures sample by sample; with a rate, each sample then updates the network, in place. */
function course(
  network: Network,
  { images, divisor, labels }: { images: Uint8Array; divisor: number; labels: Uint8Array },
  rate: number | undefined,
  onSample: (sample: number) => void,
): Course {
  const { inputs, outputs } = network[0];
  const norms = new Float64Array(labels.length);
  const slopes = new Float64Array(labels.length * outputs);
  const largest = new Float64Array(labels.length);
  const losses = new Float64Array(labels.length);
  // The whole set as float32 would be four times as large as its bytes.
  const values = pixelValues(divisor);
  labels.forEach((label, sample) => {
    const image = pixelsOf(images.subarray(sample * inputs, (sample + 1) * inputs), values);
    const activations = forward(network, image);
    const { weighted } = activations;
    slopes.set(weighted[0].map(slope), sample * outputs);
    largest[sample] = Math.max(
      ...weighted.map((z) => z.reduce((m, a) => Math.max(m, Math.abs(a)), 0)),
    );
    losses[sample] = crossEntropy(activations, label);
    const gradients = backward(network, activations, label);
    // The norm of an outer product is the product of the norms.
    norms[sample] = norm(image) * norm(gradients[0].delta);
    if (rate !== undefined) update(network, gradients, rate);
    onSample(sample);
  });
  return { norms, slopes, largest, losses };
}

/** The first samples of a course, or all of it. */
function summary(
  when: Row["when"],
  { norms, slopes, largest }: Course,
  most = Infinity,
): Row {
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
    largestArgument: largest.subarray(0, samples).reduce((most, one) => Math.max(most, one), 0),
  };
}

/** Samples of each mean loss. */
const window = 5000;

/** Mean losses of as many samples each, the last of what is left. */
function lossesBySample(losses: Float64Array): GradientScale["losses"] {
  const means: number[] = [];
  for (let from = 0; from < losses.length; from += window) {
    means.push(mean(losses.subarray(from, from + window)));
  }
  return { samples: window, means };
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
    const data = { images: images.data, divisor: scale.divisor, labels: labels.data };
    const first = {
      ...data,
      images: data.images.subarray(0, beginning * sampleLength(images)),
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
      scale: { rows, losses: lossesBySample(training.losses) },
      metrics: Object.fromEntries(rows.flatMap(({ when, gradientNorm, slope, largestArgument }) => [
        [`${when}.gradient-norm.mean`, gradientNorm.mean],
        [`${when}.gradient-norm.median`, gradientNorm.median],
        [`${when}.slope.median`, slope.median],
        [`${when}.largest-argument`, largestArgument],
      ])),
    };
  },
});
