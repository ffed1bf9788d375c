/** Resources that a job needs of its machine. Schedulers use them; no byte depends on them. */
import { z } from "zod";

export const Resources = z.strictObject({
  /** Processor cores. */
  cores: z.int().positive().max(4096).default(1),
  /** MiB of main memory. */
  memory: z.int().positive().max(16_777_216).default(2048),
  /** Wall time after which the job is stopped. */
  minutes: z.int().positive().max(525_600).default(30),
  gpus: z.int().nonnegative().max(64).default(0),
});
export type Resources = z.infer<typeof Resources>;
