/**
 * Rates of wrong verdicts over reruns of the theory's measurements from many seeds. `tests/rates/`
 * computes them.
 */
import { z } from "zod";
import { Verdict } from "../run/claim_verdict.ts";

const Count = z.int().nonnegative();
const Probability = z.number().min(0).max(1);

/** A count of so many, with the interval of its rate by Clopper and Pearson. */
export const Rate = z.strictObject({
  count: Count,
  of: Count,
  rate: Probability,
  low: Probability,
  high: Probability,
});
export type Rate = z.infer<typeof Rate>;

/** The tests of one kind, over all their conditions and seeds; every hypothesis tested is true. */
export const TestFamily = z.strictObject({
  test: z.string(),
  /** Bound: p-values that are at least as large as exact ones, so that small ones are rare, not more. */
  kind: z.enum(["exact", "asymptotic", "bound"]),
  conditions: Count,
  /** p-values by size, in bins of equal width from 0 to 1. */
  histogram: z.array(Count),
  /** χ² of uniform bins; null for bounds. */
  uniformity: z.strictObject({ chiSquare: z.number(), freedom: Count, p: Probability }).nullable(),
  /**
   * The same for each condition by itself, in ten bins: least p-value after Holm's correction over the
   * conditions. Null for bounds, and for fewer than 50 seeds.
   */
  leastOfConditions: Probability.nullable(),
  below: z.array(z.strictObject({ level: Probability, rate: Rate })),
});
export type TestFamily = z.infer<typeof TestFamily>;

export const VerdictRates = z.strictObject({
  command: z.string(),
  date: z.iso.date(),
  deno: z.string(),
  arch: z.string(),
  seeds: z.strictObject({ first: Count, last: Count }),
  settings: z.strictObject({
    epsilon: z.number(),
    depth: z.int(),
    largestFan: z.int(),
    distances: z.strictObject({ dimensions: z.int(), points: z.array(z.int()), sets: z.int() }),
  }),
  /** Confidence of the Clopper-Pearson intervals. */
  confidence: Probability,
  /** Conditions that rest on chance in one run, and the bound on a run's errors that follows. */
  conditions: Count,
  level: Probability,
  bound: Probability,
  claims: z.array(z.strictObject({
    id: z.string(),
    /** By theory, and as an independent check found. */
    truth: Verdict,
    verdicts: z.record(Verdict, Rate),
  })),
  /** Runs in which any verdict was wrong, and in which a control misbehaved. */
  wrongRuns: Rate,
  misbehavedRuns: Rate,
  /** Intervals of true values that missed them. */
  misses: Rate,
  /** Least probability, over all conditions, that the interval lies inside its margin. */
  leastPower: Probability,
  families: z.array(TestFamily),
  /** Mean of each seed's exact p-values, in order: what a rerun of one seed must give again. */
  meanP: z.array(Probability),
});
export type VerdictRates = z.infer<typeof VerdictRates>;
