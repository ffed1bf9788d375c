/** Losses and correct counts of trainings that run longer than the assignment's. */
import { z } from "zod";

const Count = z.int().nonnegative();

/** Epochs count from 0; losses are means of batch means. */
export const LongerTraining = z.strictObject({
  seed: Count,
  lowestTestLossAt: Count,
  epochs: z.array(z.strictObject({
    epoch: Count,
    trainLoss: z.number(),
    testLoss: z.number(),
    testCorrect: Count,
  })).min(1),
});
export type LongerTraining = z.infer<typeof LongerTraining>;
