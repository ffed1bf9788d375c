/**
 * `evaluate-untrained`: classifies the test set by networks that are drawn by the same rule as the one
 * that is trained, and not trained.
 */
import { z } from "zod";
import { distributions } from "../../pipeline/claims/distributions.ts";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { meanAndDeviation } from "../../pipeline/claims/prediction.ts";
import { untrained } from "../train/by_hand_artifacts.ts";
import { testSet } from "../normalize/dataset.ts";
import { initialWeights } from "../networks/network_artifacts.ts";
import { normalLaws } from "../init_check/weight_laws.ts";
import { createTrainer } from "../networks/wasm/perceptron_kernel.ts";
import { layersOf } from "../networks/layers.ts";
import { layerSizes, type Network } from "../networks/perceptron.ts";
import { defaultRng } from "../random/default_rng.ts";
import { streamOf } from "../random/streams.ts";

/** Error probability of an interval, as elsewhere where many are judged together. */
const level = 1e-4;

export const evaluateUntrained = defineStage({
  name: "evaluate-untrained",
  module: import.meta.url,
  about: "classifies the test set by networks that are not trained",
  parameters: z.strictObject({
    networks: z.int().min(2).default(200),
    /** Seed of those networks' weights. */
    seed: z.int().nonnegative().default(0),
  }),
  inputs: {
    /** Weights of the network that is trained; the others have its sizes. */
    initial: initialWeights,
    ...testSet,
  },
  outputs: { untrained, metrics },
  machine: ["arch", "v8"],
  async run({ parameters: { networks, seed }, inputs, effects }) {
    const { qt } = await distributions();
    const { initial, images, labels, scale } = inputs;
    const network = layersOf(initial, "float64");
    const sizes = layerSizes(network);
    const purpose = `untrained networks ${sizes.join("-")}`;
    const bytes = { bytes: images.data, divisor: scale.divisor };
    const trainer = await createTrainer(network, bytes, labels.data);
    const trained = trainer.evaluate().correct;
    const correct = Array.from({ length: networks }, (_, i) => {
      const random = defaultRng(streamOf(seed, purpose, i));
      const drawn: Network = network.map(({ inputs, outputs }) => {
        const deviation = Math.sqrt(normalLaws.gaussian.variance(inputs, outputs));
        const weight = random.normal(0, deviation, inputs * outputs);
        return { inputs, outputs, weight, bias: new Float64Array(outputs) };
      });
      trainer.load(drawn);
      if (i % 20 === 0) effects.progress(i, networks, "networks");
      return trainer.evaluate().correct;
    });
    const samples = labels.data.length;
    const { mean, standardDeviation } = meanAndDeviation(correct);
    const reach = qt(1 - level / 2, networks - 1) * standardDeviation / Math.sqrt(networks);
    return {
      untrained: {
        samples,
        rule: normalLaws.gaussian.text,
        ofTrained: trained,
        correct,
        mean,
        standardDeviation,
        confidence: 1 - level,
        interval: { low: mean - reach, high: mean + reach },
      },
      metrics: {
        "untrained.correct.mean": mean,
        "untrained.correct.standard-deviation": standardDeviation,
        "untrained.correct.least": Math.min(...correct),
        "untrained.correct.greatest": Math.max(...correct),
      },
    };
  },
});
