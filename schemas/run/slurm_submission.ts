/**
 * Files in the directory `slurm/` of a run on Slurm: what was submitted, what a node needs to run a job, and
 * what it reports.
 */
import { z } from "zod";
import { ClusterFile } from "./cluster.ts";
import { Sha256 } from "./digest.ts";
import { Experiment } from "./experiment.ts";
import { Float } from "./float.ts";
import { Deviation } from "./manifest.ts";
import { Resources } from "./job_resources.ts";
import { progressed } from "./logged_event.ts";

/** `submission.json`, written before anything is submitted. */
export const Submission = z.strictObject({
  version: z.literal(1),
  run: z.string(),
  /** Names its jobs to Slurm: what was submitted is found by it, whatever became of who submitted. */
  token: z.string().regex(/^[0-9a-f]{16}$/),
  started: z.iso.datetime(),
  /** Experiment of each replicate: the same jobs, with parameters of their own. One for a single run. */
  experiments: z.array(Experiment).min(1),
  /** For each replicate: the ticket of each submitted job. */
  jobs: z.array(z.record(z.string(), z.int().nonnegative())).min(1),
  /** Options as given, for the messages at the end. */
  options: z.strictObject({
    experiment: z.string(),
    deviation: Deviation,
    /** One text in submissions from before it could be several. */
    only: z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]),
    force: z.array(z.string()),
    json: z.boolean(),
    arguments: z.array(z.string()),
  }),
  /** The store, if it is not the one in `artifacts/`. */
  store: z.string().optional(),
  settings: z.strictObject({ dataDirectory: z.string().optional() }),
  cluster: ClusterFile,
  /** Stage → what a node needs to run it; its bundle is in the store. */
  stages: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      sha256: Sha256,
      beside: z.array(z.string()),
      installed: z.array(z.string()),
      data: z.record(z.string(), z.string()),
      inputs: z.array(z.string()),
      outputs: z.array(z.string()),
      /** Set if the stage may use the graphics driver. */
      usesAdapter: z.boolean().optional(),
      access: z.strictObject({
        net: z.array(z.string()).optional(),
        read: z.array(z.string()).optional(),
        run: z.array(z.string()).optional(),
      }),
      /** Set if several jobs have the stage. */
      isShared: z.boolean().optional(),
      isProgram: z.boolean().optional(),
    }),
  ),
  /** Own data, by the names of the jobs that they are → their hashes. */
  data: z.record(z.string(), Sha256),
});
export type Submission = z.infer<typeof Submission>;

/** An input: stored bytes, or an output of another ticket's job. */
const TicketInput = z.union([
  z.strictObject({ sha256: Sha256 }),
  z.strictObject({ ticket: z.int().nonnegative(), output: z.string() }),
]);

/** `tickets/N.json`: a job on its way to a node. Its key is known once its inputs are. */
export const Ticket = z.strictObject({
  job: z.string(),
  stage: z.string(),
  force: z.boolean(),
  /** True if the store has a result that was found to be of no use. */
  again: z.boolean(),
  resources: Resources,
  /** The lines of its key but for those of its inputs. */
  lines: z.array(z.string()),
  inputs: z.record(z.string(), TicketInput),
});
export type Ticket = z.infer<typeof Ticket>;

/** A line of `submitted.jsonl`: what was handed to Slurm. */
export const Submitted = z.strictObject({
  ticket: z.int().nonnegative(),
  /** Slurm's name of it: `17`, or `17_4` for an element of an array. */
  id: z.string().regex(/^\d+(_\d+)?$/),
  /** Text of the comment after the token. It tells jobs apart if a controller reuses numbers. */
  name: z.string(),
  at: z.iso.datetime(),
});
export type Submitted = z.infer<typeof Submitted>;

const At = { at: z.iso.datetime() };
const Text = z.string().max(100_000);

/** A line of `journals/N.jsonl`, by which a node says how a ticket's job goes. */
export const JournalLine = z.discriminatedUnion("type", [
  z.strictObject({
    ...At,
    type: z.literal("began"),
    id: z.string(),
    node: z.string(),
    /** Number of earlier requeues. */
    restarts: z.int().nonnegative(),
    /** Seconds from the start of its process until the engine and the DAG were loaded. */
    loading: z.number().nonnegative(),
  }),
  z.strictObject({
    ...At,
    type: z.literal("progress"),
    ...progressed,
  }),
  z.strictObject({
    ...At,
    type: z.literal("measured"),
    metric: Text,
    step: z.number(),
    value: Float,
  }),
  z.strictObject({ ...At, type: z.literal("notice"), message: Text }),
  z.strictObject({ ...At, type: z.literal("waiting"), pid: z.int().optional() }),
  /** It ended at a checkpoint, because its time was nearly over or on request. */
  z.strictObject({ ...At, type: z.literal("stopped"), requeued: z.boolean() }),
  /** The result is in the store, under this key. */
  z.strictObject({ ...At, type: z.literal("done"), key: Sha256 }),
  z.strictObject({
    ...At,
    type: z.literal("failed"),
    message: Text,
    /** Places in the project's files, the innermost first. */
    trace: z.array(Text).optional(),
    /** The stored bytes for the want of which it failed. */
    lost: Sha256.optional(),
    /** It was started before a job that it needs had a result. */
    premature: z.boolean().optional(),
  }),
]);
export type JournalLine = z.infer<typeof JournalLine>;
