/** The predictions of question 3's two models, image by image, and the labels that they meet. */
import { z } from "zod";

const Count = z.int().nonnegative();
const Interval = z.strictObject({ low: z.number(), high: z.number() });

export const PairedPredictions = z.strictObject({
  samples: z.int().positive(),
  /** Test images that both models predict correctly, only one of them, or neither. */
  paired: z.strictObject({
    both: Count,
    networkAlone: Count,
    logisticAlone: Count,
    neither: Count,
  }),
  /** Accuracy of the network less that of the logistic model, on the same images. */
  improvement: z.strictObject({
    difference: z.number(),
    standardError: z.number().nonnegative(),
    confidence: z.number().min(0).max(1),
    interval: Interval,
    /** McNemar's exact test that images which one model alone predicts are either's alike. */
    p: z.number().min(0).max(1),
  }),
  /** Predictions whose probability is about one that was read from a picture. */
  bin: z.strictObject({
    read: z.number(),
    /** From `from` on, below `to`. */
    from: z.number(),
    to: z.number(),
    count: Count,
    correct: Count,
    meanProbability: z.number(),
    confidence: z.number().min(0).max(1),
    /** Clopper and Pearson's interval of the share that is correct. */
    interval: Interval,
    /** Predictions of the whole test set with a lower probability than the one read. */
    below: Count,
  }),
  footwear: z.strictObject({
    /** Label of the first training image. */
    firstLabel: Count,
    /** Labels of the classes that are footwear, and the test images of each. */
    labels: z.array(Count).min(1),
    images: z.array(Count).min(1),
    /** Misclassified images with label 9: all, and those predicted as other footwear. */
    misclassified: Count,
    asOtherFootwear: Count,
  }),
});
export type PairedPredictions = z.infer<typeof PairedPredictions>;
