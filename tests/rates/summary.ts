/** From reruns to rates: counts with exact intervals, and whether p-values are uniform. */
import { Verdict } from "../../schemas/run/claim_verdict.ts";
import type { Rate, TestFamily, VerdictRates } from "../../schemas/assignment/verdict_rates.ts";
import type { Distributions } from "../../pipeline/claims/distributions.ts";
import { holm } from "../../stages/init_check/theory/holm.ts";
import type { Rerun, TrueTest } from "./rerun.ts";
import { trueVerdicts } from "./true_verdicts.ts";

const confidence = 0.95;

/** Bins of all p-values of a kind, and of those of one condition. */
const bins = 20;
const conditionBins = 10;
/** Below five expected in a bin the χ² distribution is not to be trusted. */
const leastExpected = 5;

/** Returns a rate with the interval of C. Clopper and E. Pearson (Biometrika 26, 1934). */
export function rateOf(r: Distributions, count: number, of: number): Rate {
  const tail = (1 - confidence) / 2;
  return {
    count,
    of,
    rate: count / of,
    low: count === 0 ? 0 : r.qbeta(tail, count, of - count + 1),
    high: count === of ? 1 : r.qbeta(1 - tail, count + 1, of - count),
  };
}

/** p-values by size. */
export function histogramOf(ps: readonly number[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const p of ps) counts[Math.min(bins - 1, Math.floor(p * bins))]++;
  return counts;
}

/** Pearson's χ² test of equally likely bins; null where they hold too few. */
export function uniformity(
  r: Distributions,
  histogram: readonly number[],
): TestFamily["uniformity"] {
  const expected = histogram.reduce((sum, count) => sum + count, 0) / histogram.length;
  if (expected < leastExpected) return null;
  const chiSquare = histogram.reduce(
    (sum, count) => sum + (count - expected) ** 2 / expected,
    0,
  );
  const freedom = histogram.length - 1;
  return { chiSquare, freedom, p: r.pchisq(chiSquare, freedom, undefined, false) };
}

/** The least p-value of uniformity of one condition, by Holm over the conditions. */
function leastOfConditions(r: Distributions, tests: readonly TrueTest[]): number | null {
  const byCondition = Map.groupBy(tests, ({ condition }) => condition);
  const found = [...byCondition.values()].map((tests) =>
    uniformity(r, histogramOf(tests.map(({ p }) => p), conditionBins))
  );
  if (found.some((one) => one === null)) return null;
  return Math.min(...holm(found.map((one) => one?.p ?? 1)));
}

function familyOf(r: Distributions, test: string, tests: readonly TrueTest[]): TestFamily {
  const [{ kind }] = tests;
  const ps = tests.map(({ p }) => p);
  const histogram = histogramOf(ps, bins);
  const isBound = kind === "bound";
  return {
    test,
    kind,
    conditions: new Set(tests.map(({ condition }) => condition)).size,
    histogram,
    uniformity: isBound ? null : uniformity(r, histogram),
    leastOfConditions: isBound ? null : leastOfConditions(r, tests),
    below: [0.05, 0.01, 0.001].map((level) => ({
      level,
      rate: rateOf(r, ps.filter((p) => p < level).length, ps.length),
    })),
  };
}

/** Mean of a rerun's exact p-values, to nine digits. */
export function meanP({ tests }: Pick<Rerun, "tests">): number {
  const exact = tests.filter(({ kind }) => kind === "exact");
  const mean = exact.reduce((sum, { p }) => sum + p, 0) / exact.length;
  return Number(mean.toFixed(9));
}

/** Computes the rates from reruns, which must be in the order of their seeds. */
export function ratesOf(
  r: Distributions,
  reruns: readonly Rerun[],
): Omit<VerdictRates, "command" | "date" | "deno" | "arch" | "settings"> {
  const runs = (is: (run: Rerun) => boolean) => rateOf(r, reruns.filter(is).length, reruns.length);
  const tests = reruns.flatMap((run) => run.tests);
  const conditions = Math.max(...reruns.map((run) => run.conditions));
  const [{ level }] = reruns;
  return {
    seeds: { first: reruns[0].seed, last: reruns[reruns.length - 1].seed },
    confidence,
    conditions,
    level,
    bound: conditions * level,
    claims: Object.entries(trueVerdicts).map(([id, truth]) => ({
      id,
      truth,
      verdicts: Object.fromEntries(
        Verdict.options.map((
          verdict,
        ) => [verdict, runs(({ verdicts }) => verdicts[id] === verdict)]),
      ) as Record<Verdict, Rate>,
    })),
    wrongRuns: runs(({ verdicts }) =>
      Object.entries(trueVerdicts).some(([id, truth]) => verdicts[id] !== truth)
    ),
    misbehavedRuns: runs(({ misbehaved }) => misbehaved.length > 0),
    misses: rateOf(r, tests.filter(({ missed }) => missed).length, tests.length),
    leastPower: tests.reduce((least, { power }) => Math.min(least, power), 1),
    families: [...Map.groupBy(tests, ({ test }) => test)].map(([test, of]) =>
      familyOf(r, test, of)
    ),
    meanP: reruns.map(meanP),
  };
}

/** Tests of uniformity are many; what counts is the least of their p-values by Holm. */
export const leastUniformity = ({ families }: Pick<VerdictRates, "families">): number =>
  Math.min(...holm(
    families.flatMap(({ uniformity, leastOfConditions }) => [
      ...(uniformity === null ? [] : [uniformity.p]),
      ...(leastOfConditions === null ? [] : [leastOfConditions]),
    ]),
  ));
