/** What was found about the initial weights of a network, tensor by tensor. */
import { z } from "zod";

/** One test of one tensor. */
export const WeightTest = z.strictObject({
  name: z.string(),
  statistic: z.number(),
  /** Two-sided; absent for a test that is no test of chance (a bound, a constant). */
  p: z.number().min(0).max(1).optional(),
  passed: z.boolean(),
});
export type WeightTest = z.infer<typeof WeightTest>;

export const TensorCheck = z.strictObject({
  tensor: z.string(),
  shape: z.array(z.int().positive()),
  mean: z.number(),
  /** Mean of the squares: the variance about the rule's mean, which is 0. */
  variance: z.number(),
  /** What the rule prescribes, and the rule in words. */
  expectedVariance: z.number(),
  rule: z.string(),
  tests: z.array(WeightTest),
});
export type TensorCheck = z.infer<typeof TensorCheck>;

export const InitialisationReport = z.strictObject({
  generator: z.string(),
  seed: z.int(),
  /** A tensor is refused if a test's p-value lies below this. */
  level: z.number(),
  tensors: z.array(TensorCheck),
});
export type InitialisationReport = z.infer<typeof InitialisationReport>;
