/**
 * Bounds the probability that a run is wrong, and derives levels of intervals and sample sizes
 * from it.
 *
 * A run has at most `mostConditions` conditions that rest on chance, claims and controls together. Each
 * gets an interval that misses the true value with probability `level` at most, so with probability
 * 1 - `runError` none of them does. Sample sizes are such that then every interval is narrower than
 * its equivalence margin: the ratio of an interval's ends to the truth stays within 1/(1 + ε) and 1 + ε. So in such a
 * run
 *
 * - where theory predicts the true value, the interval lies inside its margin;
 * - where the true value is beyond the margin by another factor 1 + ε, the interval lies outside.
 *
 * `runError` therefore bounds the probability of any error in a run's verdicts, of both kinds in sum:
 * that a true claim is not confirmed, that a false one is not refuted. Values between the margin's bound
 * and a factor 1 + ε beyond would be undecided; in the assignment there are none (a test sees to it).
 * Besides, a claim whose value lies outside its margin in some condition, however little, is confirmed
 * with probability `level`/2 at most, because each interval is compared with its margin at its own level.
 *
 * The control on the p-values of true hypotheses has a level of its own, 1e-4 for all of them together: it
 * is a test of difference, whose power falls with its level. It can fail a run, and turns no verdict.
 *
 * Question 1's growth of distances rests on chance too. It is not counted, because it is over twenty
 * standard errors. `tests/rates/` reruns a design from many seeds and counts the verdicts.
 *
 * Intervals are exact (χ², normal) or valid at every sample size (Catoni's), but for two that rest on
 * the central limit theorem where it is good to the digits that matter: the mean square of millions of
 * uniform weights, and the mean logarithm of the growth, a sum over tens of thousands of layers.
 */

/** Probability that a verdict of a run is wrong. */
export const runError = 1e-3;

/** Conditions that rest on chance in one run. */
export const mostConditions = 400;

/** Probability that one interval misses the true value, half of it on each side. */
export const level = runError / mostConditions;

/**
 * A growth through `depth` layers is compared with its prediction to within a factor `perLayer` a
 * layer, `perLayer`^depth in all: 2 % a layer for ε = 5 %, an eighth of the difference between any
 * two of the assignment's rules.
 */
export const perLayerOf = (epsilon: number): number => 1 + 0.4 * epsilon;

/** The smallest integer of 1 or more for which `enough` holds, given that it holds from there on. */
export function smallest(enough: (n: number) => boolean): number {
  let high = 1;
  while (!enough(high)) {
    high *= 2;
    if (high > 2 ** 40) throw new RangeError("expected a sample size below 2^40, found none");
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
