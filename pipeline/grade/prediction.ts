/**
 * Computes prediction intervals from replicates by normal theory, tests whether the replicates look
 * normal, and counts leave-one-out failures.
 */
import type { Rate } from "../../schemas/run/expected.ts";
import { distributions } from "../claims/distributions.ts";

/** Values of one quantity, one for each replicate. */
export type Sample = readonly number[];

export function meanAndDeviation(sample: Sample): { mean: number; standardDeviation: number } {
  const n = sample.length;
  const mean = sample.reduce((sum, value) => sum + value, 0) / n;
  const about = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(about / (n - 1)) };
}

/** Facts about a quantity besides its replicates. */
export interface Kind {
  /** Its possible values; null where there is no end. */
  low: number | null;
  high: number | null;
  /** It is a count: the interval ends at whole numbers. */
  whole: boolean;
}

/**
 * Student's t by which an interval of `n` replicates is as wide as `level` asks for. Over several
 * quantities at once the level is Bonferroni's, so that all of a new run's lie inside with at least this
 * probability, however they depend on each other.
 * Source: Hahn and Meeker, Statistical Intervals (1991), 4.7 and 4.8.
 */
export async function tMultiplier(n: number, level: number, quantities: number): Promise<number> {
  const { qt } = await distributions();
  return qt(1 - (1 - level) / (2 * quantities), n - 1);
}

/** The sample's mean, its standard deviation, and mean ± t·s·√(1 + 1/n) for one new value. */
export function predictionInterval(
  sample: Sample,
  t: number,
  deviation = meanAndDeviation(sample).standardDeviation,
): { mean: number; standardDeviation: number; low: number; high: number } {
  const { mean } = meanAndDeviation(sample);
  const half = t * deviation * Math.sqrt(1 + 1 / sample.length);
  return { mean, standardDeviation: deviation, low: mean - half, high: mean + half };
}

/** Points on either side that a point of a curve takes its variance from, besides its own. */
export const neighbours = 2;

/**
 * The standard deviation at each point of a curve, its variance the mean of those of the points nearby.
 * Each replicate leaves the common course at other points. At a point where none of few replicates does,
 * its own deviation, and so the interval, would be too small.
 */
export function pooledDeviations(samples: readonly Sample[]): number[] {
  const variances = samples.map((sample) => meanAndDeviation(sample).standardDeviation ** 2);
  return variances.map((_, i) => {
    const near = variances.slice(Math.max(0, i - neighbours), i + neighbours + 1);
    return Math.sqrt(near.reduce((sum, variance) => sum + variance, 0) / near.length);
  });
}

/**
 * The interval within what its kind allows; a count's ends are the outermost whole numbers inside.
 * `t` is that of `tMultiplier`, `deviation` the sample's own by default.
 */
export function predictionRange(
  sample: Sample,
  t: number,
  { low, high, whole }: Kind,
  deviation = meanAndDeviation(sample).standardDeviation,
): { low: number; high: number } {
  // Their mean can differ from equal values in its last bit.
  const alone = sample.every((value) => value === sample[0]) && !(deviation > 1e-12);
  if (alone) return { low: sample[0], high: sample[0] };
  const interval = predictionInterval(sample, t, deviation);
  const from = Math.max(interval.low, low ?? -Infinity);
  const to = Math.min(interval.high, high ?? Infinity);
  return whole ? { low: Math.ceil(from), high: Math.floor(to) } : { low: from, high: to };
}

/**
 * Judges each replicate by the interval that the others give. A sample for each quantity; a replicate
 * fails if any of its quantities lies outside. Null for fewer than three replicates.
 */
export async function falseFails(
  samples: readonly Sample[],
  level: number,
  kinds: readonly Kind[],
): Promise<Rate | null> {
  const n = samples[0].length;
  if (n < 3) return null;
  const t = await tMultiplier(n - 1, level, samples.length);
  let failed = 0;
  for (let left = 0; left < n; left++) {
    const others = samples.map((sample) => sample.filter((_, i) => i !== left));
    const deviations = pooledDeviations(others);
    const fails = samples.some((sample, i) => {
      const { low, high } = predictionRange(others[i], t, kinds[i], deviations[i]);
      return sample[left] < low || sample[left] > high;
    });
    if (fails) failed++;
  }
  return { failed, of: n, interval: await rateInterval(failed, n) };
}

/** Clopper and Pearson's exact 95 % interval of a share (Biometrika 26, 1934). */
export async function rateInterval(
  failed: number,
  of: number,
): Promise<{ low: number; high: number }> {
  const { qbeta } = await distributions();
  return {
    low: failed === 0 ? 0 : qbeta(0.025, failed, of - failed + 1),
    high: failed === of ? 1 : qbeta(0.975, failed + 1, of - failed),
  };
}

/** With fewer replicates the test of normality says nothing. */
const leastForNormality = 8;

/**
 * The p-value of Anderson and Darling's test of normality, mean and variance estimated (Stephens 1974;
 * D'Agostino and Stephens, Goodness-of-Fit Techniques, 1986, table 4.9). Undefined for fewer than eight
 * values or equal ones.
 */
export async function normalityP(sample: Sample): Promise<number | undefined> {
  const n = sample.length;
  const { mean, standardDeviation } = meanAndDeviation(sample);
  if (n < leastForNormality || !(standardDeviation > 0)) return undefined;
  const { pnorm } = await distributions();
  const sorted = [...sample].sort((a, b) => a - b).map((value) =>
    (value - mean) / standardDeviation
  );
  const sum = sorted.reduce(
    (sum, z, i) => sum + (2 * i + 1) * (Math.log(pnorm(z)) + Math.log(pnorm(-sorted[n - 1 - i]))),
    0,
  );
  const a = (-n - sum / n) * (1 + 0.75 / n + 2.25 / n ** 2);
  if (a >= 0.6) return Math.exp(1.2937 - 5.709 * a + 0.0186 * a * a);
  if (a > 0.34) return Math.exp(0.9177 - 4.279 * a - 1.38 * a * a);
  if (a > 0.2) return 1 - Math.exp(-8.318 + 42.796 * a - 59.938 * a * a);
  return 1 - Math.exp(-13.436 + 101.14 * a - 223.73 * a * a);
}
