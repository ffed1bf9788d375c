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

/**
 * ReLU(x·W + b) of samples, shape (samples, outputs), rounded to float32. Each sum runs over the inputs
 * that are not 0, in their order; a turn of the loop adds four, so that it loads and stores sums less.
 */
function outputsOf(
  { inputs, outputs, weight, bias }: Layer<Float32Array>,
  x: Float32Array,
): Float32Array {
  const samples = x.length / inputs;
  const y = new Float32Array(samples * outputs);
  const sums = new Float64Array(outputs);
  // Pixels that are not 0 and offsets of their rows of W; zeros fill up the last four.
  const values = new Float64Array(inputs + 3);
  const rows = new Uint32Array(inputs + 3);
  for (let s = 0; s < samples; s++) {
    sums.set(bias);
    let count = 0;
    for (let i = 0; i < inputs; i++) {
      values[count] = x[s * inputs + i];
      rows[count] = i * outputs;
      if (values[count] !== 0) count++;
    }
    values.fill(0, count);
    rows.fill(0, count);
    for (let k = 0; k < count; k += 4) {
      const [v0, v1, v2, v3] = [values[k], values[k + 1], values[k + 2], values[k + 3]];
      const [r0, r1, r2, r3] = [rows[k], rows[k + 1], rows[k + 2], rows[k + 3]];
      for (let j = 0; j < outputs; j++) {
        sums[j] = sums[j] + v0 * weight[r0 + j] + v1 * weight[r1 + j] + v2 * weight[r2 + j] +
          v3 * weight[r3 + j];
      }
    }
    for (let j = 0; j < outputs; j++) y[s * outputs + j] = Math.max(0, sums[j]);
  }
  return y;
}
