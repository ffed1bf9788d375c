/**
 * Computes the distance of the pre-activation a = Σ w_i x_i of Gaussian weights from a normal variable,
 * as far as its ReLU shows it. Given x, a is N(0, σ²‖x‖²); so E[ReLU(a)] = σ E‖x‖/√(2π) in place of
 * σ √n v/√(2π), while E[ReLU(a)²] is as for a normal variable.
 */
import type { ActivationTheory, Law } from "../../../schemas/assignment/theory.ts";
import { reluMean, reluSecondMoment, reluVariance } from "./analytic.ts";
import { laws } from "./laws.ts";
import { type Integral, overHalfLine } from "./quadrature.ts";

const complements = new Map<string, number>();

/** E[1 - e^(-t x²)] of one entry, remembered: it is wanted at the same points for every n. */
function complement(law: Law, t: number): number {
  const key = `${law} ${t}`;
  const known = complements.get(key) ?? laws[law].laplaceComplement(t);
  complements.set(key, known);
  return known;
}

/**
 * E‖x‖/√n for n independent entries of variance 1, from the Laplace transform of ‖x‖²:
 * E√S = 1/(2√π) ∫ (1 - E[e^(-tS)]) t^(-3/2) dt over t > 0, and E[e^(-tS)] is that of one entry to
 * the n-th power.
 */
export function meanNorm(law: Law, n: number): Integral {
  const { value, error } = overHalfLine((t) =>
    -Math.expm1(n * Math.log1p(-Math.min(1, complement(law, t)))) * t ** -1.5
  );
  const scale = 1 / (2 * Math.sqrt(Math.PI * n));
  return { value: value * scale, error: error * scale };
}

/** The ReLU's mean and variance, over those of a normal pre-activation of the same variance. */
export function normality(law: Law, nIn: number): ActivationTheory["normality"][number] {
  const { value, error } = meanNorm(law, nIn);
  const mean = value * reluMean(1);
  return {
    law,
    nIn,
    meanRatio: value,
    varianceRatio: (reluSecondMoment(1) - mean ** 2) / reluVariance(1),
    error,
  };
}
