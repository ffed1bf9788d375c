/**
 * Computes exact intervals and tests for values that are χ² or normal. Given the signal x, the
 * entries of W x are independent N(0, σ²‖x‖²) for Gaussian W, whatever the law of x. So the fourth
 * moments of x, which a heavy-tailed law may lack, play no part.
 */
import type { Distributions } from "../../../pipeline/claims/distributions.ts";
import type { Estimate } from "../../../schemas/assignment/theory.ts";

const twoSided = (below: number, above: number): number => Math.min(1, 2 * Math.min(below, above));

const remembered = new Map<string, [number, number]>();

/** The χ² quantiles that leave `level`/2 on each side. */
function chiSquareEnds(r: Distributions, freedom: number, level: number): [number, number] {
  const key = `${freedom} ${level}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const ends: [number, number] = [
    r.qchisq(level / 2, freedom),
    r.qchisq(level / 2, freedom, undefined, false),
  ];
  remembered.set(key, ends);
  return ends;
}

/** True if the χ² interval's ends differ by no more than this factor. */
export function chiSquareIsNarrow(
  r: Distributions,
  freedom: number,
  factor: number,
  level: number,
): boolean {
  const [low, high] = chiSquareEnds(r, freedom, level);
  return high <= low * factor;
}

/**
 * The scale s of which `sum`/s is χ² with `freedom` degrees of freedom, each of which has mean square
 * s: estimate, exact interval, exact test of s = 1, power for the margin 1 ± ε.
 */
export function chiSquareScale(
  r: Distributions,
  sum: number,
  freedom: number,
  level: number,
  epsilon: number,
): Estimate {
  const [low, high] = chiSquareEnds(r, freedom, level);
  const inside = r.pchisq((1 + epsilon) * low, freedom) - r.pchisq((1 - epsilon) * high, freedom);
  return {
    estimate: sum / freedom,
    standardError: (sum / freedom) * Math.sqrt(2 / freedom),
    interval: { low: sum / high, high: sum / low },
    prediction: 1,
    p: twoSided(r.pchisq(sum, freedom), r.pchisq(sum, freedom, undefined, false)),
    adjustedP: null,
    power: Math.max(0, inside),
    distribution: { kind: "chi-square", freedom },
  };
}

/** The mean of `count` independent N(m, 1) that add up to `sum`: exact, with the test of m = 0. */
export function normalMean(
  r: Distributions,
  sum: number,
  count: number,
  level: number,
  epsilon: number,
): Estimate {
  const z = r.qnorm(level / 2, 0, 1, false);
  const mean = sum / count;
  const deviation = 1 / Math.sqrt(count);
  const room = epsilon / deviation - z;
  return {
    estimate: mean,
    standardError: deviation,
    interval: { low: mean - z * deviation, high: mean + z * deviation },
    prediction: 0,
    p: 2 * r.pnorm(-Math.abs(mean) / deviation),
    adjustedP: null,
    power: room > 0 ? 1 - 2 * r.pnorm(-room) : 0,
    distribution: { kind: "normal" },
  };
}

/**
 * A mean with prediction 1 and known standard error, by the normal approximation: for the squares of
 * bounded weights, in numbers at which it holds to the fourth digit of p.
 */
export function asymptoticMean(
  r: Distributions,
  mean: number,
  standardError: number,
  level: number,
  epsilon: number,
): Estimate {
  const about = normalMean(r, (mean - 1) / standardError ** 2, standardError ** -2, level, epsilon);
  return {
    ...about,
    estimate: mean,
    prediction: 1,
    interval: { low: 1 + about.interval.low, high: 1 + about.interval.high },
  };
}
