/**
 * Computes derivatives of a network's loss by central differences: slow, and independent of
 * backpropagation.
 */
import { crossEntropy, forward, type Network } from "./perceptron.ts";

/** One parameter of a network: a weight, or a bias. */
export interface Place {
  layer: number;
  kind: "weight" | "bias";
  index: number;
}

/** The step of a parameter. */
const h = 1e-5;

/**
 * (L(θ + h) - L(θ - h)) / 2h for one sample: wrong by about h²/6 of the third derivative, and by 1e-16
 * of the loss over h by rounding; with this h both are near 1e-11. The network is left as it was.
 */
export function centralDifference(
  network: Network,
  image: ArrayLike<number>,
  label: number,
  { layer, kind, index }: Place,
): number {
  const values = network[layer][kind];
  const value = values[index];
  const lossAt = (moved: number) => {
    values[index] = moved;
    return crossEntropy(forward(network, image), label);
  };
  const [above, below] = [value + h, value - h];
  const difference = lossAt(above) - lossAt(below);
  values[index] = value;
  // The step as it was rounded.
  return difference / (above - below);
}
