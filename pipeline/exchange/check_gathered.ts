/**
 * Whether the files that gather what a run's jobs gave, `metrics.json` and `claims.json`, follow from
 * the artifacts, whose bytes have been hashed. They have no hash in the manifest themselves.
 */
import type { z } from "zod";
import { Ledger } from "../../schemas/claims.ts";
import { Metrics } from "../../schemas/metrics.ts";
import type { Manifest } from "../../schemas/manifest.ts";
import { Failed } from "../event.ts";
import { canonicalText } from "../format/json.ts";
import { gather, type Gathered } from "../runs/gathered.ts";
import type { RunFile } from "./contents.ts";

/** The first thing that does not fit; undefined if all does. A whole sentence's end. */
export function gatheredProblem(
  manifest: Manifest,
  files: ReadonlyMap<RunFile, Uint8Array>,
  read: (sha256: string) => Uint8Array,
): string | undefined {
  let gathered: Gathered;
  try {
    gathered = gather(manifest.jobs, read);
  } catch (error) {
    // An artifact that is not what its manifest calls it.
    if (error instanceof Failed) return error.message;
    throw error;
  }
  const differs = (path: RunFile, schema: z.ZodType, follows: unknown): string | undefined => {
    const bytes = files.get(path);
    if (bytes === undefined) return undefined;
    let stated: string;
    try {
      stated = canonicalText(schema, schema.parse(JSON.parse(new TextDecoder().decode(bytes))));
    } catch {
      return `${path} does not have the form of one`;
    }
    if (canonicalText(schema, follows) !== stated) {
      return `${path} says other than the artifacts of its jobs`;
    }
  };
  return differs("metrics.json", Metrics, gathered.metrics) ??
    differs("claims.json", Ledger, gathered.ledger);
}
