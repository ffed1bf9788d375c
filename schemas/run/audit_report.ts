/**
 * The report of an audit: which artifacts keep their bytes when their jobs run again under changed
 * conditions. `audit --json` prints it; `pipeline/diff/audit/` words it.
 */
import { z } from "zod";
import { OutputComparison } from "./comparison.ts";
import { Environment } from "./manifest.ts";
import { Moment, Seconds } from "./time.ts";

/** Conditions in the order in which they are tried; `backend` only where a backend is named. */
export const conditionNames = [
  "again",
  "path",
  "zone",
  "locale",
  "clock",
  "user",
  "umask",
  "terminal",
  "workers",
  "order",
  "cores",
  "backend",
] as const;
export const ConditionName = z.enum(conditionNames);
export type ConditionName = z.infer<typeof ConditionName>;

/** Likely sources of a difference. */
export const SourceKind = z.enum([
  "time",
  "time zone",
  "random",
  "unknown",
  ...ConditionName.exclude(["again", "zone", "clock"]).options,
]);
export type SourceKind = z.infer<typeof SourceKind>;

export const ConditionResult = z.strictObject({
  name: ConditionName,
  /** Names what is other than in the first run. */
  about: z.string(),
  /**
   * `kept`: it changed no artifact. `differs`: it changed some. `failed`: no run began under it.
   * `not-tried`: this machine cannot change it.
   */
  state: z.enum(["kept", "differs", "failed", "not-tried"]),
  /** The reason of a failure, or why it was not tried or only in part. */
  note: z.string().nullable(),
});
export type ConditionResult = z.infer<typeof ConditionResult>;

/** An artifact that does not keep its bytes. */
export const Finding = z.strictObject({
  job: z.string(),
  output: z.string(),
  /**
   * The conditions that change it, each alone, the first one first; those of `together` only all
   * at once. Empty if a second run of everything changed nothing: then it differs seldom.
   */
  changedBy: z.array(ConditionName),
  together: z.boolean(),
  /** The jobs before it whose other bytes it follows; it was not tried without them. */
  follows: z.array(z.string()),
  /** True if the key says so: it names the machine fact that changed, so nothing is hidden. */
  declared: z.boolean(),
  source: z.strictObject({ kind: SourceKind, why: z.string() }),
  /** Changed lines of the job's key, as `label: old → new`. */
  key: z.array(z.string()),
  /** The reason why the job gave nothing under the condition. */
  error: z.string().nullable(),
  /** The first run and one with other bytes, compared. */
  difference: OutputComparison,
});
export type Finding = z.infer<typeof Finding>;

export const Audit = z.strictObject({
  version: z.literal(1),
  experiment: z.string(),
  /** The jobs that `--only` names, with ", " between them. */
  only: z.string().nullable(),
  started: Moment,
  seconds: Seconds,
  /** The number of runs, and the time of the first one. */
  runs: z.int().min(1),
  first: Seconds,
  workers: z.int().min(1),
  environment: Environment,
  jobs: z.int().nonnegative(),
  artifacts: z.int().nonnegative(),
  conditions: z.array(ConditionResult),
  findings: z.array(Finding),
  /** Clean: every artifact kept its bytes under all conditions that were tried, or says why not in its key. */
  verdict: z.enum(["clean", "differs"]),
  /** One line for a README, in Markdown. */
  badge: z.string(),
});
export type Audit = z.infer<typeof Audit>;
