/** Applies Holm's correction for testing several null hypotheses at once. */
import type { Estimate } from "../../../schemas/assignment/theory.ts";

/**
 * Adjusted p-values, in the order given (S. Holm, "A simple sequentially rejective multiple test
 * procedure", 1979): rejecting those below α keeps the probability of any false rejection below α,
 * whatever the dependence.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a] - ps[b]);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * ps[i]));
    adjusted[i] = largest;
  });
  return adjusted;
}

/** Writes into each estimate that there is the p-value adjusted over all of them. */
export function adjust(estimates: readonly (Estimate | null | undefined)[]): void {
  const tested = estimates.filter((estimate) => estimate != null);
  holm(tested.map(({ p }) => p)).forEach((p, i) => tested[i].adjustedP = p);
}
