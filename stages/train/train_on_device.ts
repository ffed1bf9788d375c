/**
 * `train-on-device`: trains question 3's ReLU network by plain SGD through tfjs, on the backend
 * that the key names, in the order of PyTorch's loader.
 */
import { z } from "zod";
import type { Checkpoints } from "../../pipeline/engine/effects.ts";
import { release } from "../../pipeline/formats/release.ts";
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { DeviceHistory } from "../../schemas/assignment/training.ts";
import { trainingSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import {
  batchLosses,
  deviceHistory,
  deviceMetrics,
  epochState,
  generatorState,
  initialWeights,
  layersModel,
  layersModelWeights,
  trainedFloat32,
  weightsByEpochFloat32,
} from "../networks/network_artifacts.ts";
import { batchMeans, mean } from "../networks/batches.ts";
import { type Classifier, openClassifier } from "../networks/classifier_of_key.ts";
import { type Layer, layersOf, tensorsOf } from "../networks/layers.ts";
import { firstNotFinite } from "../networks/not_finite.ts";
import { packImages } from "../networks/packed_images.ts";
import { epochOrders } from "../random/pytorch.ts";
import { layerMetrics, trainingMetrics } from "./training_metrics.ts";

export const trainOnDevice = defineStage({
  name: "train-on-device",
  module: import.meta.url,
  about: "trains a ReLU network by SGD through tfjs",
  parameters: z.strictObject({
    epochs: z.int().positive().default(25),
    learningRate: z.number().positive().default(0.01),
    batchSize: z.int().positive().default(64),
    /** The layers' names, from the first on. */
    names: z.array(z.string()).min(1),
    /** Reaction to a loss that is not finite: the job fails, or it ends and records the place. */
    onDivergence: z.enum(["fail", "record"]).default("fail"),
  }),
  inputs: {
    initial: initialWeights,
    /** Draws the order of every epoch, as PyTorch's loader does after the model's weights. */
    generator: generatorState,
    ...trainingSet,
  },
  outputs: {
    weights: weightsByEpochFloat32,
    trained: trainedFloat32,
    model: layersModel,
    "weights.bin": layersModelWeights,
    history: deviceHistory,
    "batch-losses": batchLosses,
    metrics: deviceMetrics,
  },
  machine: ["backend", "adapter", "driver", "fma", "deno", "arch"],
  steps: { parameter: "epochs", state: epochState },
  async run({ parameters, inputs, effects }) {
    const { epochs, learningRate, batchSize, names, onDivergence } = parameters;
    const { initial, generator, images, labels, scale } = inputs;
    const packed = packImages(images, scale);
    const stored = await storedStates(effects.checkpoints, epochs);
    const last = stored.at(-1);
    await using classifier = await openClassifier(
      effects,
      layersOf(last ?? initial, "float32", { names }),
      names,
      { images: packed, labels: labels.data },
    );
    const orders = epochOrders(generator, labels.data.length);
    const states = [...stored];
    const tellLoss = (epoch: number, losses: Tensors["batch-losses"]) =>
      effects.measured("train loss by epoch (nats)", epoch, mean(losses.data as Float32Array));
    stored.forEach((state, epoch) => tellLoss(epoch, state["batch-losses"]));
    const firstLabels: number[][] = [];
    let diverged: DeviceHistory["diverged"] = null;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = orders.next().value;
      firstLabels.push([...order.subarray(0, batchSize)].map((i) => labels.data[i]));
      if (epoch < stored.length) continue;
      const total = epochs * order.length;
      const losses = await classifier.train(order, {
        batchSize,
        learningRate,
        signal: effects.signal,
        onProgress: (done) => {
          // The device has them; here they would lie beside those of another training.
          release([images.data]);
          effects.progress(
            epoch * order.length + done,
            total,
            `samples, epoch ${epoch + 1} of ${epochs}`,
          );
        },
      });
      const means = Float32Array.from(batchMeans(losses, batchSize));
      const bad = means.findIndex((loss) => !Number.isFinite(loss));
      if (bad >= 0) {
        const before = layersOf(states.at(-1) ?? initial, "float32", { names });
        const where = await locate(classifier, before, order, bad, {
          names,
          batchSize,
          learningRate,
        });
        if (onDivergence === "record") {
          await classifier.restore(before);
          diverged = { epoch, batch: bad, where };
          break;
        }
        throw new Error(
          `the loss is ${means[bad]} in epoch ${epoch}, batch ${bad}: ${where}. ` +
            `${
              epoch === 0 ? "No epoch had ended" : `The state after epoch ${epoch - 1} is kept`
            }; ` +
            `try a smaller learning rate than ${learningRate}`,
        );
      }
      const state: Tensors = {
        ...tensorsOf(await classifier.weights(), { names }),
        "batch-losses": { dtype: "float32", shape: [means.length], data: means },
      };
      await effects.checkpoints.save(epoch + 1, state);
      states.push(state);
      tellLoss(epoch, state["batch-losses"]);
    }
    const samples = labels.data.length;
    const head = { samples, batchSize, firstBatchLabels: firstLabels[0], diverged };
    return await outputsOf(states, initial, classifier, { head, firstLabels, names });
  },
});

/** The states of the epochs that are stored without a gap from the first on. */
async function storedStates(
  checkpoints: Pick<Checkpoints<Tensors>, "read">,
  epochs: number,
): Promise<Tensors[]> {
  const states: Tensors[] = [];
  for (let step = 1; step <= epochs; step++) {
    const state = await checkpoints.read(step);
    if (state === undefined) break;
    states.push(state);
  }
  return states;
}

/** Trains again up to the batch whose loss is not finite, and names what is not finite first. */
async function locate(
  classifier: Classifier,
  before: Layer<Float32Array>[],
  order: Uint32Array,
  batch: number,
  { names, ...options }: {
    names: readonly string[];
    batchSize: number;
    learningRate: number;
  },
): Promise<string> {
  await classifier.restore(before);
  const { batchSize } = options;
  if (batch > 0) await classifier.train(order.subarray(0, batch * batchSize), options);
  const samples = order.subarray(batch * batchSize, (batch + 1) * batchSize);
  const pixels = scalePixels(await classifier.trainingPixels(samples), 255);
  return firstNotFinite(await classifier.weights(), names, pixels) ??
    `the loss itself, after ${names[names.length - 1]}`;
}

/** `head` is the history without its epochs; `firstLabels` are those of each epoch's first batch. */
async function outputsOf(
  states: readonly Tensors[],
  initial: Tensors,
  classifier: Classifier,
  { head, firstLabels, names }: {
    head: Omit<DeviceHistory, "epochs">;
    firstLabels: readonly (readonly number[])[];
    names: readonly string[];
  },
) {
  const { samples, batchSize } = head;
  const batches = Math.ceil(samples / batchSize);
  const losses = new Float32Array(states.length * batches);
  const epochs = states.map((state, epoch) => {
    const means = state["batch-losses"].data as Float32Array;
    losses.set(means, epoch * batches);
    const sum = means.reduce(
      (sum, loss, batch) => sum + loss * Math.min(batchSize, samples - batch * batchSize),
      0,
    );
    return { epoch, trainLoss: mean(means), trainLossOverSamples: sum / samples };
  });
  const tensorNames = names.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const { modelJson, weightsBin } = await classifier.model();
  const last = states.at(-1) ?? initial;
  return {
    weights: Object.fromEntries(
      states.flatMap((state, epoch) =>
        tensorNames.map((name) => [`epoch-${epoch}.${name}`, state[name]])
      ),
    ),
    trained: Object.fromEntries(tensorNames.map((name) => [name, last[name]])),
    model: modelJson,
    "weights.bin": weightsBin,
    history: { ...head, epochs },
    "batch-losses": {
      dtype: "float32" as const,
      shape: [states.length, batches],
      data: losses,
    },
    metrics: {
      ...Object.fromEntries(epochs.flatMap(({ epoch, trainLoss, trainLossOverSamples }) => [
        [`train-loss.epoch-${epoch}`, trainLoss],
        [`train-loss-over-samples.epoch-${epoch}`, trainLossOverSamples],
      ])),
      ...layerMetrics(last, names),
      ...(states.length === 0 ? {} : trainingMetrics({
        firstLabels,
        losses: losses.subarray(0, batches),
        lastBatchSize: samples - (batches - 1) * batchSize,
        classes: last[`${names[names.length - 1]}.weight`].shape[0],
      })),
    },
  };
}
