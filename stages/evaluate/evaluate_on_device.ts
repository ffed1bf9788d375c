/**
 * `evaluate-on-device`: evaluates a network trained on a device on the test set after every epoch,
 * and on the training set after the last. The device gives logits; everything after them is
 * float64.
 */
import { z } from "zod";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { DeviceEvaluation } from "../../schemas/assignment/training.ts";
import { classes, samples } from "../normalize/dataset.ts";
import {
  deviceEvaluation,
  deviceMetrics,
  probabilities,
  weightsByEpochFloat32,
} from "../networks/network_artifacts.ts";
import { batchMeans, classify, mean } from "../networks/batches.ts";
import { confusionMatrix, countCorrect, precisionAndRecall } from "./classification.ts";
import { openClassifier } from "../networks/classifier_of_key.ts";
import { epochsOf, layersOf } from "../networks/layers.ts";
import { packImages } from "../networks/packed_images.ts";
import { zeroShares } from "./hidden_zeros.ts";

export const evaluateOnDevice = defineStage({
  name: "evaluate-on-device",
  module: import.meta.url,
  about: "classifies the test set with the weights of every epoch",
  parameters: z.strictObject({
    /** The layers' names, from the first on. */
    names: z.array(z.string()).min(1),
    /** Samples in a batch, of whose means the reported losses are means. */
    batchSize: z.int().positive().default(64),
  }),
  inputs: { weights: weightsByEpochFloat32, ...samples },
  outputs: { evaluation: deviceEvaluation, probabilities, metrics: deviceMetrics },
  machine: ["backend", "adapter", "driver", "fma", "deno", "v8", "arch"],
  async run({ parameters: { names, batchSize }, inputs, effects }) {
    const labels = inputs["test-labels"].data;
    const images = packImages(inputs["test-images"], inputs["pixel-scale"]);
    const trainLabels = inputs["train-labels"].data;
    const trainImages = packImages(inputs["train-images"], inputs["pixel-scale"]);
    const epochs = epochsOf(inputs.weights);
    const ofEpoch = (epoch: number) =>
      layersOf(inputs.weights, "float32", { names, prefix: `epoch-${epoch}.` });
    await using classifier = await openClassifier(effects, ofEpoch(epochs[0]), names, {
      images: trainImages,
      labels: trainLabels,
    });
    const rows: DeviceEvaluation["epochs"] = [];
    let last = classify(new Float32Array(), new Uint8Array(), classes);
    for (const epoch of epochs) {
      await classifier.restore(ofEpoch(epoch));
      last = classify(await classifier.logits(images), labels, classes);
      const counts = confusionMatrix(labels, last.predictions, classes);
      const confusion = Array.from(
        { length: classes },
        (_, row) => [...counts.subarray(row * classes, (row + 1) * classes)],
      );
      rows.push({
        epoch,
        loss: mean(last.losses),
        lossOfBatches: mean(batchMeans(last.losses, batchSize)),
        correct: countCorrect(labels, last.predictions),
        confusion,
        ...precisionAndRecall(confusion),
      });
      effects.progress(rows.length, epochs.length, "epochs");
      effects.measured("test loss by epoch (nats)", epoch, mean(last.losses));
    }
    const train = classify(await classifier.logits(trainImages), trainLabels, classes);
    const begin = Math.floor((labels.length - 1) / batchSize) * batchSize;
    const evaluation: DeviceEvaluation = {
      samples: labels.length,
      batchSize,
      epochs: rows,
      lastBatch: {
        labels: [...labels.subarray(begin)],
        predictions: [...last.predictions.subarray(begin)],
        loss: mean(last.losses.subarray(begin)),
      },
      trainAfter: {
        loss: mean(train.losses),
        lossOfBatches: mean(batchMeans(train.losses, batchSize)),
        correct: countCorrect(trainLabels, train.predictions),
      },
    };
    return {
      evaluation,
      probabilities: {
        dtype: "float32" as const,
        shape: [labels.length, classes],
        data: Float32Array.from(last.probabilities),
      },
      metrics: {
        "test-accuracy": rows[rows.length - 1].correct / labels.length,
        "train-loss-after-last-epoch": evaluation.trainAfter.lossOfBatches,
        ...Object.fromEntries(
          zeroShares(ofEpoch(epochs[epochs.length - 1]), images)
            .map((share, i) => [`zero-activations.layer-${i + 1}`, share]),
        ),
        ...Object.fromEntries(rows.flatMap(({ epoch, loss, lossOfBatches, correct }) => [
          [`test-loss.epoch-${epoch}`, lossOfBatches],
          [`test-loss-over-samples.epoch-${epoch}`, loss],
          [`test-correct.epoch-${epoch}`, correct],
        ])),
      },
    };
  },
});
