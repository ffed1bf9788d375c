/**
 * Bounds the p-value of an estimate under a claimed value that may differ from theory's. The
 * bounds are closed forms: they need neither the draws nor special functions, and where a claim is
 * wrong they are small enough.
 */
import type { Estimate } from "../../../schemas/assignment/theory.ts";
import { catoniP } from "./catoni.ts";

/**
 * The two-sided p-value of a true value: that of the estimate's own test if it is the one predicted,
 * otherwise an upper bound. For χ², H. Chernoff's ("A measure of asymptotic efficiency for tests of a
 * hypothesis based on the sum of observations", 1952): beyond k x, on x's side of 1, lies a probability
 * of exp(-k(x - 1 - ln x)/2) at most.
 */
export function pOf(
  { estimate, standardError, prediction, p, distribution }: Estimate,
  value: number,
) {
  if (Math.abs(value - prediction) <= 1e-9 * Math.max(1, Math.abs(prediction))) return p;
  switch (distribution.kind) {
    case "chi-square": {
      const x = estimate / value;
      return Math.min(1, 2 * Math.exp(-distribution.freedom * (x - 1 - Math.log(x)) / 2));
    }
    case "normal":
      return Math.exp(-(((estimate - value) / standardError) ** 2) / 2);
    case "catoni":
      return catoniP(distribution, estimate, value);
  }
}
