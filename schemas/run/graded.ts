/**
 * The grade of a run, or of metrics alone. Every format of grades (`pipeline/grade/formats/`) is made from it.
 */
import { z } from "zod";
import { Sha256 } from "./digest.ts";
import { Source, Visibility } from "./expected.ts";
import { Float } from "./float.ts";

export const ItemStatus = z.enum([
  "passed",
  /** Not passed, with a share of the points for being near. */
  "partial",
  "failed",
  /** There is nothing to judge: not measured, of another kind, or the job did not run. */
  "missing",
  /** Status of an item whose evidence contradicts the rest of the run. */
  "untrusted",
]);
export type ItemStatus = z.infer<typeof ItemStatus>;

export const ItemResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  group: z.string().nullable(),
  status: ItemStatus,
  points: z.number().nonnegative(),
  maxPoints: z.number().nonnegative(),
  /** In words. */
  expected: z.string(),
  found: z.string(),
  /** Value found; null for curves and artifacts. */
  value: z.union([Float, z.string(), z.boolean()]).nullable(),
  /** The interval of values that pass, both ends included; null where there is no such interval, or no end. */
  range: z.strictObject({ low: z.number().nullable(), high: z.number().nullable() }).nullable(),
  /** Found less the nearest value that passes: below 0 if too low. Null where there is no distance. */
  offBy: Float.nullable(),
  /** Points of a curve that lie outside their ranges. */
  outside: z.array(z.strictObject({
    metric: z.string(),
    found: Float.nullable(),
    low: z.number().nullable(),
    high: z.number().nullable(),
  })),
  /** Explanation of an item that does not pass: expected, found, how far off, and what would move it. */
  explanation: z.string().nullable(),
  visibility: Visibility,
  source: Source,
});
export type ItemResult = z.infer<typeof ItemResult>;

/** Something in a submitted run that does not fit the rest of it. */
export const TrustProblem = z.strictObject({
  /** The file or the job's entry in the manifest. */
  where: z.string(),
  message: z.string(),
  /** Jobs whose outputs cannot be relied on for it; none where the values are not affected. */
  jobs: z.array(z.string()),
});
export type TrustProblem = z.infer<typeof TrustProblem>;

/** A job that was run again from the run's own inputs. */
export const Recomputed = z.strictObject({
  job: z.string(),
  outcome: z.enum(["same-bytes", "within-tolerance", "differs", "not-recomputed"]),
  /** On a machine of other facts (adapter, driver, version), or with other code: what differs. */
  differs: z.array(z.string()),
  message: z.string().nullable(),
});
export type Recomputed = z.infer<typeof Recomputed>;

export const Grade = z.strictObject({
  version: z.literal(1),
  /** The run's id, or the file of metrics; by the name that the user gave. */
  subject: z.string(),
  /** A complete run, one that ended early, one that left no manifest, or metrics without a run. */
  form: z.enum(["complete", "failed", "interrupted", "unreadable", "figures-alone"]),
  /** Experiment of the run; null if there is no run. */
  experiment: z.string().nullable(),
  /**
   * Difference of the run from its experiment, in words. Null if there is none, or no run. Also null if
   * the expected values are not the committed ones, which are for the whole experiment.
   */
  deviation: z.string().nullable(),
  expected: z.strictObject({
    title: z.string(),
    experiment: z.string(),
    file: z.string(),
    sha256: Sha256,
  }),
  passed: z.boolean(),
  points: z.number().nonnegative(),
  maxPoints: z.number().nonnegative(),
  items: z.array(ItemResult),
  trust: z.strictObject({
    /** Checks that were made, in words. */
    checks: z.array(z.string()),
    problems: z.array(TrustProblem),
    recomputed: z.array(Recomputed),
  }),
  /** Notes for the reader. */
  notes: z.array(z.string()),
  leaderboard: z.array(z.strictObject({
    name: z.string(),
    value: Float.nullable(),
    order: z.enum(["ascending", "descending"]),
  })),
});
export type Grade = z.infer<typeof Grade>;
