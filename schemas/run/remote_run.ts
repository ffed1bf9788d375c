/**
 * The entry of a run in a remote store: which blobs are the run's own files. All else, jobs, records and
 * artifacts, follows from the manifest among them. It lies under the hash of the run's id, so that a run
 * is found by its id alone.
 */
import { z } from "zod";
import { StoredOutput } from "./action.ts";
import { RunId } from "./manifest.ts";

export const RemoteRun = z.strictObject({
  version: z.literal(1),
  run: RunId,
  files: z.strictObject({
    "manifest.json": StoredOutput,
    "metrics.json": StoredOutput,
    "summary.txt": StoredOutput,
    "claims.json": StoredOutput.optional(),
    "claims.md": StoredOutput.optional(),
  }),
});
export type RemoteRun = z.infer<typeof RemoteRun>;
