/**
 * `init-check-batch`: predicts second moments through a network on the first batch of its
 * training, and measures them.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { sampleLength, trainingSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import {
  batchMomentsArtifact,
  generatorState,
  initialisationReport,
  initialWeights,
} from "../networks/network_artifacts.ts";
import { batchMoments } from "./batch_moments.ts";
import { activations } from "./theory/activation_moments.ts";
import { layersOf } from "../networks/layers.ts";
import { gatherPixels } from "../networks/packed_images.ts";
import { epochOrders } from "../random/pytorch.ts";

export const initCheckBatch = defineStage({
  name: "init-check-batch",
  module: import.meta.url,
  about: "predicts and measures second moments on the first batch",
  parameters: z.strictObject({
    names: z.array(z.string()).min(1),
    batchSize: z.int().positive().default(64),
  }),
  inputs: {
    weights: initialWeights,
    report: initialisationReport,
    generator: generatorState,
    ...trainingSet,
  },
  outputs: { moments: batchMomentsArtifact, metrics },
  machine: ["arch", "v8"],
  run({ parameters: { names, batchSize }, inputs }) {
    const { weights, report, generator, images, labels, scale } = inputs;
    const layers = layersOf(weights, "float32", { names });
    const order = epochOrders(generator, labels.data.length).next().value;
    const batch = order.subarray(0, batchSize);
    const pixels = scalePixels(
      gatherPixels(images.data, sampleLength(images), batch),
      scale.divisor,
    );
    const checkOf = (tensor: string) => {
      const check = report.tensors.find((one) => one.tensor === tensor);
      if (check === undefined) throw new Error(`expected a report on ${tensor}, found none`);
      return check;
    };
    const moments = batchMoments(
      layers,
      activations.relu,
      names,
      names.map((name) => ({
        weight: checkOf(`${name}.weight`).expectedVariance,
        bias: checkOf(`${name}.bias`).expectedVariance,
      })),
      Float64Array.from(pixels),
      Uint8Array.from(batch, (sample) => labels.data[sample]),
    );
    return {
      moments: { rule: checkOf(`${names[0]}.weight`).rule, ...moments },
      metrics: Object.fromEntries(moments.layers.flatMap(({ name, activation, gradient }) => [
        [`first-batch.${name}.activation-ratio`, activation.measured / activation.predicted],
        [`first-batch.${name}.gradient-ratio`, gradient.measured / gradient.predicted],
      ])),
    };
  },
});
