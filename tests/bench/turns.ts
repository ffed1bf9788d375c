/** Lets contestants take turns, round by round, and computes medians, spreads and paired ratios. */
import type {
  Benchmark,
  Measure,
  MeasuredRow,
  MissingRow,
  Spread,
} from "../../schemas/assignment/bench_results.ts";

/** Values of one turn. */
export type Values = Partial<Record<Measure, number>>;

export interface Contestant {
  readonly name: string;
  readonly threads?: number;
  readonly extrapolatedFrom?: MeasuredRow["extrapolatedFrom"];
  /** Does the work once and measures it. */
  turn(): Promise<Values>;
}

/** A benchmark's result, with the versions of the contestants that it met. */
export interface Measured {
  readonly benchmark: Benchmark;
  readonly versions: Record<string, string | null>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

/** The spread of quotients of values from the same rounds. A slow round slows both, so it cancels. */
export function pairedRatio(values: readonly number[], ours: readonly number[]): Spread {
  if (values.length !== ours.length || values.length === 0) {
    throw new Error(
      `expected values from the same rounds, found ${values.length} and ${ours.length}`,
    );
  }
  return spread(values.map((value, round) => value / ours[round]));
}

/** Lets each contestant take a turn in every round; the values of its turns, by its name. */
export async function takeTurns(
  contestants: readonly Contestant[],
  rounds: number,
  what: string,
): Promise<Map<string, Values[]>> {
  const turns = new Map(contestants.map(({ name }): [string, Values[]] => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, turn } of contestants) {
      console.error(`${what}, round ${round} of ${rounds}: ${name}`);
      turns.get(name)!.push(await turn());
    }
  }
  return turns;
}

/** Each measure's values over the rounds. Every turn of a contestant measures the same. */
function byMeasure(turns: readonly Values[]): [Measure, number[]][] {
  const names = Object.keys(turns[0]) as Measure[];
  return names.map((name) => [
    name,
    turns.map((turn, round) => {
      const value = turn[name];
      if (value !== undefined) return value;
      throw new Error(`expected ${name} in every round, found none in round ${round + 1}`);
    }),
  ]);
}

/** A row a contestant, with the ratios of `ratioOf` to each of `ours`. */
export function rowsOf(
  contestants: readonly Omit<Contestant, "turn">[],
  turns: ReadonlyMap<string, readonly Values[]>,
  { ratioOf, ours, size = null }: Pick<Benchmark, "ratioOf" | "ours"> & { size?: number | null },
): MeasuredRow[] {
  const measures = new Map(
    contestants.map(({ name }) => [name, new Map(byMeasure(turns.get(name)!))]),
  );
  return contestants.map(({ name, threads = null, extrapolatedFrom = null }) => {
    const own = measures.get(name)!;
    const time = ratioOf === null ? undefined : own.get(ratioOf);
    const timesOurs = time === undefined ? [] : ours.map((our) => {
      const base = measures.get(our)?.get(ratioOf!);
      if (base === undefined) throw new Error(`expected ${ratioOf} of ${our}, found none`);
      return [our, pairedRatio(time, base)];
    });
    return {
      status: "measured",
      contestant: name,
      size,
      threads,
      extrapolatedFrom,
      values: Object.fromEntries([...own].map(([measure, values]) => [measure, spread(values)])),
      timesOurs: Object.fromEntries(timesOurs),
    };
  });
}

/** Lets the contestants take turns, and gives a row for each. */
export const measuredRows = async (
  contestants: readonly Contestant[],
  rounds: number,
  what: string,
  compared: Parameters<typeof rowsOf>[2],
): Promise<MeasuredRow[]> =>
  rowsOf(contestants, await takeTurns(contestants, rounds, what), compared);

export const missing = (
  contestant: string,
  reason: string,
  size: number | null = null,
): MissingRow => ({ status: "missing", contestant, size, reason });
