/**
 * Registers the network of `dense_network.ts` as kernels of tfjs's WebAssembly backend: weights and
 * results are tfjs tensors. Each takes `weights`, the weight (inputs, outputs) and bias (outputs) of each
 * layer in turn.
 *
 * - `TrainDense` changes the weights in place and gives the losses of its samples,
 * - `DenseLogits` gives the logits of images.
 */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { PackedImages } from "../classifier.ts";
import type { Layer } from "../layers.ts";
import { registerWith, runKernel } from "../tfjs_kernels.ts";
import type { Tfjs } from "../webgpu/backend.ts";
import type { DenseNetwork } from "./dense_network.ts";

interface TrainAttributes {
  network: DenseNetwork;
  order: Uint32Array;
  rate: number;
}
interface LogitsAttributes {
  network: DenseNetwork;
  images: PackedImages;
}

/** The weights as layers, which are views of tfjs's memory. */
function layersIn(backend: BackendWasm, weights: readonly TensorInfo[]): Layer<Float32Array>[] {
  const values = (tensor: TensorInfo) => backend.typedArrayFromHeap(tensor) as Float32Array;
  return weights.flatMap((weight, i) => {
    if (i % 2 === 1) return [];
    const [inputs, outputs] = weight.shape;
    return [{ inputs, outputs, weight: values(weight), bias: values(weights[i + 1]) }];
  });
}

function result(backend: BackendWasm, values: Float32Array, shape: number[]): TensorInfo {
  const made = backend.makeOutput(shape, "float32");
  backend.typedArrayFromHeap(made).set(values);
  return made;
}

function train(
  backend: BackendWasm,
  weights: readonly TensorInfo[],
  { network, order, rate }: TrainAttributes,
): TensorInfo {
  const losses = result(backend, new Float32Array(order.length), [order.length]);
  // Allocating can move tfjs's memory, so the views are taken after it.
  const layers = layersIn(backend, weights);
  network.write(layers);
  backend.typedArrayFromHeap(losses).set(network.train(order, rate));
  network.read().forEach(({ weight, bias }, l) => {
    layers[l].weight.set(weight);
    layers[l].bias.set(bias);
  });
  return losses;
}

function logits(
  backend: BackendWasm,
  weights: readonly TensorInfo[],
  { network, images }: LogitsAttributes,
): TensorInfo {
  network.write(layersIn(backend, weights));
  const values = network.predict(images);
  return result(backend, values, [images.samples, values.length / images.samples]);
}

/** Registers the kernels, once a process. */
export const registerKernels = (tf: Tfjs): void =>
  registerWith<BackendWasm>(tf, "wasm", { TrainDense: train, DenseLogits: logits });

/**
 * Trains over `order`, indices of samples, batch by batch, and changes `weights` in place: gradient
 * descent with a constant rate on each batch's mean loss. Gives each sample's loss, in nats and in the
 * order of `order`, before its batch's update.
 */
export const trainDense = (
  tf: Tfjs,
  weights: readonly Tensor[],
  network: DenseNetwork,
  order: Uint32Array,
  rate: number,
): Tensor =>
  runKernel(tf, "TrainDense", weights, { network, order, rate } satisfies TrainAttributes);

/** The logits of images, shape (images, classes). */
export const denseLogits = (
  tf: Tfjs,
  weights: readonly Tensor[],
  network: DenseNetwork,
  images: PackedImages,
): Tensor => runKernel(tf, "DenseLogits", weights, { network, images } satisfies LogitsAttributes);
