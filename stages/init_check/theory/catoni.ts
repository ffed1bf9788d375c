/**
 * Estimates the mean of non-negative values from a bound on their relative variance alone, with an
 * interval that is valid for every such law at every sample size: Catoni's M-estimator
 * ("Challenging the empirical mean and empirical variance: a deviation study", Annales de l'IHP 48,
 * 2012). The normal approximation would not do: at the levels needed here its error grows without
 * bound for skewed values such as the growth of a deep network, or squares of Student's t. The
 * interval is hardly wider than the normal one: √(2 ln(2/level)) standard errors in place of
 * Φ⁻¹(1 - level/2), 5.4 in place of 4.9 at level 1e-6.
 */
import type { Estimate } from "../../../schemas/assignment/theory.ts";

/** ψ of Catoni's equation 2.1 at its widest: it grows as a logarithm, so that no value counts much. */
const influence = (x: number): number => {
  const size = Math.abs(x);
  return Math.sign(x) * Math.log1p(size + size * size / 2);
};

/** ψ'. */
const slope = (x: number): number => {
  const size = Math.abs(x);
  return (1 + size) / (1 + size + size * size / 2);
};

/** The scale at which values count, for n values of relative variance c. */
const scaleOf = (n: number, c: number, log: number): number => Math.sqrt(2 * log / (n * c));

/** Knowledge about the values before they are drawn. */
interface Known {
  /** Number of values. */
  values: number;
  /** Their variance over the squared mean, at most. */
  relativeVariance: number;
  /** Error probability of the interval that the estimator is tuned to. */
  level: number;
}

/**
 * The estimate θ solves Σ ψ(α(y/θ - 1)) = 0. With mean m and θ₀ = m/(1 - d), y/θ₀ - 1 has mean -d and
 * mean square c(1 - d)² + d² at most; as exp ψ(u) ≤ 1 + u + u²/2, the sum at θ₀ is positive, and so θ
 * above θ₀, with probability exp n(α²/2 (c(1 - d)² + d²) - αd) at most. Likewise below m/(1 + d), with
 * c(1 + d)². (Catoni's proposition 2.4, with a variance that scales with m².) As a polynomial in d the
 * exponent is n(ad² + bd + constant); here are its coefficients.
 */
function exponent(
  { values, relativeVariance: c, level }: Known,
  sign: 1 | -1,
): { a: number; b: number; constant: number } {
  const alpha = scaleOf(values, c, Math.log(2 / level));
  return {
    a: alpha * alpha * (c + 1) / 2,
    b: sign * alpha * alpha * c - alpha,
    constant: alpha * alpha * c / 2,
  };
}

/**
 * By how much, relative to the estimate, the mean may lie below and above it. Infinite where there are
 * too few values for any bound.
 */
function deviations(known: Known): { below: number; above: number } {
  const log = Math.log(2 / known.level);
  const deviation = (sign: 1 | -1): number => {
    const { a, b, constant } = exponent(known, sign);
    const rest = constant + log / known.values;
    const discriminant = b * b - 4 * a * rest;
    return b < 0 && discriminant >= 0
      ? 2 * rest / (-b + Math.sqrt(discriminant))
      : Number.POSITIVE_INFINITY;
  };
  return { below: deviation(-1), above: deviation(1) };
}

/**
 * A two-sided p-value, valid at every sample size, of the mean being `mean`: a bound on the probability
 * of an estimate as far from it. It is the level at which the interval would end there, larger than an
 * exact p-value, and 1 for most hypotheses that are true.
 */
export function catoniP(known: Known, estimate: number, mean: number): number {
  const sign = estimate > mean ? -1 : 1;
  const { a, b, constant } = exponent(known, sign);
  // An estimate that is further off is not likelier: beyond the minimum the bound stays there.
  const d = Math.min(Math.abs(1 - mean / estimate), Math.max(0, -b / (2 * a)));
  return Math.min(1, 2 * Math.exp(known.values * (a * d * d + b * d + constant)));
}

/** True if the interval's ends differ by no more than `factor`, whatever the values. */
export function catoniIsNarrow(known: Known, factor: number): boolean {
  const { below, above } = deviations(known);
  return below < 1 && 1 + above <= factor * (1 - below);
}

/**
 * Estimate and interval of the mean of independent non-negative values whose variance is c times the
 * squared mean at most, with the p-value of its being `prediction`. The power, a lower bound, is for
 * the margin from 1/`factor` to `factor`.
 * @throws RangeError where there are too few values for an interval, or none is positive
 */
export function catoniMean(
  values: Float64Array,
  c: number,
  level: number,
  factor: number,
  prediction = 1,
): Estimate {
  const n = values.length;
  const known = { values: n, relativeVariance: c, level };
  const { below, above } = deviations(known);
  if (!(below < 1 && above < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `expected more values for an interval at level ${level}, found ${n} of relative variance ${c}`,
    );
  }
  const alpha = scaleOf(n, c, Math.log(2 / level));
  let theta = values.reduce((sum, value) => sum + value, 0) / n;
  if (!(theta > 0 && theta < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`expected values with a positive mean, found ${theta}`);
  }
  for (let step = 0; step < 100; step++) {
    let sum = 0;
    let derivative = 0;
    for (let i = 0; i < n; i++) {
      const ratio = values[i] / theta;
      const u = alpha * (ratio - 1);
      sum += influence(u);
      derivative += slope(u) * alpha * ratio;
    }
    // Newton's step in ln θ, in which the sum falls nearly linearly; it cannot leave θ > 0.
    const move = sum / derivative;
    theta *= Math.exp(Math.max(-1, Math.min(1, move)));
    if (Math.abs(move) < 1e-13) {
      return {
        estimate: theta,
        standardError: theta * Math.sqrt(c / n),
        interval: { low: theta * (1 - below), high: theta * (1 + above) },
        prediction,
        p: catoniP(known, theta, prediction),
        adjustedP: null,
        power: catoniIsNarrow(known, factor) ? 1 - level : 0,
        distribution: { kind: "catoni", ...known },
      };
    }
  }
  throw new Error(`expected Catoni's equation to be solved in 100 steps for ${n} values`);
}
