/**
 * `train-by-hand`: trains question 4's network by hand-written backpropagation in float64, one
 * sample at a time in file order.
 */
import { metrics } from "../../pipeline/formats/metrics.ts";
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { trainingSet } from "../normalize/dataset.ts";
import { history, initialWeights, weightsByEpoch } from "../networks/network_artifacts.ts";
import { createTrainer } from "../networks/wasm/perceptron_kernel.ts";
import { layersOf, tensorsOf } from "../networks/layers.ts";
import { byHandParameters } from "./by_hand_parameters.ts";

/** Samples between two reports of progress. */
const chunk = 2000;

export const trainByHand = defineStage({
  name: "train-by-hand",
  module: import.meta.url,
  about: "trains a sigmoid network by hand-written backpropagation in float64",
  parameters: byHandParameters,
  inputs: {
    initial: initialWeights,
    ...trainingSet,
  },
  outputs: { weights: weightsByEpoch, history, metrics },
  // Math.exp and Math.log are the engine's.
  machine: ["arch", "v8"],
  async run({ parameters: { epochs, learningRate }, inputs, effects }) {
    const trainer = await createTrainer(
      layersOf(inputs.initial, "float64"),
      { bytes: inputs.images.data, divisor: inputs.scale.divisor },
      inputs.labels.data,
    );
    const weights: Tensors = { ...tensorsOf(trainer.weights(), { prefix: "epoch-0." }) };
    const losses: { epoch: number; trainLoss: number }[] = [];
    for (let epoch = 1; epoch <= epochs; epoch++) {
      let [sum, before] = [0, 0];
      for (let from = 0; from < trainer.samples; from += chunk) {
        const to = Math.min(from + chunk, trainer.samples);
        sum = trainer.train(from, to, learningRate, sum);
        const done = (epoch - 1) * trainer.samples + to;
        const unit = `samples, epoch ${epoch} of ${epochs}`;
        effects.progress(done, epochs * trainer.samples, unit);
        effects.measured("train loss (nats)", done / trainer.samples, (sum - before) / (to - from));
        before = sum;
      }
      Object.assign(weights, tensorsOf(trainer.weights(), { prefix: `epoch-${epoch}.` }));
      losses.push({ epoch, trainLoss: sum / trainer.samples });
    }
    return {
      weights,
      history: { epochs: losses },
      metrics: Object.fromEntries(
        losses.map(({ epoch, trainLoss }) => [`train-loss.epoch-${epoch}`, trainLoss]),
      ),
    };
  },
});
