/**
 * An entry of the action cache: the result of a finished job, stored under the job's key. It names blobs
 * and never holds their content.
 */
import { z } from "zod";
import { Sha256 } from "./digest.ts";
import { isDated, Moment, Seconds, undated } from "./time.ts";

export const StoredOutput = z.strictObject({
  sha256: Sha256,
  /** Length in bytes. */
  size: z.int().nonnegative(),
});
export type StoredOutput = z.infer<typeof StoredOutput>;

/** A file that a job read through its effects, or looked for in vain: then its hash is null. */
export const Read = z.strictObject({
  /** Relative to the project's directory with "/", absolute for what lies outside. */
  path: z.string(),
  sha256: Sha256.nullable(),
});
export type Read = z.infer<typeof Read>;

export const Action = z.strictObject({
  version: z.literal(1),
  key: Sha256,
  stage: z.string(),
  outputs: z.record(z.string(), StoredOutput),
  /** The result holds for as long as these files are as they were. */
  reads: z.array(Read).optional(),
  /** End of the job, and the wall time that it took. */
  finished: Moment,
  seconds: Seconds,
}).refine(({ finished, seconds }) => isDated(finished, -seconds), undated);
export type Action = z.infer<typeof Action>;
