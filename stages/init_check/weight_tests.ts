/**
 * Tests whether a tensor of initial weights follows its law: mean, variance, skewness, kurtosis,
 * distribution function and largest magnitude. `shape_tests.ts` has the last four. Bounds and zeros are
 * hard facts.
 */
import { type Distributions, distributions } from "../../pipeline/claims/distributions.ts";
import type { TensorCheck, WeightTest } from "../../schemas/assignment/initialisation.ts";
import { kolmogorovSmirnov, largestOf, legendreMoments } from "./shape_tests.ts";

/**
 * Level of each test. Some 230 tests a run at 1e-6 refuse a good seed once in 4000 runs at most, while a
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

const normalTest = ({ pnorm }: Distributions, name: string, z: number): WeightTest =>
  test(name, z, twoSided(pnorm(z), pnorm(-z)));

/** Tests of skewness, kurtosis and distribution function, from each value's probability F(w). */
function shapeTests(r: Distributions, probabilities: Float64Array): WeightTest[] {
  const [skewness, kurtosis] = legendreMoments(probabilities);
  const { statistic, p } = kolmogorovSmirnov(probabilities.sort());
  return [
    normalTest(r, "z of the skewness (Legendre moment 3)", skewness),
    normalTest(r, "z of the kurtosis (Legendre moment 4)", kurtosis),
    test("√n D of Kolmogorov and Smirnov", statistic, p),
  ];
}

const largestMagnitude = (values: ArrayLike<number>): number => {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
};

/**
 * Weights that should be independent N(0, variance). Exact: Σw²/σ² is χ² with n degrees of freedom,
 * the mean times √n/σ is standard normal, and the largest |w| is that of n normals.
 */
export async function checkGaussian(subject: Subject, variance: number): Promise<TensorCheck> {
  const r = await distributions();
  const { n, mean, squares } = momentsOf(subject.values);
  const chiSquare = squares / variance;
  const deviation = Math.sqrt(variance);
  const largest = largestMagnitude(subject.values) / deviation;
  const { below, above } = largestOf(n, 2 * r.pnorm(-largest));
  return report(subject, { n, mean, squares }, variance, [
    test(
      "χ² of Σw²/σ²",
      chiSquare,
      twoSided(r.pchisq(chiSquare, n), r.pchisq(chiSquare, n, undefined, false)),
    ),
    normalTest(r, "z of the mean", mean * Math.sqrt(n / variance)),
    ...shapeTests(r, Float64Array.from(subject.values, (w) => r.pnorm(w / deviation))),
    test("largest |w| over σ", largest, twoSided(below, above)),
  ]);
}

/**
 * Weights that should be independent and uniform on ±bound, of variance bound²/3. Σw²/(n σ²) has mean
 * 1 and variance 0.8/n (E[u⁴] = 1/5), so z is asymptotically normal; its tails are lighter than
 * that, which only makes the test refuse less. The bound is rounded to float32 as the weights are, so
 * that the largest |w| may lie on it: its test of chance is whether it is too small.
 */
export async function checkUniform(subject: Subject, bound: number): Promise<TensorCheck> {
  const r = await distributions();
  const { n, mean, squares } = momentsOf(subject.values);
  const variance = bound * bound / 3;
  const largest = largestMagnitude(subject.values);
  const { below } = largestOf(n, Math.max(0, 1 - largest / bound));
  return report(subject, { n, mean, squares }, variance, [
    normalTest(
      r,
      "z of Σw²/(nσ²), variance 0.8/n",
      (squares / (n * variance) - 1) / Math.sqrt(0.8 / n),
    ),
    normalTest(r, "z of the mean", mean * Math.sqrt(n / variance)),
    ...shapeTests(r, Float64Array.from(subject.values, (w) => (1 + w / bound) / 2)),
    {
      name: "largest |w| over the bound",
      statistic: largest / bound,
      p: below,
      passed: largest <= Math.fround(bound) && below >= level,
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

/** Measured over expected variance of each tensor that has one, and its least p-value, as metrics. */
export const checkMetrics = (checks: readonly TensorCheck[]): Record<string, number> =>
  Object.fromEntries(
    checks.filter((check) => check.expectedVariance > 0).flatMap((check) => [
      [`init.${check.tensor}.variance-ratio`, check.variance / check.expectedVariance],
      [`init.${check.tensor}.least-p`, Math.min(...check.tests.map(({ p }) => p ?? 1))],
    ]),
  );
