/**
 * Measures how many outputs of a network's hidden layers are zero. A ReLU gives zeros, other activations
 * hardly any.
 */
import type { Layer } from "../networks/layers.ts";
import type { PackedImages } from "../networks/webgpu/network.ts";
import { scalePixels } from "../normalize/scale.ts";

/** Samples that are computed at once. */
const chunk = 256;

/** The share of zeros among the outputs of each hidden layer, all with ReLU, over all samples. */
export function zeroShares(
  layers: readonly Layer<Float32Array>[],
  { pixels, samples, width }: PackedImages,
): number[] {
  const hidden = layers.slice(0, -1);
  const zeros = hidden.map(() => 0);
  for (let begin = 0; begin < samples; begin += chunk) {
    const end = Math.min(samples, begin + chunk);
    let x: Float32Array = scalePixels(pixels.subarray(begin * width, end * width), 255);
    hidden.forEach((layer, l) => {
      x = outputsOf(layer, x);
      for (const value of x) if (value === 0) zeros[l]++;
    });
  }
  return hidden.map(({ outputs }, l) => zeros[l] / (samples * outputs));
}

/** ReLU(x·W + b) of samples, shape (samples, outputs), rounded to float32. */
function outputsOf(
  { inputs, outputs, weight, bias }: Layer<Float32Array>,
  x: Float32Array,
): Float32Array {
  const samples = x.length / inputs;
  const y = new Float32Array(samples * outputs);
  const sums = new Float64Array(outputs);
  for (let s = 0; s < samples; s++) {
    sums.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x[s * inputs + i];
      if (value === 0) continue;
      for (let j = 0; j < outputs; j++) sums[j] += value * weight[i * outputs + j];
    }
    for (let j = 0; j < outputs; j++) y[s * outputs + j] = Math.max(0, sums[j]);
  }
  return y;
}
