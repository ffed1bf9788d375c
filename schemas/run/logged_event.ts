/**
 * A line of a run's log, `events.jsonl` in its directory: one JSON object a line, for whoever follows the
 * run. No result depends on it.
 */
import { z } from "zod";
import { Float } from "./float.ts";

const At = { at: z.iso.datetime() };
const Text = z.string().max(100_000);
const Job = z.string().max(1_000);

/** Fields of a line on the progress of a job. */
export const progressed = { done: z.number(), total: z.number(), unit: Text };

export const LogLine = z.discriminatedUnion("type", [
  /** Always the first line. */
  z.strictObject({
    ...At,
    type: z.literal("opened"),
    run: z.string().max(200),
    experiment: z.string().max(200),
    about: Text,
    /** In an order in which they can run. */
    jobs: z.array(z.strictObject({ name: Job, about: Text, needs: z.array(Job) })),
  }),
  z.strictObject({ ...At, type: z.literal("started"), job: Job }),
  z.strictObject({
    ...At,
    type: z.literal("progress"),
    job: Job,
    ...progressed,
  }),
  /** A metric that a job reports while it runs, such as a loss, after so many of its steps. */
  z.strictObject({
    ...At,
    type: z.literal("measured"),
    job: Job,
    metric: z.string().max(200),
    step: z.number(),
    value: Float,
  }),
  z.strictObject({
    ...At,
    type: z.literal("success"),
    job: Job,
    reason: z.enum(["ran", "cached"]),
    seconds: z.number(),
    from: z.literal("remote").optional(),
  }),
  z.strictObject({ ...At, type: z.literal("failure"), job: Job.optional(), message: Text }),
  z.strictObject({ ...At, type: z.literal("notice"), message: Text }),
  /** The last line; a run without it goes on or was cut off. */
  z.strictObject({
    ...At,
    type: z.literal("ended"),
    status: z.enum(["complete", "failed", "interrupted"]),
    report: z.boolean(),
  }),
]);
export type LogLine = z.infer<typeof LogLine>;
