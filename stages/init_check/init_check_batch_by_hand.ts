/**
 * `init-check-batch-by-hand`: predicts second moments through question 4's network on its first
 * samples, and measures them. It also measures the spread of weighted inputs over many networks
 * drawn by the same rule.
 */
import { z } from "zod";
import { distributions } from "../../pipeline/claims/distributions.ts";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { WeightedInputs } from "../../schemas/assignment/by_hand_measurements.ts";
import { weightedInputs as artifact } from "../train/by_hand_artifacts.ts";
import { sampleLength, trainingSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import {
  batchMomentsArtifact,
  initialisationReport,
  initialWeights,
} from "../networks/network_artifacts.ts";
import { batchMoments } from "./batch_moments.ts";
import { activations } from "./theory/activation_moments.ts";
import { mean } from "../networks/batches.ts";
import { layerSizes, type Network, sigmoid, weightedInputs } from "../networks/perceptron.ts";
import { layersOf } from "../networks/layers.ts";
import { defaultRng } from "../random/default_rng.ts";
import { streamOf } from "../random/streams.ts";
import { meanAndDeviation } from "../../pipeline/claims/prediction.ts";

/** Error probability of an interval, the usual one where many are judged together. */
const level = 1e-4;

/** Mean square of each layer's weighted inputs over images of the network's width. */
function meanSquares(network: Network, images: readonly Float32Array[]): number[] {
  const sums = network.map(() => 0);
  for (const image of images) {
    let x: Float32Array | Float64Array = image;
    network.forEach((layer, l) => {
      const a = weightedInputs(layer, x);
      sums[l] += mean(a.map((value) => value * value));
      x = sigmoid(a);
    });
  }
  return sums.map((sum) => sum / images.length);
}

export const initCheckBatchByHand = defineStage({
  name: "init-check-batch-by-hand",
  module: import.meta.url,
  about: "predicts and measures second moments on the first samples",
  parameters: z.strictObject({
    batchSize: z.int().positive().default(64),
    /** Drawn besides the one that is trained. */
    networks: z.int().min(2).default(200),
    /** Seed of those networks' weights. */
    seed: z.int().nonnegative().default(0),
  }),
  inputs: {
    weights: initialWeights,
    report: initialisationReport,
    ...trainingSet,
  },
  outputs: { moments: batchMomentsArtifact, "weighted-inputs": artifact, metrics },
  machine: ["arch", "v8"],
  async run({ parameters: { batchSize, networks, seed }, inputs, effects }) {
    const { qt } = await distributions();
    const { images, labels, report, scale } = inputs;
    const network = layersOf(inputs.weights, "float64");
    const width = sampleLength(images);
    const count = Math.min(batchSize, labels.data.length);
    const pixels = scalePixels(images.data.subarray(0, count * width), scale.divisor);
    const variances = network.map((_, l) => {
      const [weight, bias] = ["weight", "bias"].map((kind) => {
        const tensor = `layer-${l + 1}.${kind}`;
        const check = report.tensors.find((one) => one.tensor === tensor);
        if (check === undefined) throw new Error(`expected a report on ${tensor}, found none`);
        return check;
      });
      return { weight: weight.expectedVariance, bias: bias.expectedVariance, rule: weight.rule };
    });
    const moments = batchMoments(
      network,
      activations.sigmoid,
      network.map((_, l) => `layer-${l + 1}`),
      variances,
      Float64Array.from(pixels),
      labels.data.subarray(0, count),
    );

    const batch = Array.from(
      { length: count },
      (_, s) => pixels.subarray(s * width, (s + 1) * width),
    );
    const purpose = `weighted inputs of ${layerSizes(network).join("-")}`;
    const drawn = Array.from({ length: networks }, (_, i) => {
      const random = defaultRng(streamOf(seed, purpose, i));
      if (i % 20 === 0) effects.progress(i, networks, "networks");
      const other = network.map(({ inputs, outputs }, l) => ({
        inputs,
        outputs,
        weight: random.normal(0, Math.sqrt(variances[l].weight), inputs * outputs),
        bias: new Float64Array(outputs),
      }));
      return meanSquares(other, batch);
    });
    const t = qt(1 - level / 2, networks - 1);
    const layers: WeightedInputs["layers"] = network.map((_, l) => {
      const squares = drawn.map((layers) => layers[l]);
      const square = mean(squares);
      const error = meanAndDeviation(squares).standardDeviation / Math.sqrt(networks);
      return {
        layer: l + 1,
        deviation: Math.sqrt(square),
        standardError: error / (2 * Math.sqrt(square)),
        interval: {
          low: Math.sqrt(Math.max(0, square - t * error)),
          high: Math.sqrt(square + t * error),
        },
        predicted: Math.sqrt(moments.layers[l].activation.predicted),
      };
    });
    return {
      moments: { rule: variances[0].rule, ...moments },
      "weighted-inputs": { samples: count, networks, confidence: 1 - level, layers },
      metrics: Object.fromEntries([
        ...moments.layers.flatMap(({ name, activation, gradient }) => [
          [`first-batch.${name}.activation-ratio`, activation.measured / activation.predicted],
          [`first-batch.${name}.gradient-ratio`, gradient.measured / gradient.predicted],
        ]),
        ...layers.map((
          { layer, deviation },
        ) => [`weighted-input-deviation.layer-${layer}`, deviation]),
      ]),
    };
  },
});
