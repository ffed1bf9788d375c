/**
 * Computes the growth of the second moment through one network of finite width, which is log-normal. In a homogeneous
 * network (linear, ReLU) with Gaussian weights the factor of each layer, ‖y_{l+1}‖²/‖y_l‖² over its
 * mean, is independent of those before, because the weights have no preferred direction. Its logarithm adds
 * up over layers: the growth through L layers of width n is about normal on a logarithmic scale, with
 * mean about -cL/(2n) and variance about cL/n, c = 2 for linear networks and 5 for ReLU. That spread
 * is between networks: no larger batch lessens it, only width. (B. Hanin and M. Nica, "Products of
 * many large random matrices and gradients in deep neural networks", 2018, theorem 1.)
 *
 * Here the moments are exact. Linear: the factor is χ²_n/n. ReLU: of n units each is active with
 * probability 1/2, independently of its size, so it is χ²_K/(n/2) with K binomial, given K > 0.
 */
import type { NetworkCell } from "../../../schemas/assignment/theory.ts";
import type { Distributions } from "../../../pipeline/claims/distributions.ts";

interface LogFactor {
  mean: number;
  variance: number;
  /** Fourth central moment over the squared variance, less 3. */
  excessKurtosis: number;
}

/**
 * Returns the distribution of ln(‖y_{l+1}‖²/‖y_l‖²) less the logarithm of its expected value.
 *
 * @throws {RangeError} unless the network is homogeneous
 */
export function logFactor(
  r: Distributions,
  { activation, width: n }: Pick<NetworkCell, "activation" | "width">,
): LogFactor {
  // ln χ²_k has cumulants ψ(k/2) + ln 2, ψ'(k/2), ψ''(k/2), ψ'''(k/2).
  const component = (k: number, mean: number) => ({
    mean: r.digamma(k / 2) + Math.LN2 - Math.log(mean),
    second: r.trigamma(k / 2),
    third: r.tetragamma(k / 2),
    fourth: r.pentagamma(k / 2) + 3 * r.trigamma(k / 2) ** 2,
  });
  let mixture: { weight: number; part: ReturnType<typeof component> }[];
  if (activation === "linear") mixture = [{ weight: 1, part: component(n, n) }];
  else if (activation === "relu") {
    const none = 2 ** -n;
    mixture = Array.from({ length: n }, (_, i) => ({
      weight: r.dbinom(i + 1, n, 0.5) / (1 - none),
      part: component(i + 1, n / 2),
    }));
  } else throw new RangeError(`expected a homogeneous network, found ${activation}`);
  const over = (f: (part: ReturnType<typeof component>) => number) =>
    mixture.reduce((sum, { weight, part }) => sum + weight * f(part), 0);
  const mean = over((part) => part.mean);
  const variance = over((part) => part.second + (part.mean - mean) ** 2);
  const fourth = over(({ mean: at, second, third, fourth }) => {
    const off = at - mean;
    return fourth + 4 * third * off + 6 * second * off ** 2 + off ** 4;
  });
  return { mean, variance, excessKurtosis: fourth / variance ** 2 - 3 };
}

/** A factor that tells one variance of the logarithm from another: linear and ReLU differ by 2.5. */
export const varianceFactor = 1.5;

/**
 * By how much, in deviations between networks, a mean logarithm may differ from the predicted one: by
 * half of that, so that the method can tell it from growth without drift.
 */
export const driftMargin = (
  { predictedMean, predictedVariance }: { predictedMean: number; predictedVariance: number },
): number => 0.5 * Math.abs(predictedMean) / Math.sqrt(predictedVariance);

/** Mean and variance of the logarithm through all layers of a cell. */
export function predictedGrowth(
  r: Distributions,
  cell: Pick<NetworkCell, "activation" | "width" | "depth">,
): { predictedMean: number; predictedVariance: number } {
  const { mean, variance } = logFactor(r, cell);
  return { predictedMean: cell.depth * mean, predictedVariance: cell.depth * variance };
}
