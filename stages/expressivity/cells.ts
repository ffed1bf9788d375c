/**
 * Builds networks of d inputs: half-open cells Π_k (l_k, r_k] in two hidden layers, and the best
 * approximation of a cell by one hidden layer of step neurons on single coordinates.
 */
import type { StepNetwork } from "../../schemas/assignment/step_networks.ts";
import { neuron, sum } from "./step_network.ts";

/** All `dimension`-tuples over 0 … count - 1, the last index running fastest. */
export function tuples(dimension: number, count: number): number[][] {
  let all: number[][] = [[]];
  for (let k = 0; k < dimension; k++) {
    all = all.flatMap((tuple) => Array.from({ length: count }, (_, i) => [...tuple, i]));
  }
  return all;
}

/**
 * heights[c] on the c-th cell, 0 outside all of them. Each axis is cut at `edges`; cells are in the
 * order of `tuples`. The first hidden layer has one neuron σ(x_k - e) for each edge of each axis,
 * d(N + 1) in all; the second an AND for each of the N^d cells,
 *
 *     σ(Σ_k [σ(x_k - l_k) - σ(x_k - r_k)] - (d - 1/2)),
 *
 * where each bracket is 1 on (l_k, r_k] and 0 elsewhere, so that only all d of them pass d - 1/2.
 */
export function cells(
  dimension: number,
  edges: readonly number[],
  heights: readonly number[],
): StepNetwork {
  const axes = Array.from({ length: dimension }, (_, k) => k);
  return {
    inputs: dimension,
    hidden: [
      axes.flatMap((k) => edges.map((edge) => neuron([k], [1], -edge))),
      tuples(dimension, edges.length - 1).map((cell) =>
        neuron(
          cell.flatMap((i, k) => [k * edges.length + i, k * edges.length + i + 1]),
          cell.flatMap(() => [1, -1]),
          -(dimension - 1 / 2),
        )
      ),
    ],
    output: sum([...heights]),
  };
}

/**
 * Σ_k box_k(x_k)/d - (d - 1)/(2d): of all sums of functions of single coordinates, this deviates
 * least from the indicator of (left, right]^d. By symmetry the best sum depends on how many
 * coordinates lie inside; it is then the best line through d zeros and a one, whose error is half of
 * the largest distance from the chord, (d - 1)/d.
 */
export const oneLayerCell = (dimension: number, left: number, right: number): StepNetwork => ({
  inputs: dimension,
  hidden: [
    Array.from({ length: dimension }, (_, k) => [
      neuron([k], [1], -left),
      neuron([k], [1], -right),
    ]).flat(),
  ],
  output: sum(
    Array.from({ length: dimension }, () => [1 / dimension, -1 / dimension]).flat(),
    -(dimension - 1) / (2 * dimension),
  ),
});
