/** Checks of a network's initial weights, the generator's state after them, and a first batch. */
import { z } from "zod";

/** One test of one tensor. */
export const WeightTest = z.strictObject({
  name: z.string(),
  statistic: z.number(),
  /** p-value; absent for a test that is no test of chance (a constant). */
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
  /** Variance that the rule prescribes, and the rule in words. */
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

/** A decimal integer below 2^128, which JSON's numbers cannot hold. */
const Decimal = z.string().regex(/^\d{1,39}$/);
const Word = z.int().min(0).max(2 ** 32 - 1);

/**
 * State of a generator after the initial weights were drawn, in the form of numpy's
 * `bit_generator.state`. PyTorch's CPU generator is an MT19937 too.
 */
export const GeneratorState = z.discriminatedUnion("bit_generator", [
  z.strictObject({
    bit_generator: z.literal("MT19937"),
    state: z.strictObject({ key: z.array(Word).length(624), pos: z.int().min(0).max(624) }),
  }),
  z.strictObject({
    bit_generator: z.literal("PCG64"),
    state: z.strictObject({ state: Decimal, inc: Decimal }),
    /** 1 where half of an output has been drawn; `uinteger` is the other half. */
    has_uint32: z.literal([0, 1]),
    uinteger: Word,
  }),
]);
export type GeneratorState = z.infer<typeof GeneratorState>;

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
