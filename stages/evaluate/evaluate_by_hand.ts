/**
 * `evaluate-by-hand`: evaluates a network trained by hand on the whole test set after every epoch:
 * loss, correct counts, confusion matrix, precision and recall. It keeps the last epoch's
 * probabilities.
 */
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { classes, testSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import { evaluation, probabilitiesFloat64, weightsByEpoch } from "../networks/network_artifacts.ts";
import { confusionMatrix, precisionAndRecall } from "./classification.ts";
import { forward, type Network } from "../networks/perceptron.ts";
import { evaluate } from "../networks/wasm/perceptron_kernel.ts";
import { epochsOf, layersOf } from "../networks/layers.ts";
import type { Evaluation } from "../../schemas/assignment/training.ts";

export const evaluateByHand = defineStage({
  name: "evaluate-by-hand",
  module: import.meta.url,
  about: "classifies the test set with the weights of every epoch",
  inputs: {
    weights: weightsByEpoch,
    ...testSet,
  },
  outputs: { evaluation, probabilities: probabilitiesFloat64, metrics },
  machine: ["arch", "v8"],
  async run({ inputs: { weights, images, labels, scale }, effects }) {
    const { divisor } = scale;
    const bytes = { bytes: images.data, divisor };
    const epochs = epochsOf(weights);
    const networkOf = (epoch: number) =>
      layersOf(weights, "float64", { prefix: `epoch-${epoch}.` });
    const results: Evaluation["epochs"] = [];
    for (const epoch of epochs) {
      const network = networkOf(epoch);
      const { loss, predictions, correct } = await evaluate(network, bytes, labels.data);
      const counts = confusionMatrix(labels.data, predictions, classes);
      const confusion = Array.from(
        { length: classes },
        (_, row) => [...counts.subarray(row * classes, (row + 1) * classes)],
      );
      results.push({ epoch, loss, correct, confusion, ...precisionAndRecall(confusion) });
      effects.progress(results.length, epochs.length, "epochs");
      effects.measured("test loss by epoch (nats)", epoch, loss);
    }
    return {
      evaluation: { samples: labels.data.length, epochs: results },
      probabilities: {
        dtype: "float64" as const,
        shape: [labels.data.length, classes],
        data: probabilitiesOf(
          networkOf(epochs[epochs.length - 1]),
          scalePixels(images.data, divisor),
        ),
      },
      metrics: Object.fromEntries(results.flatMap(({ epoch, loss, correct }) => [
        [`test-correct.epoch-${epoch}`, correct],
        [`test-loss.epoch-${epoch}`, loss],
        [`test-accuracy.epoch-${epoch}`, correct / labels.data.length],
      ])),
    };
  },
});

/** Probabilities of each image's classes, shape (samples, classes). */
function probabilitiesOf(network: Network, pixels: Float32Array): Float64Array {
  const width = network[0].inputs;
  const samples = pixels.length / width;
  const probabilities = new Float64Array(samples * classes);
  for (let i = 0; i < samples; i++) {
    const image = pixels.subarray(i * width, (i + 1) * width);
    probabilities.set(forward(network, image).probabilities, i * classes);
  }
  return probabilities;
}
