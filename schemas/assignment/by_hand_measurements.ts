/** Measurements of question 4's network besides its evaluations. */
import { z } from "zod";

const Count = z.int().nonnegative();

/** Trainings that differ in nothing but the order in which sums are taken. */
export const SummationOrders = z.strictObject({
  samples: z.int().positive(),
  orders: z.array(z.strictObject({
    name: z.string(),
    /** After so many passes; 0 is before training. Losses are means over samples, in nats. */
    epochs: z.array(z.strictObject({ epoch: Count, correct: Count, loss: z.number() })).min(1),
  })).min(1),
});
export type SummationOrders = z.infer<typeof SummationOrders>;

/** The hand-written gradient compared with others of the same loss, layer by layer. */
export const GradientCheck = z.strictObject({
  /** Samples whose losses are differentiated, each by itself. */
  samples: z.int().positive(),
  rows: z.array(z.strictObject({
    /** Weights after so many passes. */
    epoch: Count,
    layer: z.int().positive(),
    against: z.enum(["central-differences", "autodiff"]),
    /** The hand-written gradient, or one with a deliberate mistake. */
    gradient: z.enum(["hand-written", "without-slopes"]),
    /** Weights and biases compared. */
    parameters: z.int().positive(),
    /** Largest difference over all samples and parameters, over the largest gradient of the layer. */
    largestRelative: z.number().nonnegative(),
  })).min(1),
});
export type GradientCheck = z.infer<typeof GradientCheck>;

const MeanAndMedian = z.strictObject({ mean: z.number(), median: z.number() });

/** Sizes of the first layer's gradients, and slopes of its sigmoids, sample by sample. */
export const GradientScale = z.strictObject({
  rows: z.array(z.strictObject({
    /** With the initial weights; or each before its update, of the first pass or its beginning. */
    when: z.enum(["at-start", "first-thousand", "first-epoch"]),
    samples: z.int().positive(),
    /** Frobenius norm of the gradient of one sample's loss with respect to the first weights. */
    gradientNorm: MeanAndMedian,
    /** σ' over all units of the first layer; 1/4 at most. */
    slope: MeanAndMedian,
    /** Largest |z| of any sigmoid's argument. */
    largestArgument: z.number().nonnegative(),
  })).min(1),
  /** Mean losses of the first pass in nats, each sample's before its update, by so many samples. */
  losses: z.strictObject({ samples: z.int().positive(), means: z.array(z.number()).min(1) }),
});
export type GradientScale = z.infer<typeof GradientScale>;

/** The weighted inputs of networks drawn by one rule, on one real batch. */
export const WeightedInputs = z.strictObject({
  samples: z.int().positive(),
  networks: z.int().min(2),
  confidence: z.number().min(0).max(1),
  layers: z.array(z.strictObject({
    layer: z.int().positive(),
    /** √ of the mean square over units, samples and networks; the mean of a weighted input is 0. */
    deviation: z.number(),
    standardError: z.number(),
    interval: z.strictObject({ low: z.number(), high: z.number() }),
    /** n_in σ² E[x²] by theory, under the root. */
    predicted: z.number(),
  })).min(1),
});
export type WeightedInputs = z.infer<typeof WeightedInputs>;

/** Networks drawn by one rule and not trained, on the test set. */
export const Untrained = z.strictObject({
  samples: z.int().positive(),
  rule: z.string(),
  /** Correct answers of the network that is trained elsewhere, before training. */
  ofTrained: Count,
  /** Correct answers of each of the others. */
  correct: z.array(Count).min(2),
  mean: z.number(),
  /** Between networks. */
  standardDeviation: z.number(),
  confidence: z.number().min(0).max(1),
  /** Interval of the mean. */
  interval: z.strictObject({ low: z.number(), high: z.number() }),
});
export type Untrained = z.infer<typeof Untrained>;

/** Floating-point operations of the output layer's δ = ∂L/∂a. */
export const DeltaOperations = z.strictObject({
  samples: z.int().positive(),
  /** Multiplications and additions of a training step: forward, backward and update of all layers. */
  step: Count,
  rows: z.array(z.strictObject({
    /** Weights after so many passes. */
    epoch: Count,
    way: z.enum(["simplified", "chain-rule", "chain-rule-of-the-true-class"]),
    /** Additions, subtractions, multiplications and divisions for one sample. */
    operations: z.number(),
    /** Largest difference of an entry from the simplified δ, over samples. */
    largestDifference: z.number().nonnegative(),
  })).min(1),
});
export type DeltaOperations = z.infer<typeof DeltaOperations>;

/** The sigmoid as a choice between two branches that are both evaluated, over z of 0 to ± largest. */
export const SigmoidForms = z.strictObject({
  largest: z.number().positive(),
  clip: z.number().positive(),
  points: Count,
  /** Largest, of the branch taken, where the sigmoid is a normal number. */
  relativeError: z.number().nonnegative(),
  /** Points where the branch taken, or any branch, is not finite. */
  notFinite: Count,
  branchesNotFinite: Count,
  /** Points where an exponential overflows, of which numpy warns; and the least |z| of them. */
  overflows: Count,
  overflowsFrom: z.number().nullable(),
  /** The same after clipping z to ± clip. */
  overflowsClipped: Count,
  /** Largest change of a value by the clip. */
  differenceByClip: z.number().nonnegative(),
});
export type SigmoidForms = z.infer<typeof SigmoidForms>;
