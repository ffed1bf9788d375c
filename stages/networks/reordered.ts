/**
 * Reorders a network's inputs and hidden units. The result is the same function, and training it
 * is the same training. But every sum has another order, so that its last bits differ. The
 * classes stay where they are.
 */
import type { Network } from "./perceptron.ts";

/** Place i takes what was at `order[i]`. */
export type Order = ArrayLike<number>;

/**
 * @param orders of the inputs and of each hidden layer's units: as many as there are layers
 * @throws {RangeError} where an order is not of its layer's length
 */
export function reordered(network: Network, orders: readonly Order[]): Network {
  return network.map(({ inputs, outputs, weight, bias }, l) => {
    const rows = orders[l];
    const columns = orders[l + 1] ?? inPlace(outputs);
    if (rows?.length !== inputs || columns.length !== outputs) {
      throw new RangeError(
        `layer ${l}: expected orders of ${inputs} inputs and ${outputs} units, found ${rows?.length} and ` +
          columns.length,
      );
    }
    const moved = new Float64Array(inputs * outputs);
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < outputs; j++) {
        moved[i * outputs + j] = weight[rows[i] * outputs + columns[j]];
      }
    }
    return { inputs, outputs, weight: moved, bias: Float64Array.from(columns, (j) => bias[j]) };
  });
}

/** 0, 1, …, n - 1. */
export const inPlace = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, i) => i);
