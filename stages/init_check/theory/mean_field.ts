/**
 * Predicts moments through a deep network in the limit of infinite width (B. Poole et al., "Exponential
 * expressivity in deep neural networks through transient chaos", 2016; S. Schoenholz et al., "Deep
 * information propagation", 2017). With E[y_l²] = q, pre-activations of the next layer are
 * N(0, s²) with s² = n σ² q; so q ← E[f(sz)²], and the gradient's second moment is multiplied by
 * n σ² E[f'(sz)²] on its way back through the layer.
 */
import type { Activation } from "./activation_moments.ts";
import { expectation } from "./quadrature.ts";

interface MeanField {
  /** By layer, the input being layer 0. */
  secondMoment: number[];
  variance: number[];
  /** Relative to the last layer's. */
  gradient: number[];
}

/** For inputs ±1, whose second moment and variance are 1. */
export function meanField(
  { value, derivative }: Activation,
  gain: number,
  depth: number,
): MeanField {
  const secondMoment = [1];
  const variance = [1];
  const factors: number[] = [];
  for (let layer = 1; layer <= depth; layer++) {
    const deviation = Math.sqrt(gain * secondMoment[layer - 1]);
    const mean = expectation((z) => value(deviation * z)).value;
    const second = expectation((z) => value(deviation * z) ** 2).value;
    secondMoment.push(second);
    variance.push(second - mean ** 2);
    factors.push(gain * expectation((z) => derivative(deviation * z) ** 2).value);
  }
  const gradient = new Array<number>(depth + 1).fill(1);
  for (let layer = depth; layer > 0; layer--) {
    gradient[layer - 1] = gradient[layer] * factors[layer - 1];
  }
  return { secondMoment, variance, gradient };
}
