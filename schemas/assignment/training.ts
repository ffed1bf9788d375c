/** Losses of a training, and evaluations of a network on a test set. */
import { z } from "zod";

export const History = z.strictObject({
  /** Epoch k is the k-th pass over the training set, from 1 on. */
  epochs: z.array(z.strictObject({
    epoch: z.int().positive(),
    /** Mean over samples, in nats, of the losses seen before each update. */
    trainLoss: z.number(),
  })),
});

const Count = z.int().nonnegative();

const EpochEvaluation = z.strictObject({
  /** After so many passes; 0 is before training. */
  epoch: Count,
  /** Mean over samples, in nats. */
  loss: z.number(),
  correct: Count,
  /** Row: true class; column: predicted class. */
  confusion: z.array(z.array(Count)),
  /** By class; null where nothing was predicted as it, or nothing is of it. */
  precision: z.array(z.number().nullable()),
  recall: z.array(z.number().nullable()),
});

export const Evaluation = z.strictObject({
  samples: z.int().positive(),
  epochs: z.array(EpochEvaluation).min(1),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** The course of a training on a device. Epoch k is the k-th pass from 0 on, as the assignment counts. */
export const DeviceHistory = z.strictObject({
  samples: z.int().positive(),
  batchSize: z.int().positive(),
  /** Labels of the first batch of epoch 0, in its order. */
  firstBatchLabels: z.array(Count),
  epochs: z.array(z.strictObject({
    epoch: Count,
    /** In nats, seen before each update: the mean of the batches' means, as the assignment has it. */
    trainLoss: z.number(),
    /** The same as a mean over samples, in which the short last batch counts for what it is. */
    trainLossOverSamples: z.number(),
  })),
  /** Place at which the loss ceased to be finite, if the training records that instead of failing. */
  diverged: z.strictObject({ epoch: Count, batch: Count, where: z.string() }).nullable(),
});
export type DeviceHistory = z.infer<typeof DeviceHistory>;

export const DeviceEvaluation = z.strictObject({
  samples: z.int().positive(),
  batchSize: z.int().positive(),
  epochs: z.array(z.strictObject({
    ...EpochEvaluation.shape,
    /** The mean of the batches' means, as the assignment has it; `loss` is the mean over samples. */
    lossOfBatches: z.number(),
  })).min(1),
  /** The last, short batch of the test set, by the weights of the last epoch. */
  lastBatch: z.strictObject({
    labels: z.array(Count),
    predictions: z.array(Count),
    loss: z.number(),
  }),
  /** The training set by the weights of the last epoch, after it rather than during it. */
  trainAfter: z.strictObject({ loss: z.number(), lossOfBatches: z.number(), correct: Count }),
});
export type DeviceEvaluation = z.infer<typeof DeviceEvaluation>;
