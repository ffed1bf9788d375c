/** The pictures that the assignment shows, with a run's predictions for them. */
import { z } from "zod";

const Count = z.int().nonnegative();

const Predicted = z.strictObject({
  mean: z.number(),
  standardDeviation: z.number(),
  /** Both ends included. */
  low: z.number(),
  high: z.number(),
  /** The largest difference of two runs. */
  apart: z.number(),
});

export const ShownSamples = z.strictObject({
  /** The last, short batch of the test set. */
  lastBatch: z.strictObject({
    samples: z.int().positive(),
    /** Number of the assignment's true labels that equal the file's. */
    labelsEqual: Count,
    /** Number of this run's predictions that equal the assignment's. */
    predictionsEqual: Count,
    correct: z.strictObject({ reported: Count, measured: Count }),
    loss: z.strictObject({ reported: z.number(), measured: z.number() }),
    /** Runs from other seeds than this run's, and what they predict of one more, both values at once. */
    seeds: z.strictObject({
      count: z.int().min(3),
      level: z.number(),
      correct: Predicted,
      loss: Predicted,
    }),
  }),
  /** The pictures that an index drawn below the number of batches can reach. */
  reach: z.strictObject({
    samples: z.int().positive(),
    batches: z.int().positive(),
    /** Below which the assignment draws. */
    bound: z.int().positive(),
    /** By class, among the reachable. */
    classCounts: z.array(Count),
  }),
  /** Test images that this run takes for another class, the true one being the second in probability. */
  second: z.strictObject({
    misclassified: Count,
    trueSecond: Count,
    /**
     * The number of these that give the true class at least the assignment's probability for its second
     * class.
     */
    asShown: Count,
  }),
});
export type ShownSamples = z.infer<typeof ShownSamples>;
