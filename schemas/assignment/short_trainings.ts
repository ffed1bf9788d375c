/** Short trainings under several initialisation rules, with theory's predictions. */
import { z } from "zod";

const Compared = z.strictObject({ predicted: z.number(), measured: z.number() });

/** Each rule of initialisation: what theory says of its start, and how a short training went. */
export const Initialisations = z.strictObject({
  rows: z.array(z.strictObject({
    name: z.string(),
    rule: z.string(),
    /** On the first batch, before training. */
    logitSecondMoment: Compared,
    firstLayerGradient: Compared,
    /** By epoch, means of batch means in nats; none after the loss ceased to be finite. */
    trainLosses: z.array(z.number()),
    diverged: z.string().nullable(),
  })),
  /** Difference in the first epoch's loss between two trainings that differ by chance alone. */
  chance: z.strictObject({
    seeds: z.int().positive(),
    standardDeviation: z.number(),
    /** With this confidence no farther than that. */
    confidence: z.number().min(0).max(1),
    distance: z.number(),
  }),
});
export type Initialisations = z.infer<typeof Initialisations>;
