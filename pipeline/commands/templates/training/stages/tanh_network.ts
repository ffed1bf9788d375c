/** A network with one hidden layer of tanh units and a sigmoid, and its gradient, by hand. */

/** Weights as the artifact has them. */
export interface Network {
  /** Two weights and a bias of each hidden unit. */
  hidden: Float64Array;
  /** A weight of each hidden unit, and a bias. */
  output: Float64Array;
}

/** Fills `units` with the hidden units' values; gives the probability of label 1. */
export function forward({ hidden, output }: Network, x: number, y: number, units: Float64Array) {
  let sum = output[units.length];
  for (let i = 0; i < units.length; i++) {
    units[i] = Math.tanh(hidden[3 * i] * x + hidden[3 * i + 1] * y + hidden[3 * i + 2]);
    sum += output[i] * units[i];
  }
  return 1 / (1 + Math.exp(-sum));
}

/** One step of stochastic gradient descent on the cross-entropy of one point. */
export function step(
  network: Network,
  [x, y, label]: readonly [number, number, number],
  rate: number,
  units: Float64Array,
): void {
  const { hidden, output } = network;
  // The derivative of the loss by the sum before the sigmoid.
  const error = forward(network, x, y, units) - label;
  for (let i = 0; i < units.length; i++) {
    const back = error * output[i] * (1 - units[i] ** 2);
    output[i] -= rate * error * units[i];
    hidden[3 * i] -= rate * back * x;
    hidden[3 * i + 1] -= rate * back * y;
    hidden[3 * i + 2] -= rate * back;
  }
  output[units.length] -= rate * error;
}
