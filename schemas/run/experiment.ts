/** An experiment: jobs of the DAG that run together, and their parameters. */
import { z } from "zod";
import { CurveName, MetricName } from "./metric_name.ts";

/** Settings of `deno task replicate`: runs of an experiment that differ only in their seeds. */
export const Replicate = z.strictObject({
  /** The jobs whose metrics are wanted; they and what they need are run. */
  jobs: z.array(z.string()).min(1),
  /** The parameters that a seed sets, or what is inside them: `seed`, `optimizer.seed`. */
  seeds: z.array(z.strictObject({ job: z.string(), parameter: z.string() })).min(1),
  /** The range of a metric's possible values, by its name, a curve's with "*" for the number at its end. */
  bounds: z.record(
    z.string(),
    z.strictObject({ low: z.number().optional(), high: z.number().optional() })
      .refine(({ low = -Infinity, high = Infinity }) => low <= high, {
        error: "expected low <= high",
      }),
  ).default({}),
});
export type Replicate = z.infer<typeof Replicate>;

/** Backend that computes tensors. */
export const Backend = z.enum(["webgpu", "wasm"]);
export type Backend = z.infer<typeof Backend>;

/** Executor of the jobs; no byte depends on it. */
export const ExecutorName = z.enum(["local", "slurm"]);

/**
 * Caps what a user names and what becomes part of a file's name: an experiment, and each part of a
 * job's or an output's name, in UTF-16 code units. In UTF-8, with what fanin adds, such a name still
 * fits the 255 bytes that file systems allow. Checked before a run starts and not in manifests, so that
 * every run that was ever recorded can be read.
 */
export const longestName = 64;

/** Words what a main metric's name must be, by what is wrong with the given one. */
const mainMetricRule = ({ input }: { input?: unknown }): string => {
  const form = String(input).includes("*") ? CurveName : MetricName;
  return form.safeParse(input).error?.issues[0].message ?? "expected a metric's name";
};

export const Experiment = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected a-z, 0-9 and -"),
  about: z.string(),
  /** The jobs wanted, with all that they need; absent means every job of the DAG. */
  jobs: z.array(z.string()).min(1).optional(),
  /** Accepted for jobs that compute on a device, in order of preference. */
  backends: z.array(Backend).min(1).default(["webgpu"]),
  /** Absent means this machine, and `--executor` says otherwise. */
  executor: ExecutorName.optional(),
  /** Parameters by job; what is not named here keeps the default of its stage. */
  parameters: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  /**
   * Its main metrics, in the order that summaries and tables of runs show them. "*" stands for the
   * number at the end of a curve: `mlp.test-loss.epoch-*` means the last epoch's.
   */
  metrics: z.array(z.union([MetricName, CurveName], { error: mainMetricRule })).optional(),
  /** Absent where a seed means nothing to it. */
  replicate: Replicate.optional(),
});
export type Experiment = z.infer<typeof Experiment>;
/** An experiment as it is written: what has a default may be left out. */
export type ExperimentInput = z.input<typeof Experiment>;
