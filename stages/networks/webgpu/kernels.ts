/**
 * Registers the network of `network.ts` as kernels of tfjs's WebGPU backend: weights and results are tfjs
 * tensors, and a call is queued like tfjs's own. Each takes `weights`, the weight (inputs, outputs) and
 * bias (outputs) of each layer in turn.
 *
 * - `TrainDense` changes the weights in place and gives the losses of its samples,
 * - `DenseLossGradient` gives a batch's losses and the gradients of their mean,
 * - `DenseLogits` gives the logits of images.
 */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Tfjs } from "./backend.ts";
import { registerWith, runKernel } from "../tfjs_kernels.ts";
import type { Device } from "./device.ts";
import { encode } from "./compute_pass.ts";
import {
  createNetwork,
  type Network,
  type PackedImages,
  pixelTexture,
  stepUniforms,
} from "./network.ts";

/** Samples of a forward pass without training: enough to keep every core busy. */
export const FORWARD_BATCH = 512;

/** Labelled images on a device, with a network to train on them. */
export interface TrainingSet {
  readonly device: Device;
  readonly network: Network;
  readonly pixels: GPUTexture;
  readonly labels: GPUBuffer;
  destroy(): void;
}

/**
 * Puts images and labels on the device, with the matrices of a network of `sizes` units a layer that
 * is trained in batches of at most `batch`. Labels are taken as they are: whoever calls has checked them.
 * @throws {RangeError} when sizes do not fit
 * @throws {DeviceError} when there is too little memory
 */
export function createTrainingSet(
  device: Device,
  sizes: readonly number[],
  batch: number,
  images: PackedImages,
  labels: Uint8Array,
): Promise<TrainingSet> {
  const { gpu, tiling } = device;
  return device.allocating(`${images.samples} images and a network`, () => {
    const network = createNetwork(gpu, tiling, sizes, batch);
    const pixels = pixelTexture(gpu, images);
    const buffer = gpu.createBuffer({
      label: "labels",
      size: labels.length * 4,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    gpu.queue.writeBuffer(buffer, 0, Uint32Array.from(labels));
    return {
      device,
      network,
      pixels,
      labels: buffer,
      destroy() {
        network.destroy();
        pixels.destroy();
        buffer.destroy();
      },
    };
  });
}

/** A network for forward passes alone. */
interface Predictor {
  readonly device: Device;
  readonly network: Network;
  destroy(): void;
}

/** @throws {DeviceError} when there is too little memory */
export function createPredictor(device: Device, sizes: readonly number[]): Promise<Predictor> {
  return device.allocating("a network", () => {
    const network = createNetwork(device.gpu, device.tiling, sizes, FORWARD_BATCH);
    return { device, network, destroy: () => network.destroy() };
  });
}

/** The attributes of our kernels; tfjs hands them through as they are. */
interface TrainAttributes {
  set: TrainingSet;
  order: Uint32Array;
  rate: number;
}
export interface GradientAttributes {
  set: TrainingSet;
  samples: Uint32Array;
}
interface LogitsAttributes {
  predictor: Predictor;
  images: PackedImages;
}

function buffersOf(backend: WebGPUBackend, tensors: readonly TensorInfo[]): GPUBuffer[] {
  return tensors.map(({ dataId }) => {
    backend.uploadToGPU(dataId);
    const { resource } = backend.tensorMap.get(dataId);
    if (resource instanceof GPUBuffer) return resource;
    throw new TypeError("expected tensors in buffers of the device, found a texture");
  });
}

/** Submits what `record` records, after all that tfjs has queued so far. */
function submit(backend: WebGPUBackend, record: (encoder: GPUCommandEncoder) => void): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  const encoder = backend.device.createCommandEncoder();
  record(encoder);
  backend.queue.submit([encoder.finish()]);
}

function train(
  backend: WebGPUBackend,
  weights: readonly TensorInfo[],
  { set, order, rate }: TrainAttributes,
): TensorInfo {
  const { network, device: { gpu } } = set;
  const losses = backend.makeTensorInfo([order.length], "float32");
  const [lossBuffer, ...buffers] = buffersOf(backend, [losses, ...weights]);
  const { group, offsets, destroy } = stepUniforms(gpu, network, order, rate);
  submit(backend, (encoder) => {
    network.load(encoder, buffers);
    const pass = encoder.beginComputePass();
    const batch = { ...set, losses: lossBuffer };
    const dispatches = [network.step(batch, 0), network.step(batch, 1)];
    offsets.forEach((offset, s) => encode(pass, dispatches[s % 2], group, offset));
    pass.end();
    network.store(encoder, buffers, offsets.length);
  });
  destroy();
  // Values that tfjs has read before are out of date.
  for (const { dataId } of weights) Object.assign(backend.tensorMap.get(dataId), { values: null });
  return losses;
}

function lossGradient(
  backend: WebGPUBackend,
  weights: readonly TensorInfo[],
  { set, samples }: GradientAttributes,
): TensorInfo[] {
  const { network, device: { gpu } } = set;
  if (samples.length < 1 || samples.length > network.batch) {
    throw new RangeError(
      `expected one batch of 1 to ${network.batch} samples, found ${samples.length}`,
    );
  }
  const losses = backend.makeTensorInfo([samples.length], "float32");
  const gradients = weights.map(({ shape }) => backend.makeTensorInfo(shape, "float32"));
  const buffers = buffersOf(backend, weights);
  const [lossBuffer, ...gradientBuffers] = buffersOf(backend, [losses, ...gradients]);
  const { group, destroy } = stepUniforms(gpu, network, samples, -1);
  submit(backend, (encoder) => {
    network.load(encoder, buffers);
    const pass = encoder.beginComputePass();
    const dispatches = network.step({ ...set, losses: lossBuffer }, 0, true);
    encode(pass, dispatches, group);
    pass.end();
    network.store(encoder, gradientBuffers, 1);
  });
  destroy();
  return [losses, ...gradients];
}

function logits(
  backend: WebGPUBackend,
  weights: readonly TensorInfo[],
  { predictor: { network, device: { gpu } }, images }: LogitsAttributes,
): TensorInfo {
  const classes = network.sizes[network.sizes.length - 1];
  const result = backend.makeTensorInfo([images.samples, classes], "float32");
  const [resultBuffer, ...buffers] = buffersOf(backend, [result, ...weights]);
  const pixels = pixelTexture(gpu, images);
  const order = Uint32Array.from({ length: images.samples }, (_, i) => i);
  const { group, offsets, destroy } = stepUniforms(gpu, network, order, 0);
  submit(backend, (encoder) => {
    network.load(encoder, buffers);
    const dispatches = network.forward(pixels);
    offsets.forEach((offset, s) => {
      const first = s * network.batch;
      const pass = encoder.beginComputePass();
      encode(pass, dispatches, group, offset);
      pass.end();
      const count = Math.min(network.batch, images.samples - first);
      network.storeLogits(encoder, resultBuffer, count, first * classes * 4);
    });
  });
  destroy();
  pixels.destroy();
  return result;
}

/** Registers the kernels, once a process. */
export const registerKernels = (tf: Tfjs): void =>
  registerWith<WebGPUBackend>(tf, "webgpu", {
    TrainDense: train,
    DenseLossGradient: lossGradient,
    DenseLogits: logits,
  });

/**
 * Trains over `order`, indices of samples, batch by batch, and changes `weights` in place: gradient
 * descent with a constant rate on each batch's mean loss. Gives each sample's loss, in nats and in the
 * order of `order`, before its batch's update.
 */
export const trainDense = (
  tf: Tfjs,
  weights: readonly Tensor[],
  set: TrainingSet,
  order: Uint32Array,
  rate: number,
): Tensor => runKernel(tf, "TrainDense", weights, { set, order, rate } satisfies TrainAttributes);

/** The logits of images, shape (images, classes). */
export const denseLogits = (
  tf: Tfjs,
  weights: readonly Tensor[],
  predictor: Predictor,
  images: PackedImages,
): Tensor =>
  runKernel(tf, "DenseLogits", weights, { predictor, images } satisfies LogitsAttributes);
