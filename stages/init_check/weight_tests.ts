/**
 * Tests whether a tensor of initial weights follows its rule. Tests of mean and variance are exact
 * for Gaussian weights and asymptotic for uniform ones; bounds and zeros are hard facts.
 */
import { distributions } from "../../pipeline/claims/distributions.ts";
import type { TensorCheck, WeightTest } from "../../schemas/assignment/initialisation.ts";

/**
 * Level of each test. Some 50 tests a run at 1e-6 refuse a good seed once in 20,000 runs, while a
 * variance off by a factor of 2 is found in any tensor of a hundred weights or more.
 */
export const level = 1e-6;

/** Two-sided p-value from the probabilities of a smaller and of a larger statistic. */
const twoSided = (below: number, above: number): number => Math.min(1, 2 * Math.min(below, above));

interface Moments {
  n: number;
  mean: number;
  /** Σ w². */
  squares: number;
}

function momentsOf(values: ArrayLike<number>): Moments {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  return { n: values.length, mean: sum / values.length, squares };
}

function test(name: string, statistic: number, p: number): WeightTest {
  return { name, statistic, p, passed: p >= level };
}

/** A tensor to check, and the rule that it should follow in words. */
interface Subject {
  tensor: string;
  shape: number[];
  values: ArrayLike<number>;
  rule: string;
}

/**
 * Weights that should be independent N(0, variance). Exact: Σw²/σ² is χ² with n degrees of freedom,
 * and the mean times √n/σ is standard normal.
 */
export async function checkGaussian(subject: Subject, variance: number): Promise<TensorCheck> {
  const { pchisq, pnorm } = await distributions();
  const { n, mean, squares } = momentsOf(subject.values);
  const chiSquare = squares / variance;
  const z = mean * Math.sqrt(n / variance);
  return report(subject, { n, mean, squares }, variance, [
    test(
      "χ² of Σw²/σ²",
      chiSquare,
      twoSided(pchisq(chiSquare, n), pchisq(chiSquare, n, undefined, false)),
    ),
    test("z of the mean", z, twoSided(pnorm(z), pnorm(-z))),
  ]);
}

/**
 * Weights that should be independent and uniform on ±bound, of variance bound²/3. Σw²/(n σ²) has mean
 * 1 and variance 0.8/n (E[u⁴] = 1/5), so z is asymptotically normal; its tails are lighter than
 * that, which only makes the test refuse less. The bound is rounded to float32 as the weights are.
 */
export async function checkUniform(subject: Subject, bound: number): Promise<TensorCheck> {
  const { pnorm } = await distributions();
  const { n, mean, squares } = momentsOf(subject.values);
  const variance = bound * bound / 3;
  const ofMean = mean * Math.sqrt(n / variance);
  const ofSquares = (squares / (n * variance) - 1) / Math.sqrt(0.8 / n);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(subject.values[i]));
  return report(subject, { n, mean, squares }, variance, [
    test(
      "z of Σw²/(nσ²), variance 0.8/n",
      ofSquares,
      twoSided(pnorm(ofSquares), pnorm(-ofSquares)),
    ),
    test("z of the mean", ofMean, twoSided(pnorm(ofMean), pnorm(-ofMean))),
    {
      name: "largest |w| over the bound",
      statistic: largest / bound,
      passed: largest <= Math.fround(bound),
    },
  ]);
}

/** Biases that should all be 0. */
export function checkZero(subject: Subject): TensorCheck {
  const moments = momentsOf(subject.values);
  return report(subject, moments, 0, [
    { name: "Σw² is 0", statistic: moments.squares, passed: moments.squares === 0 },
  ]);
}

const report = (
  { tensor, shape, rule }: Subject,
  { n, mean, squares }: Moments,
  expectedVariance: number,
  tests: WeightTest[],
): TensorCheck => ({ tensor, shape, mean, variance: squares / n, expectedVariance, rule, tests });

/** @throws {Error} that names every failed test */
export function refuseFailed(checks: readonly TensorCheck[]): void {
  const failed = checks.flatMap(({ tensor, rule, variance, expectedVariance, tests }) =>
    tests.filter((test) => !test.passed).map(({ name, statistic, p }) =>
      `${tensor}: ${name} = ${statistic}${p === undefined ? "" : ` (p = ${p})`}; variance ` +
      `${variance}, expected ${expectedVariance} (${rule})`
    )
  );
  if (failed.length === 0) return;
  throw new Error(
    `the initial weights do not follow their rule and are refused:\n${failed.join("\n")}`,
  );
}

/** Measured over expected variance of each tensor that has one, as metrics. */
export const varianceRatios = (checks: readonly TensorCheck[]): Record<string, number> =>
  Object.fromEntries(
    checks.filter((check) => check.expectedVariance > 0).map((check) => [
      `init.${check.tensor}.variance-ratio`,
      check.variance / check.expectedVariance,
    ]),
  );
