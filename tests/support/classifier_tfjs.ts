/** Trains a classifier with tfjs's own operations, the peer that our kernels are compared with. */
import type { Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import "./all_gradients.ts";
import { scalePixels } from "../../stages/normalize/scale.ts";
import { gatherPixels } from "../../stages/networks/packed_images.ts";
import { type Tfjs, useCpu, useWasm, useWebgpu } from "../../stages/networks/webgpu/backend.ts";
import {
  type BackendName,
  checkImages,
  checkTraining,
  type Classifier,
  type ClassifierData,
  createVariables,
  type PackedImages,
  sizesOf,
  stateOf,
} from "../../stages/networks/classifier.ts";

/** Images of a forward pass without training. */
const FORWARD_BATCH = 1000;

/** The backends on which tfjs trains: ours, and its own in JavaScript. */
type TfjsBackend = BackendName | "cpu";

/** @throws {DeviceError} when the backend has no device */
export async function createTfjsClassifier<Name extends TfjsBackend>(
  backend: Name,
  data: ClassifierData,
): Promise<Omit<Classifier, "backend"> & { backend: { name: Name; adapter: string | null } }> {
  const { tf, adapter, watch } = await open(backend);
  const sizes = sizesOf(data.layers);
  const variables = createVariables(tf, data, watch);

  return {
    backend: { name: backend, adapter },
    async train(order, options) {
      const { batchSize, learningRate, onProgress, signal } = options;
      checkTraining(order, options, data.images.samples, Infinity);
      const losses = new Float32Array(order.length);
      for (let from = 0; from < order.length; from += batchSize) {
        signal?.throwIfAborted();
        await tf.setBackend(backend);
        const samples = order.subarray(from, from + batchSize);
        const result = step(tf, variables.all, data.images, {
          samples,
          labels: Uint8Array.from(samples, (sample) => data.labels[sample]),
          classes: sizes[sizes.length - 1],
          learningRate,
        });
        losses.set(await watch(() => result.data()), from);
        result.dispose();
        onProgress?.(from + samples.length);
      }
      return losses;
    },
    trainingPixels: (samples) =>
      Promise.resolve(gatherPixels(data.images.pixels, data.images.width, samples)),
    async logits(images) {
      checkImages(images, sizes[0]);
      const result = new Float32Array(images.samples * sizes[sizes.length - 1]);
      for (let from = 0; from < images.samples; from += FORWARD_BATCH) {
        await tf.setBackend(backend);
        const count = Math.min(FORWARD_BATCH, images.samples - from);
        const part = Uint32Array.from({ length: count }, (_, i) => from + i);
        const logits = tf.tidy(() => forward(tf, variables.all, gather(tf, images, part)));
        result.set(await watch(() => logits.data()), from * sizes[sizes.length - 1]);
        logits.dispose();
      }
      return result;
    },
    // It only names the backend to tfjs.
    ...stateOf(tf, backend as BackendName, variables),
    dispose: variables.dispose,
  };
}

async function open(backend: TfjsBackend) {
  const watch = <T>(work: () => Promise<T>) => work();
  if (backend === "wasm") return { tf: await useWasm(), adapter: null, watch };
  if (backend === "cpu") return { tf: await useCpu(), adapter: null, watch };
  const { tf, device } = await useWebgpu();
  return { tf, adapter: device.info.description, watch: device.watch };
}

/** The scaled pixels of those samples. */
const gather = (tf: Tfjs, { pixels, width }: PackedImages, samples: Uint32Array): Tensor2D =>
  tf.tensor2d(scalePixels(gatherPixels(pixels, width, samples), 255), [samples.length, width]);

function forward(tf: Tfjs, variables: readonly Variable[], input: Tensor2D): Tensor2D {
  let output = input;
  for (let i = 0; i < variables.length; i += 2) {
    output = tf.add(tf.matMul(output, variables[i] as Variable & Tensor2D), variables[i + 1]);
    if (i + 2 < variables.length) output = tf.relu(output);
  }
  return output;
}

/** A step of gradient descent; gives each sample's loss before it, in nats. */
function step(
  tf: Tfjs,
  variables: Variable[],
  images: PackedImages,
  { samples, labels, classes, learningRate }: {
    samples: Uint32Array;
    labels: Uint8Array;
    classes: number;
    learningRate: number;
  },
) {
  return tf.tidy(() => {
    const input = gather(tf, images, samples);
    // tfjs's oneHot takes no single class.
    const hot = new Float32Array(labels.length * classes);
    labels.forEach((label, i) => hot[i * classes + label] = 1);
    const truth = tf.tensor2d(hot, [labels.length, classes]);
    /** The losses outlive the gradients' scope. */
    const kept: Tensor[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const logits = forward(tf, variables, input);
      const losses = tf.neg(tf.sum(tf.mul(truth, tf.logSoftmax(logits)), 1));
      kept.push(tf.keep(losses));
      return tf.mean<Scalar>(losses);
    }, variables);
    value.dispose();
    for (const variable of variables) {
      variable.assign(tf.sub(variable, tf.mul(grads[variable.name], learningRate)));
    }
    return kept[0];
  });
}
