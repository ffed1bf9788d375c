/** The messages between the grader and the process that opens one submission, as lines of JSON. */
import { z } from "zod";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { Grade, TrustLevel } from "../../../schemas/run/graded.ts";

/** The only line that the process reads. Paths are absolute. */
export const Task = z.strictObject({
  /** The submission: a regular file or a directory. */
  path: z.string(),
  /** Its name for people. */
  name: z.string(),
  /** The grader's project; see `Project`. */
  root: z.string(),
  artifacts: z.string(),
  /** The grader's command line: a DAG may look at its arguments. */
  program: z.strictObject({ module: z.string(), args: z.array(z.string()) }),
  /** Absent for a project without jobs. */
  dagModule: z.string().optional(),
  /** By name; one that cannot be loaded has its problem. */
  experiments: z.record(
    z.string(),
    z.union([Experiment, z.strictObject({ problem: z.string() })]),
  ),
  /** See `Grading`. */
  expected: z.string().optional(),
  experiment: z.string().optional(),
  require: TrustLevel.optional(),
  allItems: z.boolean(),
  /** Expected values for metrics without a run, which wait until there are some. */
  metricsExpected: z.string().optional(),
  /** Cap on the memory of the process, in MiB, while it computes nothing again. */
  memory: z.number(),
});
export type Task = z.infer<typeof Task>;

/** A report of the process: any number of steps, then one end. */
export const Report = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("started"), job: z.string(), about: z.string() }),
  z.strictObject({ type: z.literal("ended"), job: z.string() }),
  /** From here on each job has limits of its own. */
  z.strictObject({ type: z.literal("recomputing") }),
  z.strictObject({ type: z.literal("graded"), grade: Grade }),
  z.strictObject({ type: z.literal("deferred") }),
  /** The submission cannot be read, for this reason. */
  z.strictObject({ type: z.literal("refused"), why: z.string() }),
  z.strictObject({ type: z.literal("too-large") }),
]);
export type Report = z.infer<typeof Report>;
