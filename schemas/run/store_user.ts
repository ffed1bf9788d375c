/** Files in `users/` of a store: what the runs of a directory of artifacts need of a store outside of it. */
import { z } from "zod";
import { Sha256 } from "./digest.ts";

/** `users/<id>/<run>.json`: the entries and blobs of a run. */
export const RegisteredRun = z.strictObject({
  version: z.literal(1),
  /** The directory of artifacts, with its links resolved. */
  artifacts: z.string(),
  run: z.string(),
  keys: z.array(Sha256),
  blobs: z.array(Sha256),
  /**
   * True until the run is recorded: it needs also the entries whose keys are in `<run>.begun`, their jobs'
   * checkpoints, and the blobs that these name.
   */
  begun: z.literal(true).optional(),
});
export type RegisteredRun = z.infer<typeof RegisteredRun>;

/** `users/<id>/<run>.open.json`: a run, or replicates, that Slurm has. Nobody knows yet what it needs. */
export const OpenRun = z.strictObject({
  version: z.literal(1),
  artifacts: z.string(),
  run: z.string(),
  /** Its directory `slurm/`. */
  directory: z.string(),
});
export type OpenRun = z.infer<typeof OpenRun>;
