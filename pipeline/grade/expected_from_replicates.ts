/**
 * Makes expected values from replicates: a prediction interval for each metric. Metrics that follow each
 * other ("…epoch-0", "…epoch-1", …) are one curve.
 */
import type { Item, Source } from "../../schemas/run/expected.ts";
import {
  falseFails,
  type Kind,
  meanAndDeviation,
  neighbours,
  normalityP,
  pooledDeviations,
  predictionRange,
  type Sample,
  tMultiplier,
} from "./prediction.ts";

/** A metric, or the metrics of a curve in order. */
export interface Quantity {
  target: Extract<Item["target"], { kind: "metric" | "curve" }>;
  /** For each point, one value for each replicate. */
  samples: Sample[];
}

/** The metrics of replicates, by what each replicate is called: "seed 3". */
type Replicates = ReadonlyMap<string, Readonly<Record<string, number>>>;

/**
 * Metric → one value for each replicate; and, of a metric without a finite value in all of them, why it
 * has no sample.
 */
export function samplesOf(
  replicates: Replicates,
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
export function quantitiesOf(samples: ReadonlyMap<string, Sample>): Quantity[] {
  const families = new Map<string, number[]>();
  for (const name of samples.keys()) {
    const match = numbered.exec(name);
    const family = match === null ? name : `${match[1]}*`;
    const numbers = families.get(family) ?? [];
    families.set(family, match === null ? numbers : [...numbers, Number(match[2])]);
  }
  return [...families].flatMap(([family, unsorted]): Quantity[] => {
    const numbers = unsorted.sort((a, b) => a - b);
    const named = (number?: number) => family.replace("*", String(number));
    const [from, to] = [numbers[0], numbers[numbers.length - 1]];
    if (numbers.length >= leastPoints && to - from === numbers.length - 1) {
      return [{
        target: { kind: "curve", name: family, from, to },
        samples: numbers.map((number) => samples.get(named(number))!),
      }];
    }
    const names = numbers.length === 0 ? [family] : numbers.map(named);
    return names.map((name) => ({
      target: { kind: "metric", name },
      samples: [samples.get(name)!],
    }));
  });
}

/** Facts that all items from the same replicates share. */
interface Made {
  /** The runs, in words: "seeds 0-19 of quick". */
  what: string;
  /** Probability that a new run passes an item. */
  level: number;
  /** Possible values of a metric, by its name in a target; others are unbounded. */
  bounds: Readonly<Record<string, { low?: number; high?: number }>>;
}

/** Expected and source of an item from replicates. */
export async function predicted(
  { target, samples }: Quantity,
  { what, level, bounds }: Made,
): Promise<Pick<Item, "target" | "expected" | "source">> {
  const n = samples[0].length;
  const { low = null, high = null } = bounds[target.name] ?? {};
  const kinds = samples.map((sample): Kind => ({
    low,
    high,
    whole: sample.every(Number.isInteger),
  }));
  const t = await tMultiplier(n, level, samples.length);
  const deviations = pooledDeviations(samples);
  const ranges = samples.map((sample, i) => predictionRange(sample, t, kinds[i], deviations[i]));
  const source: Source = {
    from: "replicates",
    what,
    count: n,
    level,
    method: `mean ± t·s·√(1 + 1/${n}), t of ${n - 1} degrees of freedom` +
      (samples.length > 1
        ? `, Bonferroni over ${samples.length} points, s² the mean of ${
          2 * neighbours + 1
        } neighbouring ones`
        : "") +
      (kinds.every(({ whole }) => whole) ? ", whole numbers" : ""),
    spread: samples.map(meanAndDeviation),
    falseFail: await falseFails(samples, level, kinds),
    caution: await cautionOf(samples),
  };
  return {
    target,
    expected: target.kind === "curve"
      ? { kind: "band", ranges }
      : { kind: "range", range: ranges[0] },
    source,
  };
}

/** Below this p-value of the test of normality, over all points of an item, the item has a caution. */
const suspicious = 0.05;

async function cautionOf(samples: readonly Sample[]): Promise<string | undefined> {
  const ps = await Promise.all(samples.map(normalityP));
  const tested = ps.filter((p) => p !== undefined);
  if (tested.length === 0) {
    return samples.every((sample) => sample.every((value) => value === sample[0]))
      ? "All replicates gave the same value, so the spread of a new one is not known."
      : "There are too few replicates to test whether they are normal.";
  }
  const least = Math.min(...tested);
  const adjusted = Math.min(1, least * tested.length);
  if (adjusted >= suspicious) return undefined;
  const where = samples.length > 1 ? `, at point ${ps.indexOf(least)} of the curve` : "";
  return `The replicates do not look normal (Anderson-Darling, p = ${adjusted.toPrecision(2)}${
    tested.length > 1 ? ` after Bonferroni${where}` : ""
  }), which the interval assumes.`;
}
