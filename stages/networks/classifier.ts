/**
 * Defines a classifier of images: dense layers with ReLU between them, softmax cross-entropy,
 * plain gradient descent, in tfjs variables. `classifier_webgpu.ts` and `classifier_wasm.ts`
 * compute steps with kernels of our own. The caller decides on epochs, their order and evaluation.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Tfjs } from "./webgpu/backend.ts";
import type { Backend } from "../../schemas/run/experiment.ts";
import type { PackedImages } from "./webgpu/network.ts";
import type { Layer } from "./layers.ts";
import { type LayersModel, layersModelOf } from "./layers_model.ts";

export type { Layer } from "./layers.ts";
export type { PackedImages } from "./webgpu/network.ts";
export { DeviceError } from "./webgpu/device.ts";

export type BackendName = Backend;

interface TrainOptions {
  /** Samples a step; the last one takes what is left. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Told how many samples are done, from time to time. */
  readonly onProgress?: (samplesDone: number) => void;
  /** Stops the training between steps; the weights stay as they are then. */
  readonly signal?: AbortSignal;
}

export interface Classifier {
  /** The backend, and where there is one the adapter that computes. */
  readonly backend: { readonly name: BackendName; readonly adapter: string | null };
  /**
   * Trains over `order`, indices of training samples, batch by batch, each step on its batch's mean
   * loss. Gives the loss of each sample, in nats and in the order of `order`, before its batch's
   * update. A loss that is not finite is given like any other.
   * @throws {RangeError} when an index is no sample's, or an option is out of range
   * @throws {DeviceError} when the device fails
   * @throws the signal's reason
   */
  train(order: Uint32Array, options: TrainOptions): Promise<Float32Array>;
  /** Pixels of training images as the device has them, shape (samples, width). Not before the first `train`. */
  trainingPixels(samples: Uint32Array): Promise<Uint8Array>;
  /** The logits of images, shape (samples, classes), row-major. */
  logits(images: PackedImages): Promise<Float32Array>;
  /** A copy of the weights. */
  weights(): Promise<Layer<Float32Array>[]>;
  /** Goes on from these weights, of the same shapes. */
  restore(layers: readonly Layer<Float32Array>[]): Promise<void>;
  /** The network as tfjs loads it. */
  model(): Promise<LayersModel>;
  /** Gives up the memory. */
  dispose(): void;
}

/** Layers and data of a classifier. */
export interface ClassifierData {
  readonly layers: readonly Layer<Float32Array>[];
  /** Names of the layers in the model. */
  readonly names: readonly string[];
  /** Their memory can be released once the first `train` reports progress, where all have one batch size. */
  readonly images: PackedImages;
  readonly labels: Uint8Array;
}

/** Variables that are the same on every backend. */
interface Variables {
  /** Weight and bias of each layer in turn. */
  readonly all: Variable[];
  read(): Promise<Layer<Float32Array>[]>;
  model(): Promise<LayersModel>;
  write(layers: readonly Layer<Float32Array>[]): void;
  dispose(): void;
}

/** Units of each layer, from the pixels to the classes. */
export const sizesOf = (layers: readonly Layer<Float32Array>[]): number[] => [
  layers[0].inputs,
  ...layers.map(({ outputs }) => outputs),
];

/** @throws {RangeError} unless these are images of `width` pixels each. */
export function checkImages(images: PackedImages, width: number): void {
  const { pixels, samples } = images;
  if (samples > 0 && images.width === width && pixels.length === samples * width) return;
  throw new RangeError(
    `expected at least one image, of ${width} pixels each, found ${samples} of ${images.width} in ` +
      `${pixels.length} pixels`,
  );
}

/** @throws {RangeError} when an index is no sample's, or an option is out of range. */
export function checkTraining(
  order: Uint32Array,
  { batchSize, learningRate }: TrainOptions,
  samples: number,
  largestBatch: number,
): void {
  if (order.length === 0) throw new RangeError("expected samples to train on, found none");
  const wrong = order.findIndex((sample) => sample >= samples);
  if (wrong >= 0) {
    throw new RangeError(
      `expected indices below ${samples}, found ${order[wrong]} at place ${wrong} of the order`,
    );
  }
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > largestBatch) {
    throw new RangeError(`expected batches of 1 to ${largestBatch} samples, found ${batchSize}`);
  }
  if (!(learningRate > 0 && learningRate < Infinity)) {
    throw new RangeError(`expected a learning rate above 0, found ${learningRate}`);
  }
}

/** Layers as variables on tfjs's current backend; `watch` does what takes time there. */
export function createVariables(
  tf: Tfjs,
  { layers, names }: ClassifierData,
  watch: <T>(work: () => Promise<T>) => Promise<T>,
): Variables {
  const variable = (values: Float32Array, shape: number[]) => {
    // A copy, for tfjs keeps the array that it is given.
    const initial = tf.tensor(values.slice(), shape, "float32");
    const made = tf.variable(initial);
    initial.dispose();
    return made;
  };
  const all = layers.flatMap(({ inputs, outputs, weight, bias }) => [
    variable(weight, [inputs, outputs]),
    variable(bias, [outputs]),
  ]);
  const values = async (tensor: Tensor) => Float32Array.from(await watch(() => tensor.data()));
  const read = async () => {
    const read: Layer<Float32Array>[] = [];
    for (const [l, { inputs, outputs }] of layers.entries()) {
      const [weight, bias] = [await values(all[2 * l]), await values(all[2 * l + 1])];
      read.push({ inputs, outputs, weight, bias });
    }
    return read;
  };
  return {
    all,
    read,
    model: async () => layersModelOf(await read(), names),
    write(layers) {
      tf.tidy(() =>
        layers.forEach(({ inputs, outputs, weight, bias }, l) => {
          all[2 * l].assign(tf.tensor(weight.slice(), [inputs, outputs], "float32"));
          all[2 * l + 1].assign(tf.tensor(bias.slice(), [outputs], "float32"));
        })
      );
    },
    dispose: () => all.forEach((tensor) => tensor.dispose()),
  };
}

/** Reads and writes the state that a classifier keeps in variables, each time on its backend. */
export function stateOf(
  tf: Tfjs,
  backend: BackendName,
  variables: Variables,
): Pick<Classifier, "weights" | "restore" | "model"> {
  return {
    weights: variables.read,
    async restore(layers) {
      await tf.setBackend(backend);
      variables.write(layers);
    },
    model: variables.model,
  };
}
