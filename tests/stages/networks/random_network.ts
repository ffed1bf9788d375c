/** Draws numbers and networks that are the same in every test run. */
import type { Network } from "../../../stages/networks/perceptron.ts";

/** Numbers uniform on [-1, 1) from Numerical Recipes' linear congruential generator. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
}

/** Weights and biases are uniform on [-scale, scale). */
export function randomNetwork(sizes: number[], seed: number, scale = 1): Network {
  const draw = uniform(seed);
  return sizes.slice(1).map((outputs, l) => ({
    inputs: sizes[l],
    outputs,
    weight: Float64Array.from({ length: sizes[l] * outputs }, () => scale * draw()),
    bias: Float64Array.from({ length: outputs }, () => scale * draw()),
  }));
}
