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

/** Second moments through a network at its start, on one real batch: by theory, and as they are. */
export const BatchMoments = z.strictObject({
  rule: z.string(),
  samples: z.int().positive(),
  /** E[x²] of the batch's pixels, from which the prediction starts. */
  input: z.number(),
  layers: z.array(z.strictObject({
    name: z.string(),
    /** Variance of the weights and of the biases by the rule. */
    weightVariance: z.number(),
    biasVariance: z.number(),
    /** Second moment of the layer's weighted inputs. */
    activation: z.strictObject({ predicted: z.number(), measured: z.number() }),
    /** Second moment of the loss's gradient with respect to them, of one sample's loss. */
    gradient: z.strictObject({ predicted: z.number(), measured: z.number() }),
  })),
});
export type BatchMoments = z.infer<typeof BatchMoments>;
