/** Trains a classifier with our kernels on tfjs's WebAssembly backend. */
import {
  checkImages,
  checkTraining,
  type Classifier,
  type ClassifierData,
  createVariables,
  sizesOf,
  stateOf,
} from "./classifier.ts";
import { createDenseNetwork, type DenseNetwork } from "./wasm/dense_network.ts";
import { denseLogits, registerKernels, trainDense } from "./wasm/dense_kernels.ts";
import { useWasm } from "./webgpu/backend.ts";

/** The most samples of a batch, which bounds the memory of its activations. */
const MAX_BATCH = 8192;
/** Steps between two reports: copying the weights to tfjs and back costs one or two of them. */
const STEPS = 128;
/** Samples that the threads predict at once. */
const FORWARD_BATCH = 264;

/** A classifier that computes on `threads` threads; their number changes no bit. */
export async function createWasmClassifier(
  data: ClassifierData,
  { threads = 1 }: { threads?: number } = {},
): Promise<Classifier> {
  const tf = await useWasm();
  registerKernels(tf);
  const sizes = sizesOf(data.layers);
  const variables = createVariables(tf, data, (work) => work());
  let training: { network: DenseNetwork; batch: number } | undefined;
  let predictor: DenseNetwork | undefined;

  return {
    backend: { name: "wasm", adapter: null },
    async train(order, options) {
      const { batchSize, learningRate, onProgress, signal } = options;
      checkTraining(order, options, data.images.samples, MAX_BATCH);
      if (training?.batch !== batchSize) {
        training?.network.dispose();
        const network = await createDenseNetwork(sizes, batchSize, threads, data);
        training = { network, batch: batchSize };
      }
      const losses = new Float32Array(order.length);
      const part = STEPS * batchSize;
      for (let from = 0; from < order.length; from += part) {
        signal?.throwIfAborted();
        await tf.setBackend("wasm");
        const samples = order.subarray(from, from + part);
        const result = trainDense(tf, variables.all, training.network, samples, learningRate);
        losses.set(result.dataSync(), from);
        result.dispose();
        onProgress?.(from + samples.length);
        await nextTurn();
      }
      return losses;
    },
    trainingPixels(samples) {
      if (training === undefined) throw new Error("no image is on the device before the training");
      return Promise.resolve(training.network.pixels(samples));
    },
    async logits(images) {
      checkImages(images, sizes[0]);
      await tf.setBackend("wasm");
      predictor ??= await createDenseNetwork(sizes, FORWARD_BATCH, threads);
      const result = denseLogits(tf, variables.all, predictor, images);
      const logits = Float32Array.from(result.dataSync());
      result.dispose();
      return logits;
    },
    ...stateOf(tf, "wasm", variables),
    dispose() {
      training?.network.dispose();
      predictor?.dispose();
      variables.dispose();
    },
  };
}

/** Lets messages come in: that the training is to stop, say. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve));
