/**
 * The grade of a run, or of metrics alone. Every format of grades (`pipeline/grade/formats/`) is made from it.
 */
import { z } from "zod";
import { Sha256 } from "./digest.ts";
import { Source, Visibility } from "./expected.ts";
import { Float } from "./float.ts";
import { Moment, Seconds } from "./time.ts";

export const ItemStatus = z.enum([
  "passed",
  /** Not passed, with a share of the points for being near. */
  "partial",
  "failed",
  /** There is nothing to judge: not measured, of another kind, or the job did not run. */
  "missing",
  /** Status of an item whose evidence was not verified at the level that the grader demands. */
  "untrusted",
]);
export type ItemStatus = z.infer<typeof ItemStatus>;

/** The level at which evidence was verified. Each has all that the levels before it have. */
export const TrustLevel = z.enum([
  /** The submission says so. */
  "claimed",
  /** Hashes and derivations check, by the grader's DAG, stages and parameters. */
  "consistent",
  /** All that leads to it was computed here, and agrees; what is judged is what was computed here. */
  "recomputed",
]);
export type TrustLevel = z.infer<typeof TrustLevel>;

export const ItemResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  group: z.string().nullable(),
  status: ItemStatus,
  /** The level at which its evidence was verified; null where there is none. */
  level: TrustLevel.nullable(),
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

/** The points of the items of one group. */
export const GroupResult = z.strictObject({
  /** Null for items without a group. */
  group: z.string().nullable(),
  items: z.int().positive(),
  passed: z.int().nonnegative(),
  points: z.number().nonnegative(),
  maxPoints: z.number().nonnegative(),
});
export type GroupResult = z.infer<typeof GroupResult>;

/** Something in a submitted run that does not fit the rest of it. */
export const TrustProblem = z.strictObject({
  /** The file or the job's entry in the manifest. */
  where: z.string(),
  message: z.string(),
  /** Jobs whose outputs cannot be relied on for it; none where the values are not affected. */
  jobs: z.array(z.string()),
});
export type TrustProblem = z.infer<typeof TrustProblem>;

/** A job that was computed here, from the grader's data, code and parameters. */
export const Recomputed = z.strictObject({
  job: z.string(),
  outcome: z.enum(["same-bytes", "within-tolerance", "differs", "not-recomputed"]),
  /** On a machine of other facts (adapter, driver, version), or with other code: what differs. */
  differs: z.array(z.string()),
  message: z.string().nullable(),
});
export type Recomputed = z.infer<typeof Recomputed>;

/**
 * Digests of what a submission has of one job that depends on a machine or a seed. Two submissions that
 * have the same were computed alike, or once.
 */
export const Fingerprint = z.strictObject({
  /** Over the hashes of its outputs. */
  outputs: Sha256,
  /** The moment at which it began, and its seconds. */
  times: z.string(),
});
export type Fingerprint = z.infer<typeof Fingerprint>;

/** Another run or submission with the same bytes in what depends on a machine or a seed. */
export const Similar = z.strictObject({
  to: z.string(),
  /** Jobs with the same bytes, of how many that both have. */
  jobs: z.array(z.string()),
  of: z.int().positive(),
  /** Those of them that also began and ended at the same moments: they were computed once. */
  computedOnce: z.array(z.string()),
});
export type Similar = z.infer<typeof Similar>;

export const Grade = z.strictObject({
  version: z.literal(1),
  /** The run's id, or the file of metrics; by the name that the user gave. */
  subject: z.string(),
  /** A complete run, one that ended early, one that left no manifest, or metrics without a run. */
  form: z.enum(["complete", "failed", "interrupted", "unreadable", "metrics-alone"]),
  /** Experiment of the run; null if there is no run. */
  experiment: z.string().nullable(),
  /** Moment at which the run began, and its seconds, as its manifest says; null if there is none. */
  started: Moment.nullable(),
  seconds: Seconds.nullable(),
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
  /** Subtotals, in the order of the expected file's groups. */
  groups: z.array(GroupResult),
  items: z.array(ItemResult),
  trust: z.strictObject({
    /** The level that an item needs for points. */
    required: TrustLevel,
    /** The lowest level of the items that have points; null where none has. */
    level: TrustLevel.nullable(),
    /** Checks that were made, in words. */
    checks: z.array(z.string()),
    problems: z.array(TrustProblem),
    recomputed: z.array(Recomputed),
    /** By the names of jobs that depend on a machine or a seed. */
    fingerprints: z.record(z.string(), Fingerprint),
    similar: z.array(Similar),
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
