/** Trains question 4's network for an epoch in TypeScript, the peer that the WebAssembly kernel equals. */
import {
  backward,
  checkRate,
  checkSamples,
  crossEntropy,
  forward,
  layerSizes,
  type Network,
  NonFiniteLossError,
  update,
} from "../../stages/networks/perceptron.ts";

/** Number of samples between two calls of `onProgress`. */
const SAMPLES_BETWEEN_REPORTS = 1000;

/**
 * One pass of stochastic gradient descent over the samples in the order of the file, changing
 * `network` in place. `images` has shape (labels.length, inputs), row-major.
 *
 * Returns the mean loss in nats, each sample's taken before its own update.
 * @throws {RangeError} when shapes or labels do not fit
 * @throws {NonFiniteLossError} at the first sample whose loss is not finite, before its update
 */
export function trainEpoch(
  network: Network,
  images: Float32Array,
  labels: Uint8Array,
  rate: number,
  onProgress?: (samples: number) => void,
): number {
  checkSamples(layerSizes(network), images, labels);
  checkRate(rate);
  const { inputs } = network[0];
  let sum = 0;
  for (let sample = 0; sample < labels.length; sample++) {
    const activations = forward(network, images.subarray(sample * inputs, (sample + 1) * inputs));
    const loss = crossEntropy(activations, labels[sample]);
    if (!Number.isFinite(loss)) throw new NonFiniteLossError(sample, loss);
    sum += loss;
    update(network, backward(network, activations, labels[sample]), rate);
    if ((sample + 1) % SAMPLES_BETWEEN_REPORTS === 0) onProgress?.(sample + 1);
  }
  return sum / labels.length;
}
