/**
 * Predicts second moments of weighted inputs and of gradients on one batch, from the variances of
 * a network's weights, and measures them in float64.
 *
 * Forward (He et al. 2015, equations 7 to 9): E[a_l²] = n_in σ² E[y_{l-1}²] + Var(b), and with a_l
 * taken as normal, E[y_l²] = E[f(a_l)²], for the ReLU E[a_l²]/2. Backward (equation 13): the gradient's
 * second moment at a layer is n_out σ² of that at the next, times E[f'(a_l)²], for the ReLU 1/2. Both
 * start from what the batch has: its pixels, and the loss's gradient at the logits.
 */
import type { BatchMoments } from "../../schemas/assignment/initialisation.ts";
import type { Layer } from "../networks/layers.ts";
import type { Activation } from "./theory/activation_moments.ts";
import { expectation } from "./theory/quadrature.ts";

type AnyLayer = Layer<Float32Array | Float64Array>;

interface Variances {
  weight: number;
  bias: number;
}

/** Mean of the squares. */
function secondMoment(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum / values.length;
}

/** y = x·W + b; x of shape (samples, inputs). */
function forward({ inputs, outputs, weight, bias }: AnyLayer, x: Float64Array): Float64Array {
  const samples = x.length / inputs;
  const y = new Float64Array(samples * outputs);
  for (let s = 0; s < samples; s++) {
    const row = y.subarray(s * outputs, (s + 1) * outputs);
    row.set(bias);
    for (let i = 0; i < inputs; i++) {
      const xi = x[s * inputs + i];
      if (xi === 0) continue;
      for (let j = 0; j < outputs; j++) row[j] += xi * weight[i * outputs + j];
    }
  }
  return y;
}

/** g·Wᵀ; g of shape (samples, outputs). */
function backward({ inputs, outputs, weight }: AnyLayer, g: Float64Array): Float64Array {
  const samples = g.length / outputs;
  const result = new Float64Array(samples * inputs);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let j = 0; j < outputs; j++) sum += g[s * outputs + j] * weight[i * outputs + j];
      result[s * inputs + i] = sum;
    }
  }
  return result;
}

/** softmax(logits) - onehot(label), the gradient of each sample's own cross-entropy. */
function lossGradient(logits: Float64Array, labels: Uint8Array): Float64Array {
  const classes = logits.length / labels.length;
  const gradient = new Float64Array(logits.length);
  labels.forEach((label, s) => {
    const row = logits.subarray(s * classes, (s + 1) * classes);
    const largest = Math.max(...row);
    const exponentials = row.map((logit) => Math.exp(logit - largest));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    gradient.set(exponentials.map((e, c) => e / sum - (c === label ? 1 : 0)), s * classes);
  });
  return gradient;
}

/** E[f(s z)²] for z standard normal, and the same of the derivative. */
const momentsOf = ({ value, derivative }: Activation, secondMoment: number) => {
  const s = Math.sqrt(secondMoment);
  return {
    value: expectation((z) => value(s * z) ** 2).value,
    derivative: expectation((z) => derivative(s * z) ** 2).value,
  };
};

/**
 * @param activation after every layer but the last
 * @param variances by the rule, layer by layer
 * @param pixels shape (labels.length, inputs of the first layer)
 */
export function batchMoments(
  layers: readonly AnyLayer[],
  activation: Activation,
  names: readonly string[],
  variances: readonly Variances[],
  pixels: Float64Array,
  labels: Uint8Array,
): Omit<BatchMoments, "rule"> {
  const activations: Float64Array[] = [];
  let x = pixels;
  for (const layer of layers) {
    const a = forward(layer, x);
    activations.push(a);
    x = a.map(activation.value);
  }
  const last = layers.length - 1;
  const gradients: Float64Array[] = new Array(layers.length);
  gradients[last] = lossGradient(activations[last], labels);
  for (let l = last; l > 0; l--) {
    gradients[l - 1] = backward(layers[l], gradients[l])
      .map((value, i) => value * activation.derivative(activations[l - 1][i]));
  }
  const predictedForward: number[] = [];
  let moment = secondMoment(pixels);
  layers.forEach(({ inputs }, l) => {
    predictedForward.push(inputs * variances[l].weight * moment + variances[l].bias);
    moment = momentsOf(activation, predictedForward[l]).value;
  });
  const predictedBackward: number[] = new Array(layers.length);
  predictedBackward[last] = secondMoment(gradients[last]);
  for (let l = last; l > 0; l--) {
    const slopes = momentsOf(activation, predictedForward[l - 1]).derivative;
    predictedBackward[l - 1] = layers[l].outputs * variances[l].weight * predictedBackward[l] *
      slopes;
  }
  return {
    samples: labels.length,
    input: secondMoment(pixels),
    layers: names.map((name, l) => ({
      name,
      weightVariance: variances[l].weight,
      biasVariance: variances[l].bias,
      activation: { predicted: predictedForward[l], measured: secondMoment(activations[l]) },
      gradient: { predicted: predictedBackward[l], measured: secondMoment(gradients[l]) },
    })),
  };
}
