/** The pictures that the assignment shows, with a run's predictions for them. */
import { z } from "zod";

const Count = z.int().nonnegative();

export const ShownSamples = z.strictObject({
  /** The last, short batch of the test set. */
  lastBatch: z.strictObject({
    samples: z.int().positive(),
    /** How many of the assignment's true labels are those of the file. */
    labelsEqual: Count,
    /** How many predictions of this run are the assignment's. */
    predictionsEqual: Count,
    correct: z.strictObject({ reported: Count, measured: Count }),
    loss: z.strictObject({ reported: z.number(), measured: z.number() }),
    /** The losses and correct answers of other seeds, and where the next one's loss would lie. */
    seeds: z.strictObject({
      count: z.int().min(2),
      correct: z.strictObject({ least: Count, most: Count }),
      mean: z.number(),
      standardDeviation: z.number(),
      confidence: z.number(),
      prediction: z.strictObject({ low: z.number(), high: z.number() }),
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
    /** Of these, how many give the true class at least the assignment's probability for its second. */
    asShown: Count,
  }),
});
export type ShownSamples = z.infer<typeof ShownSamples>;
