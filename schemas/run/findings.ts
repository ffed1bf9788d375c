/**
 * Findings: figures that were expected beside those of the run. `agrees` is computed by the stage that
 * measures; the summary prints the rows, and one that does not agree makes the run's answer "no".
 */
import { z } from "zod";
import { Float } from "./float.ts";

export const Expectation = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("exact"), value: z.number() }),
  /** The value as printed: the measured one must round to it at `digits` decimals. */
  z.strictObject({ kind: z.literal("rounded"), value: z.number(), digits: z.int().min(0).max(15) }),
  /** Both ends included. */
  z.strictObject({ kind: z.literal("range"), low: z.number(), high: z.number() }),
]);
export type Expectation = z.infer<typeof Expectation>;

export const Finding = z.strictObject({
  /** The metric's name within its job. */
  metric: z.string(),
  /** Where the expected value comes from. */
  source: z.string(),
  expected: Expectation,
  /** Null where the run did not measure it. */
  measured: Float.nullable(),
  agrees: z.boolean(),
});
export const Findings = z.array(Finding);
export type Finding = z.infer<typeof Finding>;
