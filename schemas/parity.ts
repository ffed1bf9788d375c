/** How far a training lies from PyTorch's of the same seed, and what such distances are held against. */
import { z } from "zod";

const Count = z.int().nonnegative();

/** A distance by arithmetic alone, and a limit. */
const Distances = z.strictObject({
  trainLoss: z.number().nonnegative(),
  testLoss: z.number().nonnegative(),
  testCorrect: z.number().nonnegative(),
});

export const Parity = z.strictObject({
  seed: Count,
  firstBatchLabelsEqual: z.boolean(),
  /** Largest |ours / PyTorch's - 1| over the first 20 batches' losses. */
  firstLossesRelative: z.number().nonnegative(),
  epochs: z.array(z.strictObject({
    epoch: Count,
    /** Ours less PyTorch's. */
    trainLoss: z.number(),
    testLoss: z.number(),
    testCorrect: z.int(),
    /** Standard deviation of PyTorch's runs over seeds. */
    spread: Distances,
  })),
  /** The largest distance over the epochs. */
  largest: Distances,
  yardsticks: z.strictObject({
    /** The largest distance of PyTorch in float64 from PyTorch in float32, same seed. */
    arithmetic: z.strictObject({ seeds: z.array(Count), ...Distances.shape }),
    /** The standard deviation over seeds after the last epoch. */
    seeds: z.strictObject({ count: Count, ...Distances.shape }),
  }),
  limits: z.strictObject({
    firstLossesRelative: z.number(),
    trainLoss: z.number(),
    testCorrect: z.number(),
  }),
});
export type Parity = z.infer<typeof Parity>;

/** A curve beside the document's and the band in which one new run of the same program lies. */
export const Curves = z.strictObject({
  /** How the band is made, and its level. */
  band: z.string(),
  curves: z.array(z.strictObject({
    quantity: z.enum(["train-loss", "test-loss", "test-accuracy"]),
    epochs: z.array(z.strictObject({
      epoch: Count,
      measured: z.number(),
      reported: z.number(),
      replicates: z.strictObject({ mean: z.number(), standardDeviation: z.number() }),
      band: z.strictObject({ low: z.number(), high: z.number() }),
    })),
    /** Epochs outside the band. */
    outside: z.strictObject({ measured: z.array(Count), reported: z.array(Count) }),
  })),
});
export type Curves = z.infer<typeof Curves>;
