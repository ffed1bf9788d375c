/**
 * Trains question 4's multilayer perceptron by hand, as the textbook writes it: sigmoid hidden
 * layers, softmax output, cross-entropy, stochastic gradient descent one sample at a time, all in
 * float64. It is the reference: `perceptron_kernel.ts` computes the same bits several times
 * faster, and sums in the order written here.
 *
 * Inputs that are zero are skipped. As long as the weights are finite that changes no bit: a sum that
 * starts at +0 is never -0, so adding ±0 leaves it as it is, and a step of ±0 moves no weight. (It would
 * turn a weight of -0 into +0; no update makes a -0, and no sum can tell the two apart.)
 *
 * Math.exp and Math.log are the only operations here whose last bit ECMAScript leaves to the engine;
 * everything else is IEEE 754 and the same everywhere.
 */
import type { Layer } from "./layers.ts";

/** Layers from input to output; sigmoid after each but the last, softmax after the last. */
export type Network = Layer<Float64Array>[];

/** Results of the forward pass that the backward pass and the reader need. */
interface Activations {
  /** `inputs[l]` is what layer `l` saw: the sample itself, then each hidden layer's sigmoid. */
  inputs: ArrayLike<number>[];
  /** `weighted[l]` is a, of which hidden layer `l` takes the sigmoid. */
  weighted: Float64Array[];
  /** p = softmax of the last layer's a, shape (classes). */
  probabilities: Float64Array;
  /** log p, finite where p itself underflows to 0; shape (classes), in nats. */
  logProbabilities: Float64Array;
}

/**
 * The gradient of one sample's loss at one layer. For a single sample ∂L/∂W is the outer product
 * x ⊗ δ and ∂L/∂b is δ, so the two factors are kept and the product, of W's shape, is not.
 */
export interface Gradient {
  /** x, what the layer saw; shape (inputs). */
  input: ArrayLike<number>;
  /** δ = ∂L/∂a; shape (outputs). */
  delta: Float64Array;
}

/** A loss that is infinite or no number; training stops before the sample changes any weight. */
export class NonFiniteLossError extends Error {
  override name = "NonFiniteLossError";
  constructor(
    /** Index of the first such sample in the data set. */
    readonly sample: number,
    /** Loss of the sample. */
    readonly loss: number,
  ) {
    super(
      `expected a finite loss, found ${loss} at sample ${sample}: the weights have overflowed; ` +
        `lower the learning rate or scale the inputs to [0, 1]`,
    );
  }
}

/** σ(a) = 1 / (1 + e^-a). */
export function sigmoid(a: Float64Array): Float64Array {
  return a.map((value) => 1 / (1 + Math.exp(-value)));
}

/**
 * p_k = e^(a_k - m) / Σ_j e^(a_j - m) and log p_k = a_k - m - log Σ_j e^(a_j - m) with m = max a, so
 * that no exponential overflows and no logarithm sees 0.
 */
export function softmax(
  a: Float64Array,
): { probabilities: Float64Array; logProbabilities: Float64Array } {
  const m = a.reduce((max, value) => value > max ? value : max);
  const exponentials = a.map((value) => Math.exp(value - m));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  const logSum = Math.log(sum);
  return {
    probabilities: exponentials.map((value) => value / sum),
    logProbabilities: a.map((value) => (value - m) - logSum),
  };
}

/** a_j = Σ_i x_i W_ij + b_j, the sum in the order of i and the bias last. */
export function weightedInputs(
  { inputs, outputs, weight, bias }: Layer<Float64Array>,
  x: ArrayLike<number>,
): Float64Array {
  const a = new Float64Array(outputs);
  for (let i = 0; i < inputs; i++) {
    const xi = x[i];
    if (xi === 0) continue;
    for (let j = 0, ij = i * outputs; j < outputs; j++, ij++) a[j] += xi * weight[ij];
  }
  for (let j = 0; j < outputs; j++) a[j] += bias[j];
  return a;
}

/** x → h_1 = σ(x·W_1 + b_1) → … → p = softmax(h·W_L + b_L), for one sample `x` of shape (inputs). */
export function forward(network: Network, x: ArrayLike<number>): Activations {
  const inputs: ArrayLike<number>[] = [x];
  const last = network.length - 1;
  const weighted: Float64Array[] = [];
  for (let l = 0; l < last; l++) {
    weighted.push(weightedInputs(network[l], inputs[l]));
    inputs.push(sigmoid(weighted[l]));
  }
  return { inputs, weighted, ...softmax(weightedInputs(network[last], inputs[last])) };
}

/** L = -log p_y in nats, for the true class y. */
export function crossEntropy({ logProbabilities }: Activations, label: number): number {
  return -logProbabilities[label];
}

/**
 * ∂L/∂W_l = x_l ⊗ δ_l and ∂L/∂b_l = δ_l for every layer, with
 *   δ_L = p - onehot(y)                         (softmax and cross-entropy together)
 *   δ_l = (W_{l+1} δ_{l+1}) ∘ h_l ∘ (1 - h_l)   (σ' = σ(1 - σ); each row's sum in the order of j)
 * Every gradient is that of the weights as they are: nothing is updated here.
 */
export function backward(
  network: Network,
  { inputs, probabilities }: Activations,
  label: number,
): Gradient[] {
  const gradients = new Array<Gradient>(network.length);
  let delta: Float64Array = probabilities.map((p, k) => p - (k === label ? 1 : 0));
  for (let l = network.length - 1; l >= 0; l--) {
    gradients[l] = { input: inputs[l], delta };
    if (l > 0) delta = backpropagate(network[l], delta, inputs[l]);
  }
  return gradients;
}

/** (W δ) ∘ h ∘ (1 - h), where h is the sigmoid that `layer` saw. */
function backpropagate(
  { inputs, outputs, weight }: Layer<Float64Array>,
  delta: Float64Array,
  h: ArrayLike<number>,
): Float64Array {
  const below = new Float64Array(inputs);
  for (let i = 0, ij = 0; i < inputs; i++) {
    let sum = 0;
    for (let j = 0; j < outputs; j++, ij++) sum += weight[ij] * delta[j];
    below[i] = sum * (h[i] * (1 - h[i]));
  }
  return below;
}

/** ∂L/∂W in full, shape (inputs, outputs), row-major; training itself never needs it. */
export function weightGradient({ input, delta }: Gradient): Float64Array {
  const gradient = new Float64Array(input.length * delta.length);
  for (let i = 0, ij = 0; i < input.length; i++) {
    for (let j = 0; j < delta.length; j++, ij++) gradient[ij] = input[i] * delta[j];
  }
  return gradient;
}

/** θ ← θ - η ∂L/∂θ in place: W_ij ← W_ij - (η x_i) δ_j and b_j ← b_j - η δ_j. */
export function update(network: Network, gradients: Gradient[], rate: number): void {
  network.forEach(({ inputs, outputs, weight, bias }, l) => {
    const { input, delta } = gradients[l];
    for (let i = 0; i < inputs; i++) {
      if (input[i] === 0) continue;
      const step = rate * input[i];
      for (let j = 0, ij = i * outputs; j < outputs; j++, ij++) weight[ij] -= step * delta[j];
    }
    for (let j = 0; j < outputs; j++) bias[j] -= rate * delta[j];
  });
}

/**
 * The layer sizes n_in, …, n_out of a network that can be computed with.
 * @throws {RangeError} unless sizes are positive integers that chain, arrays have their sizes, weights
 * and biases are finite and there are at most 256 classes (labels are bytes)
 */
export function layerSizes(network: Network): number[] {
  if (network.length === 0) throw new RangeError("expected a network of at least one layer");
  network.forEach(({ inputs, outputs, weight, bias }, l) => {
    const expect = (what: string, expected: string | number, found: string | number) => {
      if (expected !== found) {
        throw new RangeError(`layer ${l}: expected ${what} ${expected}, found ${found}`);
      }
    };
    for (const size of [inputs, outputs]) {
      if (!Number.isInteger(size) || size < 1) {
        throw new RangeError(
          `layer ${l}: expected sizes of 1 or more, found ${inputs} to ${outputs}`,
        );
      }
    }
    if (l > 0) {
      expect("as many inputs as the layer below has outputs,", network[l - 1].outputs, inputs);
    }
    expect(`weights for ${inputs} × ${outputs},`, inputs * outputs, weight.length);
    expect("biases,", outputs, bias.length);
    for (const [what, values] of [["weight", weight], ["bias", bias]] as const) {
      const at = values.findIndex((value) => !Number.isFinite(value));
      if (at >= 0) {
        throw new RangeError(
          `layer ${l}: expected finite numbers, found ${what} ${at} ${values[at]}`,
        );
      }
    }
  });
  const classes = network[network.length - 1].outputs;
  if (classes > 256) throw new RangeError(`expected at most 256 classes, found ${classes}`);
  return [network[0].inputs, ...network.map(({ outputs }) => outputs)];
}

/**
 * Checks that samples fit a network of these sizes.
 * @throws {RangeError} unless `images` has shape (labels.length, sizes[0]) with finite values, and each
 * label is a class
 */
export function checkSamples(
  sizes: readonly number[],
  images: Float32Array | Uint8Array,
  labels: Uint8Array,
): void {
  const inputs = sizes[0];
  const classes = sizes[sizes.length - 1];
  if (labels.length === 0) throw new RangeError("expected at least one sample, found none");
  if (images.length !== labels.length * inputs) {
    throw new RangeError(
      `expected ${labels.length} images (one a label) of ${inputs} pixels (the first layer's inputs), ` +
        `${labels.length * inputs} in all, found ${images.length}`,
    );
  }
  const label = labels.findIndex((label) => label >= classes);
  if (label >= 0) {
    throw new RangeError(
      `expected labels 0 to ${classes - 1}, found ${labels[label]} at sample ${label}`,
    );
  }
  // Bytes are always finite.
  for (let p = 0; images instanceof Float32Array && p < images.length; p++) {
    if (!Number.isFinite(images[p])) {
      throw new RangeError(
        `expected finite pixels, found ${images[p]} at pixel ${p % inputs} of sample ` +
          `${Math.floor(p / inputs)}`,
      );
    }
  }
}

/** @throws {RangeError} unless the learning rate is positive and finite */
export function checkRate(rate: number): void {
  if (rate > 0 && Number.isFinite(rate)) return;
  throw new RangeError(`expected a positive finite learning rate, found ${rate}`);
}
