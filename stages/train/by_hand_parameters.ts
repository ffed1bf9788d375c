/** Parameters of the trainings by hand, of question 4. */
import { z } from "zod";

export const byHandParameters = z.strictObject({
  epochs: z.int().nonnegative().default(3),
  learningRate: z.number().positive().default(0.003),
});
