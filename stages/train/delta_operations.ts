/**
 * `delta-operations`: counts the floating-point operations of the output layer's δ, by the simplified
 * formula p - onehot(y) and by the chain rule through cross-entropy and softmax, and compares the
 * results. Operations are counted and not timed, so that the bytes are the same on every machine.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { DeltaOperations } from "../../schemas/assignment/by_hand_measurements.ts";
import { deltaOperations } from "./by_hand_artifacts.ts";
import { sampleLength, trainingSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import { weightsByEpoch } from "../networks/network_artifacts.ts";
import { forward } from "../networks/perceptron.ts";
import { epochsOf, layersOf } from "../networks/layers.ts";

/** Arithmetic that counts what it does. */
export function counting() {
  let operations = 0;
  const counted = (of: (a: number, b: number) => number) => (a: number, b: number) => {
    operations++;
    return of(a, b);
  };
  return {
    plus: counted((a, b) => a + b),
    minus: counted((a, b) => a - b),
    times: counted((a, b) => a * b),
    over: counted((a, b) => a / b),
    operations: () => operations,
  };
}
type Arithmetic = ReturnType<typeof counting>;

type Delta = (p: Float64Array, label: number, arithmetic: Arithmetic) => Float64Array;

const isEqual = (a: number, b: number): number => a === b ? 1 : 0;

/** Ways to the same δ = ∂L/∂a of the output layer, for L = -log p_y and p = softmax a. */
export const deltas: Record<DeltaOperations["rows"][number]["way"], Delta> = {
  /** δ_k = p_k - onehot(y)_k. */
  simplified: (p, label, { minus }) => p.map((p_k, k) => minus(p_k, isEqual(k, label))),
  /** δ_j = Σ_k ∂p_k/∂a_j ∂L/∂p_k with ∂p_k/∂a_j = p_k (1_jk - p_j), a matrix, and ∂L/∂p_k = -1_ky/p_k. */
  "chain-rule": (p, label, { plus, minus, times, over }) => {
    const gradient = p.map((p_k, k) => over(-isEqual(k, label), p_k));
    return p.map((p_j, j) =>
      p.reduce((sum, p_k, k) => {
        const term = times(times(p_k, minus(isEqual(j, k), p_j)), gradient[k]);
        return k === 0 ? term : plus(sum, term);
      }, 0)
    );
  },
  /** The same sum without the terms that are 0: those of the true class alone. */
  "chain-rule-of-the-true-class": (p, label, { minus, times, over }) => {
    const gradient = over(-1, p[label]);
    return p.map((p_j, j) => times(times(p[label], minus(isEqual(j, label), p_j)), gradient));
  },
};

/** Multiplications and additions of a whole step: forward, back to the first layer, update. */
function operationsOfStep(layers: readonly { inputs: number; outputs: number }[]): number {
  const weights = layers.map(({ inputs, outputs }) => inputs * outputs);
  const all = weights.reduce((sum, one) => sum + one, 0);
  return 2 * (all + (all - weights[0]) + all);
}

export const countDeltaOperations = defineStage({
  name: "delta-operations",
  module: import.meta.url,
  about: "counts the operations of the output layer's delta",
  parameters: z.strictObject({
    /** Number of training images, from the first on. */
    samples: z.int().positive().default(64),
  }),
  inputs: { weights: weightsByEpoch, ...trainingSet },
  outputs: { operations: deltaOperations, metrics },
  // Math.exp, in the softmax.
  machine: ["arch", "v8"],
  run({ parameters, inputs: { weights, images, labels, scale } }) {
    const width = sampleLength(images);
    const samples = Math.min(parameters.samples, labels.data.length);
    const pixels = scalePixels(images.data.subarray(0, samples * width), scale.divisor);
    const epochs = epochsOf(weights);
    const networkOf = (epoch: number) =>
      layersOf(weights, "float64", { prefix: `epoch-${epoch}.` });
    const rows = [...new Set([epochs[0], epochs[epochs.length - 1]])].flatMap((epoch) => {
      const network = networkOf(epoch);
      const probabilities = Array.from(
        { length: samples },
        (_, s) => forward(network, pixels.subarray(s * width, (s + 1) * width)).probabilities,
      );
      return Object.entries(deltas).map(([way, delta]) => {
        const arithmetic = counting();
        let largestDifference = 0;
        probabilities.forEach((p, s) => {
          const label = labels.data[s];
          const found = delta(p, label, arithmetic);
          const expected = deltas.simplified(p, label, counting());
          found.forEach((value, k) =>
            largestDifference = Math.max(largestDifference, Math.abs(value - expected[k]))
          );
        });
        return {
          epoch,
          way: way as keyof typeof deltas,
          operations: arithmetic.operations() / samples,
          largestDifference,
        };
      });
    });
    const step = operationsOfStep(networkOf(epochs[0]));
    return {
      operations: { samples, step, rows },
      metrics: Object.fromEntries(
        rows.map(({ epoch, way, operations }) => [`epoch-${epoch}.${way}.operations`, operations]),
      ),
    };
  },
});
