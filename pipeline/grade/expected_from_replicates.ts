/**
 * Makes expected values from replicates. Metrics that follow each other ("…epoch-0", "…epoch-1", …) are one
 * curve, and metrics that say the same are judged once.
 */
import type { Expected, Item, Replicates } from "../../schemas/run/expected.ts";
import { curveMetrics } from "../../schemas/run/metric_name.ts";
import {
  falseFails,
  type FamilyPrediction,
  highestLevel,
  leastCount,
  negligible,
  type PointPrediction,
  predictFamily,
  type Sample,
} from "../claims/prediction.ts";
import { Failed } from "../engine/failed.ts";
import { count, listed, precise } from "../terminal/numbers.ts";

/** A metric, or the metrics of a curve in order. */
export interface Named {
  target: Extract<Item["target"], { kind: "metric" | "curve" }>;
  points: Sample[];
}

type Samples = ReadonlyMap<string, Sample>;

/**
 * Metric → one value for each replicate; and, of a metric without a finite value in all of them, why it
 * has no sample. `replicates` has the metrics of each by what it is called: "seed 3".
 */
export function samplesOf(
  replicates: ReadonlyMap<string, Readonly<Record<string, number>>>,
): { samples: Map<string, number[]>; without: Map<string, string> } {
  const samples = new Map<string, number[]>();
  const without = new Map<string, string>();
  const all = [...replicates];
  for (const name of new Set(all.flatMap(([, metrics]) => Object.keys(metrics)))) {
    const values = all.map(([, metrics]) =>
      Object.hasOwn(metrics, name) ? metrics[name] : undefined
    );
    const odd = values.findIndex((value) => !Number.isFinite(value));
    if (odd < 0) samples.set(name, values as number[]);
    else without.set(name, `${values[odd] ?? "not measured"} with ${all[odd][0]}`);
  }
  return { samples, without };
}

/** Least points of a curve. */
const leastPoints = 3;

/** A name that can be one of a curve's: its numbers are written without leading zeros. */
const numbered = /^(.*[-_/])(0|[1-9]\d{0,4})$/;

/** Joins metrics whose names differ in their last number alone, and these follow each other. */
export function quantitiesOf(samples: Samples): Named[] {
  const families = new Map<string, number[]>();
  for (const name of samples.keys()) {
    const match = numbered.exec(name);
    const family = match === null ? name : `${match[1]}*`;
    const numbers = families.get(family) ?? [];
    families.set(family, match === null ? numbers : [...numbers, Number(match[2])]);
  }
  return [...families].flatMap(([family, unsorted]): Named[] => {
    const numbers = unsorted.sort((a, b) => a - b);
    const named = (number?: number) => family.replace("*", String(number));
    const [from, to] = [numbers[0], numbers[numbers.length - 1]];
    if (numbers.length >= leastPoints && to - from === numbers.length - 1) {
      return [{
        target: { kind: "curve", name: family, from, to },
        points: numbers.map((number) => samples.get(named(number))!),
      }];
    }
    const names = numbers.length === 0 ? [family] : numbers.map(named);
    return names.map((name) => ({
      target: { kind: "metric", name },
      points: [samples.get(name)!],
    }));
  });
}

/**
 * The least correlation over replicates of two metrics that say the same. Ten independent values
 * reach 0.999 with a probability of 1e-11; of fewer, only those that are equal up to their units count.
 */
const sameFrom = (replicates: number): number => replicates < 10 ? 1 - 1e-9 : 0.999;

function correlation(a: Sample, b: Sample): number {
  const mean = (sample: Sample) => sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const [p, q] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    ab += (value - p) * (b[i] - q);
    aa += (value - p) ** 2;
    bb += (b[i] - q) ** 2;
  });
  // Constants have no correlation, and each is an item of its own.
  return aa > 0 && bb > 0 ? ab / (Math.sqrt(aa) * Math.sqrt(bb)) : 0;
}

/**
 * The quantities that say something new, curves first, and name → the one that says the same already:
 * a count and its share, a mean over batches and one over samples, the last point of a curve.
 */
function withoutRepeats(all: readonly Named[]): { kept: Named[]; repeats: Map<string, string> } {
  const kept: Named[] = [];
  const repeats = new Map<string, string>();
  const curvesFirst = [...all].sort((a, b) => b.points.length - a.points.length);
  for (const one of curvesFirst) {
    const same = (a: Sample, b: Sample) => Math.abs(correlation(a, b)) >= sameFrom(a.length);
    const known = kept.find(({ points }) =>
      one.points.length === 1
        ? points.some((point) => same(point, one.points[0]))
        : points.length === one.points.length &&
          points.every((point, p) => same(point, one.points[p]))
    );
    if (known === undefined) kept.push(one);
    else repeats.set(one.target.name, known.target.name);
  }
  const order = new Map(all.map((one, i) => [one, i]));
  return { kept: kept.sort((a, b) => order.get(a)! - order.get(b)!), repeats };
}

/** An item before it is titled. */
export type PredictedItem = Pick<Named, "target"> & Pick<Item, "expected" | "source">;

/** A prediction's items, and the metrics that have none. */
interface Predicted {
  items: PredictedItem[];
  /** Metric → why it has no interval. */
  without: Map<string, string>;
  /** Metric or curve → the one that says the same and is judged. */
  repeats: Map<string, string>;
}

/**
 * Predicts all metrics of replicates as one family.
 * @throws RangeError if there are too few replicates for the level
 */
export async function predicted(replicates: Replicates): Promise<Predicted> {
  const { seeds, level, samples, bounds } = replicates;
  const { kept, repeats } = withoutRepeats(quantitiesOf(new Map(Object.entries(samples))));
  const without = new Map<string, string>();
  const judged = kept.filter(({ target, points }) => {
    const possible = bounds[target.name] ?? {};
    const why = points.map((sample) =>
      unpredictable(sample, seeds) ?? beyond(sample, possible, seeds)
    ).find((why) => why !== undefined);
    if (why !== undefined) without.set(target.name, why);
    return why === undefined;
  });
  if (judged.length === 0) return { items: [], without, repeats };
  const quantities = judged.map((one) => quantityOf(one, bounds));
  const family = predictFamily(quantities, level);
  const falseFail = await falseFails(quantities, level);
  const source = { ...sourceOf(replicates, judged, family), falseFail };
  const items = judged.map((one, q) => itemOf(one, family.quantities[q], source));
  return { items, without, repeats };
}

const quantityOf = ({ target, points }: Named, bounds: Replicates["bounds"]) => ({
  points,
  ...bounds[target.name],
});

/** Says which value the experiment declares impossible; undefined if none. */
function beyond(
  sample: Sample,
  { low = -Infinity, high = Infinity }: Replicates["bounds"][string],
  seeds: readonly number[],
): string | undefined {
  const i = sample.findIndex((value) => value < low || value > high);
  return i < 0 ? undefined : `its bounds exclude ${sample[i]}, which seed ${seeds[i]} gave`;
}

/** Says why nothing can be predicted from a sample; undefined if something can. */
function unpredictable(sample: Sample, seeds: readonly number[]): string | undefined {
  const most = Math.max(...sample.map(Math.abs));
  if (!Number.isFinite(most * most * sample.length)) {
    return "its values are too large for their deviation to be a number";
  }
  const sorted = [...sample].sort((a, b) => a - b);
  const width = sorted[sorted.length - 1] - sorted[0];
  if (width > 0 && width * width < leastVariance) {
    return "its values differ by too little for their deviation to be a number";
  }
  // Whole numbers have the deviation of rounding at least.
  if (sample.every(Number.isInteger)) return undefined;
  const [low, high] = commonest(sorted);
  const odd = seeds.filter((_, i) => sample[i] < low || sample[i] > high);
  // Without those few, which may be left out, the others have no deviation.
  if (odd.length === 0 || odd.length > mostLeftOut || sample.length - odd.length < 2) return;
  const [that, seed] = odd.length === 1 ? ["that", "seed"] : ["those", "seeds"];
  return `all replicates but ${that} of ${seed} ${listed(odd.map(String))} give the same value`;
}

/** Below this a square of a difference has lost digits. */
const leastVariance = 1e-290;

/** A score leaves one replicate out, that of a pair two. */
const mostLeftOut = 2;

/** Values that lie closer, relative to them, have no deviation but that of their last digits. */
const alikeTo = 1e-10;

/** The value that most of a sorted sample are alike to, from the least to the largest of these. */
function commonest(sorted: Sample): [low: number, high: number] {
  let [first, length] = [0, 0];
  for (let from = 0, to = 0; from < sorted.length; from++) {
    const end = sorted[from] + alikeTo * Math.abs(sorted[from]);
    while (to < sorted.length && sorted[to] <= end) to++;
    if (to - from > length) [first, length] = [from, to - from];
  }
  return [sorted[first], sorted[first + length - 1]];
}

type FromReplicates = Extract<Item["source"], { from: "replicates" }>;

/** From this threshold on, one replicate makes the intervals much wider than the others would. */
const wide = 8;

const sourceOf = (
  { what, seeds }: Replicates,
  judged: readonly Named[],
  { count: n, level, threshold, widest }: FamilyPrediction,
): Omit<FromReplicates, "spread" | "falseFail"> => ({
  from: "replicates",
  what,
  count: n,
  level,
  method: "largest standardised deviation from the other replicates over " +
    `${count(judged.length, "item")} at once, ${
      Math.round(level * (n + 1))
    }th smallest of ${n} (split ` +
    "conformal prediction, leaving one out)",
  ...(threshold >= wide && {
    caution:
      `Seed ${seeds[widest.replicate]} lies ${precise(threshold)} typical largest deviations ` +
      `from the others in ${judged[widest.quantity].target.name}, which widens all intervals.`,
  }),
});

/**
 * A prediction of values that differ in their last digits alone, which it takes for constant: as far from
 * the mean as a replicate lies, or as one may for its score.
 */
function withLastDigits(prediction: PointPrediction, sample: Sample): PointPrediction {
  const { mean, low, high } = prediction;
  if (low < high || sample.every((value) => value === sample[0])) return prediction;
  const away = [negligible * mean, ...sample.map((value) => value - mean)].map(Math.abs);
  const half = Math.max(...away);
  return { ...prediction, low: mean - half, high: mean + half, apart: 2 * half };
}

function itemOf(
  { target, points: samples }: Named,
  predictions: readonly PointPrediction[],
  source: Omit<FromReplicates, "spread">,
): PredictedItem {
  const points = predictions.map((point, p) => withLastDigits(point, samples[p]));
  const ranges = points.map(({ low, high }) => ({ low, high }));
  return {
    target,
    expected: target.kind === "curve"
      ? { kind: "band", ranges }
      : { kind: "range", range: ranges[0] },
    source: {
      ...source,
      spread: points.map(({ mean, standardDeviation, apart }) => ({
        mean,
        standardDeviation,
        apart,
      })),
    },
  };
}

/**
 * The expected values for a run of some seeds. If replicates have them, all is predicted again from the
 * others, at the highest level up to the one asked for that these can give.
 * @throws Failed if too few others are left
 */
export function expectedWithout(
  expected: Expected,
  replicates: Replicates,
  own: ReadonlySet<unknown>,
): { expected: Expected; note?: string } {
  const others = <T>(all: readonly T[]) => all.filter((_, i) => !own.has(replicates.seeds[i]));
  const seeds = others(replicates.seeds);
  if (seeds.length === replicates.seeds.length) return { expected };
  const left = replicates.seeds.filter((seed) => own.has(seed)).join(", ");
  const level = Math.min(replicates.level, highestLevel(seeds.length));
  if (seeds.length < leastCount(level)) {
    throw new Failed({
      reason: "usage",
      message:
        `The run has the seed ${left} of one of ${replicates.seeds.length} replicates, and ` +
        `the others are too few to judge it by; make at least ${leastCount(level) + 1}.`,
    });
  }
  const judged = expected.items.flatMap(({ target, source }): Named[] =>
    source.from === "replicates" && (target.kind === "metric" || target.kind === "curve")
      ? [{
        target,
        points: (target.kind === "curve" ? curveMetrics(target) : [target.name])
          .map((name) => others(replicates.samples[name])),
      }]
      : []
  );
  const quantities = judged.map((one) => quantityOf(one, replicates.bounds));
  const family = predictFamily(quantities, level);
  const what = `${replicates.what}, without the run's own seed ${left}`;
  const source = { ...sourceOf({ ...replicates, what, seeds }, judged, family), falseFail: null };
  return {
    expected: {
      ...expected,
      items: expected.items.map((item) => {
        const q = judged.findIndex(({ target }) => target === item.target);
        return q < 0 ? item : { ...item, ...itemOf(judged[q], family.quantities[q], source) };
      }),
    },
    note: `The replicates have the run's seed ${left}, so it is judged by the ${seeds.length} ` +
      `others, at a level of ${precise(family.level)}.`,
  };
}
