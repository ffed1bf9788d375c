/** Trains a classifier with our kernels on tfjs's WebGPU backend. */
import { useWebgpu } from "./webgpu/backend.ts";
import type { DeviceOptions } from "./webgpu/device.ts";
import {
  createPredictor,
  createTrainingSet,
  denseLogits,
  FORWARD_BATCH,
  registerKernels,
  trainDense,
  type TrainingSet,
} from "./webgpu/kernels.ts";
import { MAX_BATCH, readPixels } from "./webgpu/network.ts";
import {
  checkImages,
  checkTraining,
  type Classifier,
  type ClassifierData,
  createVariables,
  sizesOf,
  stateOf,
} from "./classifier.ts";

/** Steps that are submitted at once: long enough to cost little, short enough to report and stop. */
const STEPS = 64;

/** Images that are classified at once, whole batches: those of a training set would take 47 MB of the device. */
const IMAGES = 20 * FORWARD_BATCH;

/** @throws {DeviceError} when there is no device, or too little memory on it */
export async function createWebgpuClassifier(
  data: ClassifierData,
  options: DeviceOptions = {},
): Promise<Classifier> {
  const { tf, device } = await useWebgpu(options);
  const { info, watch } = device;
  registerKernels(tf);
  const sizes = sizesOf(data.layers);
  const predictor = await createPredictor(device, sizes);
  const variables = createVariables(tf, data, watch);
  let set: TrainingSet | undefined;

  return {
    backend: {
      name: "webgpu",
      adapter: [info.description, info.vendor].find((part) => part !== "") ?? "unknown",
    },
    async train(order, trainOptions) {
      const { batchSize, learningRate, onProgress, signal } = trainOptions;
      checkTraining(order, trainOptions, data.images.samples, MAX_BATCH);
      if (set?.network.batch !== batchSize) {
        set?.destroy();
        set = await createTrainingSet(device, sizes, batchSize, data.images, data.labels);
      }
      const training = set;
      const losses = new Float32Array(order.length);
      const part = STEPS * batchSize;
      /** The part before the last submitted one, so that the device always has work. */
      let pending: Promise<void> = Promise.resolve();
      for (let from = 0; from < order.length; from += part) {
        signal?.throwIfAborted();
        const samples = order.subarray(from, from + part);
        await tf.setBackend("webgpu");
        const before = pending;
        pending = watch(async () => {
          const result = trainDense(tf, variables.all, training, samples, learningRate);
          losses.set(await result.data() as Float32Array, from);
          result.dispose();
          onProgress?.(from + samples.length);
        });
        // Awaited in the next round; until then a rejection is not unhandled.
        pending.catch(() => {});
        await before;
      }
      await pending;
      return losses;
    },
    async trainingPixels(samples) {
      if (set === undefined) throw new Error("no image is on the device before the training");
      const { pixels } = set;
      return await watch(() => readPixels(device.gpu, pixels, sizes[0], samples));
    },
    async logits(images) {
      checkImages(images, sizes[0]);
      await tf.setBackend("webgpu");
      return await watch(async () => {
        const { pixels, samples, width } = images;
        const classes = sizes[sizes.length - 1];
        const logits = new Float32Array(samples * classes);
        for (let from = 0; from < samples; from += IMAGES) {
          const count = Math.min(IMAGES, samples - from);
          const part = {
            pixels: pixels.subarray(from * width, (from + count) * width),
            samples: count,
            width,
          };
          const result = await device.allocating(
            `${count} images`,
            () => denseLogits(tf, variables.all, predictor, part),
          );
          logits.set(await result.data(), from * classes);
          result.dispose();
        }
        return logits;
      });
    },
    ...stateOf(tf, "webgpu", variables),
    dispose() {
      set?.destroy();
      predictor.destroy();
      variables.dispose();
    },
  };
}
