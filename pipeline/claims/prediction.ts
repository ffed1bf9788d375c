/**
 * Predicts one more run of a program from replicates, runs of it that differ in their seeds alone. All
 * quantities that a run is judged by are one family: the whole run passes with the family's level.
 *
 * A replicate's score is its largest standardised deviation from the others, over all points of all
 * quantities. The scores of the replicates are exchangeable with that of a new run, whatever the
 * distribution and however the quantities depend on each other. So a new run's score is at most
 * the k-th smallest of n with probability k/(n + 1): split conformal prediction, each replicate left out
 * in turn (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; Barber, Candès,
 * Ramdas and Tibshirani, "Predictive inference with the jackknife+", Annals of Statistics 49, 2021).
 *
 * Two scales make intervals narrow where runs agree. The deviation at a point of a curve is shrunk towards
 * its neighbours', because few replicates show a spike at that very point. The deviations of a curve are
 * divided by its typical largest one, so that one with spikes widens the others little.
 */
import type { Rate } from "../../schemas/run/expected.ts";
import { distributions } from "./distributions.ts";
import { rateOf } from "./rate.ts";

/** Values of one quantity at one point, one for each replicate. */
export type Sample = readonly number[];

/** A metric, or a curve with its points in order, and its possible values. */
export interface Quantity {
  /** All samples of a family have one length, in one order of replicates. */
  points: readonly Sample[];
  low?: number | null;
  high?: number | null;
}

/** The prediction of a quantity at one point. */
export interface PointPrediction {
  mean: number;
  /** Over the replicates, before any shrinkage. */
  standardDeviation: number;
  /** Ends included. */
  low: number;
  high: number;
  /**
   * The largest difference of two new runs, with probability 2·level - 1 at least everywhere at once:
   * either of the two may be the one that lies far from all.
   */
  apart: number;
}

export interface FamilyPrediction {
  /** Number of replicates. */
  count: number;
  /** Probability that a new run lies inside everywhere: k/(count + 1), at least the level given. */
  level: number;
  /** For each quantity, for each of its points. */
  quantities: PointPrediction[][];
  /** The largest score that passes, in typical largest deviations of a quantity. */
  threshold: number;
  /** The replicate whose score is the threshold, and the quantity in which it is largest. */
  widest: { replicate: number; quantity: number };
}

/** With fewer there is no standard deviation once one is left out. */
const leastReplicates = 3;

/** The rank of the score that reaches `level`: with n replicates P(score ≤ k-th smallest) = k/(n + 1). */
const rankOf = (level: number, n: number): number => Math.ceil(level * (n + 1) - 1e-9);

/** The least number of replicates that can give a level. */
export function leastCount(level: number): number {
  let n = Math.max(leastReplicates, Math.floor(level / (1 - level)) - 1);
  while (rankOf(level, n) > n) n++;
  return n;
}

/** The highest level that a number of replicates can give. */
export const highestLevel = (count: number): number => count / (count + 1);

export function meanAndDeviation(sample: Sample): { mean: number; standardDeviation: number } {
  const n = sample.length;
  const mean = sample.reduce((sum, value) => sum + value, 0) / n;
  const about = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(about / (n - 1)) };
}

/**
 * Predicts a new run at a level, for each quantity at each point.
 * @throws RangeError if there are fewer replicates than `leastCount(level)`
 */
export function predictFamily(quantities: readonly Quantity[], level: number): FamilyPrediction {
  const n = quantities[0].points[0].length;
  if (n < leastCount(level)) {
    throw new RangeError(
      `a level of ${level} needs at least ${leastCount(level)} replicates, found ${n}`,
    );
  }
  const family = quantities.map(measured);
  const rank = rankOf(level, n);
  const all = everyReplicate(n);
  const calibration = calibrated(family, all, rank);
  const { typical, threshold, widest } = calibration;
  const apart = pairThreshold(family, calibration, rank / n);
  return {
    count: n,
    level: rank / (n + 1),
    quantities: family.map((quantity, q) => {
      const scale = scaleOf(quantity, all);
      const reach = threshold * typical[q] * Math.sqrt(1 + 1 / n);
      return quantity.points.map((sample, p) => {
        const { mean, deviation, constant } = scale[p];
        return {
          ...meanAndDeviation(sample),
          ...(constant ? { low: sample[0], high: sample[0], apart: 0 } : {
            ...ends(quantity, mean, reach * deviation),
            apart: apart * typical[q] * deviation * Math.SQRT2,
          }),
        };
      });
    }),
    threshold,
    widest,
  };
}

/**
 * Counts the replicates that the others turn away, each judged with all calibration made again without
 * it, at the highest level up to `level` that one replicate less can give. Null for three replicates.
 */
export async function falseFails(
  quantities: readonly Quantity[],
  level: number,
): Promise<Rate | null> {
  const n = quantities[0].points[0].length;
  if (n <= leastReplicates) return null;
  const family = quantities.map(measured);
  const rank = Math.min(rankOf(level, n - 1), n - 1);
  let failed = 0;
  for (let i = 0; i < n; i++) {
    const left = without(n, i);
    const { typical, threshold } = calibrated(family, left, rank);
    const score = Math.max(...scoresOf(family, i, left).map((one, q) => one / typical[q]));
    if (score > threshold) failed++;
  }
  return await rateOf(failed, n);
}

/** A quantity with what every leaving-out needs. */
interface Measured extends Quantity {
  /** All values are whole numbers, so the interval ends at whole numbers. */
  whole: boolean;
  /** Every replicate has the same value, at every point. */
  constant: boolean;
  centred: { origin: number; values: Float64Array; squares: number }[];
}

function measured(quantity: Quantity): Measured {
  const { points } = quantity;
  return {
    ...quantity,
    whole: points.every((sample) => sample.every(Number.isInteger)),
    constant: points.every((sample) => sample.every((value) => value === sample[0])),
    centred: points.map((sample) => {
      const origin = meanAndDeviation(sample).mean;
      const values = Float64Array.from(sample, (value) => value - origin);
      return { origin, values, squares: values.reduce((sum, value) => sum + value * value, 0) };
    }),
  };
}

/** Mean and deviation at each point, of the replicates that are left in. */
type Scale = { mean: number; deviation: number; constant: boolean }[];

/** The mean of equal values can differ from them in its last bits, relative to it. */
export const negligible = 1e-12;

/** Points on either side from which a point of a curve takes its variance, besides its own. */
const neighbours = 2;

/** The standard deviation of rounding to a whole number: no count is known better than that. */
const roundingDeviation = Math.sqrt(1 / 12);

/** The replicates that are left out: none, one or two. */
interface Left {
  out: readonly number[];
  count: number;
}

const everyReplicate = (n: number): Left => ({ out: [], count: n });
const without = (n: number, ...out: number[]): Left => ({ out, count: n - out.length });

function scaleOf(quantity: Measured, left: Left): Scale {
  const { centred, whole, constant } = quantity;
  const moments = centred.map((point) => momentsOf(point, left));
  return moments.map(({ mean }, p) => {
    const near = moments.slice(Math.max(0, p - neighbours), p + neighbours + 1);
    const variance = near.reduce((sum, { variance }) => sum + variance, 0) / near.length;
    // Whole numbers that vary may be constant without the one that is left out.
    const deviation = Math.max(Math.sqrt(variance), whole && !constant ? roundingDeviation : 0);
    return { mean, deviation, constant: deviation <= negligible * Math.abs(mean) };
  });
}

function momentsOf(
  { origin, values, squares }: Measured["centred"][number],
  { out, count }: Left,
): { mean: number; variance: number } {
  const gone = out.map((i) => values[i]);
  const rest = squares - gone.reduce((sum, value) => sum + value * value, 0);
  // Little is left of a difference of large numbers; then the sum is made again.
  if (out.length > 0 && rest < 1e-6 * squares) {
    const kept = [...values].filter((_, i) => !out.includes(i));
    const { mean, standardDeviation } = meanAndDeviation(kept);
    return { mean: origin + mean, variance: standardDeviation ** 2 };
  }
  const mean = -gone.reduce((sum, value) => sum + value, 0) / count;
  return { mean: origin + mean, variance: Math.max(0, (rest - count * mean * mean) / (count - 1)) };
}

/** The largest of |x - mean|/deviation over a quantity's points; infinite where a constant changes. */
function largestDeviation(
  distance: (point: number, scale: Scale[number]) => number,
  scale: Scale,
): number {
  let largest = 0;
  for (let p = 0; p < scale.length; p++) {
    const away = distance(p, scale[p]);
    const { mean, deviation, constant } = scale[p];
    const score = constant
      ? (away <= negligible * Math.abs(mean) ? 0 : Infinity)
      : away / deviation;
    largest = Math.max(largest, score);
  }
  return largest;
}

/** The score of one replicate in each quantity, by those that are left in. */
const scoresOf = (family: readonly Measured[], replicate: number, left: Left): number[] =>
  family.map((quantity) => {
    const scale = scaleOf(quantity, left);
    const largest = largestDeviation(
      (p, { mean }) => Math.abs(quantity.points[p][replicate] - mean),
      scale,
    );
    return largest / Math.sqrt(1 + 1 / left.count);
  });

/**
 * The share of replicates whose largest deviation is at most the typical one of a quantity: high enough to
 * see spikes, and low enough that few replicates do not decide it.
 */
const typicalShare = 2 / 3;

/** That share of |z| of a normal value: no quantity's typical deviation is taken to be less. */
const leastTypical = 0.9674;

/**
 * The typical largest deviation of each quantity, and the `rank`-th smallest score of a family in
 * units of these, each replicate scored by the others.
 */
function calibrated(
  family: readonly Measured[],
  left: Left,
  rank: number,
): Pick<FamilyPrediction, "threshold" | "widest"> & { typical: number[] } {
  const n = family[0].points[0].length;
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => !left.out.includes(i));
  const scores = kept.map((i) => scoresOf(family, i, without(n, ...left.out, i)));
  const typical = family.map((_, q) => {
    const sorted = scores.map((score) => score[q]).sort((a, b) => a - b);
    const large = sorted[Math.ceil(typicalShare * sorted.length) - 1];
    return Number.isFinite(large) ? Math.max(large, leastTypical) : leastTypical;
  });
  const largest = scores.map((score, k) => {
    const relative = score.map((one, q) => one / typical[q]);
    const value = Math.max(...relative);
    return { value, widest: { replicate: kept[k], quantity: relative.indexOf(value) } };
  }).sort((a, b) => a.value - b.value);
  const { value, widest } = largest[rank - 1];
  return { typical, threshold: value, widest };
}

/**
 * The same for the difference of two runs: a quantile of the standardised differences of all pairs, each
 * scored by the others. With n replicates `share` is k/n.
 */
function pairThreshold(
  family: readonly Measured[],
  { typical, threshold }: { typical: readonly number[]; threshold: number },
  share: number,
): number {
  const n = family[0].points[0].length;
  // Without a pair of three replicates, one is left and has no deviation; their own threshold is wider.
  if (n <= leastReplicates) return threshold * Math.sqrt(1 + 1 / n);
  const scores: number[] = [];
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      const left = without(n, a, b);
      scores.push(Math.max(...family.map((quantity, q) => {
        const distance = (p: number) =>
          Math.abs(quantity.points[p][a] - quantity.points[p][b]) / Math.SQRT2;
        return largestDeviation(distance, scaleOf(quantity, left)) / typical[q];
      })));
    }
  }
  scores.sort((a, b) => a - b);
  return scores[Math.min(scores.length, Math.ceil(share * scores.length)) - 1];
}

/** mean ± half within the possible values; of whole numbers, the outermost ones inside. */
function ends(
  { low, high, whole }: Measured,
  mean: number,
  half: number,
): { low: number; high: number } {
  const from = Math.max(mean - half, low ?? -Infinity);
  const to = Math.min(mean + half, high ?? Infinity);
  return whole ? { low: Math.ceil(from), high: Math.floor(to) } : { low: from, high: to };
}

/** A difference from replicates' mean, with its confidence interval. */
interface MeanInterval {
  mean: number;
  standardError: number;
  low: number;
  high: number;
}

/**
 * The distance of the program of one run from that of replicates: the run's value less the replicates'
 * mean ± t(n - 1)·s·√(1 + 1/n), for the difference of the two programs' means if their runs have the same
 * variance and nearly normal values, as means over many epochs have.
 * Source: Hahn and Meeker, Statistical Intervals (1991), 4.8.
 */
export async function meanInterval(
  value: number,
  sample: Sample,
  confidence: number,
): Promise<MeanInterval> {
  const { qt } = await distributions();
  const n = sample.length;
  const { mean, standardDeviation } = meanAndDeviation(sample);
  const standardError = standardDeviation * Math.sqrt(1 + 1 / n);
  const half = qt((1 + confidence) / 2, n - 1) * standardError;
  const difference = value - mean;
  return { mean: difference, standardError, low: difference - half, high: difference + half };
}

/**
 * The largest difference of two runs that differ by chance alone, with a confidence beyond what so few
 * replicates can show without a law: t(n - 1)·s·√2, as the difference of two normal values has twice the
 * variance of one.
 */
export async function normalDifference(sample: Sample, confidence: number): Promise<number> {
  const { qt } = await distributions();
  const { standardDeviation } = meanAndDeviation(sample);
  return qt((1 + confidence) / 2, sample.length - 1) * standardDeviation * Math.SQRT2;
}
