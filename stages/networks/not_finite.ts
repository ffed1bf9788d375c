/** Finds the first number in a network that is not finite, to explain why a training diverged. */
import type { Layer } from "./layers.ts";

/**
 * Looks at the weights, layer by layer, then at the weighted inputs of a batch, rounded to float32 at
 * each layer as the device rounds them. Undefined where all are finite.
 *
 * @param pixels shape (samples, inputs of the first layer)
 */
export function firstNotFinite(
  layers: readonly Layer<Float32Array>[],
  names: readonly string[],
  pixels: Float32Array,
): string | undefined {
  for (const [l, { weight, bias }] of layers.entries()) {
    for (const [part, values] of [["weight", weight], ["bias", bias]] as const) {
      const at = values.findIndex((value) => !Number.isFinite(value));
      if (at >= 0) return `${names[l]}.${part} is ${values[at]} at element ${at}`;
    }
  }
  let x = pixels;
  for (const [l, { inputs, outputs, weight, bias }] of layers.entries()) {
    const samples = x.length / inputs;
    const y = new Float32Array(samples * outputs);
    for (let s = 0; s < samples; s++) {
      for (let j = 0; j < outputs; j++) {
        let sum = bias[j];
        for (let i = 0; i < inputs; i++) {
          sum = Math.fround(sum + x[s * inputs + i] * weight[i * outputs + j]);
        }
        if (!Number.isFinite(sum)) {
          return `the weighted input of ${
            names[l]
          } is ${sum} for unit ${j} of the batch's sample ${s}`;
        }
        y[s * outputs + j] = l < layers.length - 1 ? Math.max(0, sum) : sum;
      }
    }
    x = y;
  }
}
