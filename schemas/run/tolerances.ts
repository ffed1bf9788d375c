/**
 * A file of tolerances for `diff --tolerances`, which replaces those that outputs declare. In names "*"
 * stands for any characters; of several entries that fit, the last counts.
 */
import { z } from "zod";
import { Bounds, Tolerance } from "./tolerance.ts";

const Pattern = z.string().min(1).max(500);

export const Tolerances = z.strictObject({
  version: z.literal(1),
  outputs: z.array(z.strictObject({
    job: Pattern.default("*"),
    output: Pattern.default("*"),
    /** The artifact's kind: "weights-by-epoch-float32". */
    type: Pattern.default("*"),
    tolerance: Tolerance,
  })).max(10_000).default([]),
  /** By the metric's name in metrics.json. */
  metrics: z.array(z.strictObject({ name: Pattern, ...Bounds.shape })).max(10_000).default([]),
});
export type Tolerances = z.infer<typeof Tolerances>;

export const noTolerances: Tolerances = { version: 1, outputs: [], metrics: [] };
