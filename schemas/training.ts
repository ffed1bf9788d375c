/** The course of a training, and how a network classifies a test set. */
import { z } from "zod";

export const History = z.strictObject({
  /** Epoch k is the k-th pass over the training set, from 1 on. */
  epochs: z.array(z.strictObject({
    epoch: z.int().positive(),
    /** Mean over samples, in nats, of the losses seen before each update. */
    trainLoss: z.number(),
  })),
});
export type History = z.infer<typeof History>;

const Count = z.int().nonnegative();

export const EpochEvaluation = z.strictObject({
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
export type EpochEvaluation = z.infer<typeof EpochEvaluation>;
