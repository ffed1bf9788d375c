/** Distances of a training from PyTorch's of the same seed, and what they are compared with. */
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

const Ends = z.strictObject({ low: z.number(), high: z.number() });

/** Distance of the assignment's curve from the replicates' mean, averaged from an epoch on. */
const Offset = z.strictObject({
  from: Count,
  mean: z.number(),
  /** Two-sided, of the assignment being one more run of the same program. */
  p: z.number().min(0).max(1),
});

/** A curve with the assignment's and the prediction band of the same program. */
export const Curves = z.strictObject({
  /** Level of the prediction bands and intervals. */
  level: z.number(),
  /** The rule of the prediction band, and its level. */
  band: z.string(),
  curves: z.array(z.strictObject({
    quantity: z.enum(["train-loss", "test-loss", "test-accuracy"]),
    epochs: z.array(z.strictObject({
      epoch: Count,
      measured: z.number(),
      reported: z.number(),
      replicates: z.strictObject({ mean: z.number(), standardDeviation: z.number() }),
      band: Ends,
      /** The same for this one value alone. */
      prediction: Ends,
    })),
    /** Over all epochs; and from that epoch on which gives the least p, corrected for the choice. */
    offset: z.strictObject({ overall: Offset, persistent: Offset }),
    /** Epochs outside the prediction band. */
    outside: z.strictObject({ measured: z.array(Count), reported: z.array(Count) }),
  })),
});
export type Curves = z.infer<typeof Curves>;

/** The test loss less the train loss after the last epoch. */
export const LossGap = z.strictObject({
  epoch: Count,
  reported: z.number(),
  /** With the train loss seen during the epoch, and that of the same weights after it. */
  during: z.number(),
  after: z.number(),
  replicates: z.strictObject({
    count: Count,
    mean: z.number(),
    standardDeviation: z.number(),
    /** Prediction interval for another run, at the level of the curves' prediction bands. */
    prediction: Ends,
  }),
});
export type LossGap = z.infer<typeof LossGap>;
