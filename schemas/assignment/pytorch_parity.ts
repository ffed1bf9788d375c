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
  /** The same from this program's own run of the seed on WebGPU; null where none is committed. */
  webgpu: Distances.nullable(),
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

/**
 * The distance of a run's curve from the mean of other runs, on average over the epochs, and the 95 %
 * confidence interval of the difference between the two programs.
 */
const Offset = z.strictObject({
  mean: z.number(),
  standardError: z.number().nonnegative(),
  low: z.number(),
  high: z.number(),
});

/** Curves with the assignment's and the prediction band of the same program. */
export const Curves = z.strictObject({
  /** The probability that a new run lies inside at every epoch of all curves. */
  level: z.number(),
  /** PyTorch's runs that the assignment is compared with, and those without this run's own seed. */
  seeds: z.strictObject({ all: Count, others: Count, own: Count }),
  /** The prediction band, in words. */
  band: z.string(),
  curves: z.array(z.strictObject({
    quantity: z.enum(["train-loss", "test-loss", "test-accuracy"]),
    epochs: z.array(z.strictObject({
      epoch: Count,
      measured: z.number(),
      reported: z.number(),
      replicates: z.strictObject({ mean: z.number(), standardDeviation: z.number() }),
      /** From all seeds, for the assignment's rows. */
      band: Ends,
      /** From all seeds but this run's, for its own. */
      own: Ends,
    })),
    offset: z.strictObject({ reported: Offset, measured: Offset }),
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
  /** PyTorch's runs without this run's own seed. */
  replicates: z.strictObject({
    count: Count,
    mean: z.number(),
    standardDeviation: z.number(),
    /** For another run, together with its curves. */
    prediction: Ends,
  }),
});
export type LossGap = z.infer<typeof LossGap>;
