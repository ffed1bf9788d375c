/**
 * Finds the complete run that computed the same already, so that nothing is recorded twice.
 *
 * This is no second cache beside `store/cached_output/`; each answers what the other cannot. A cached
 * output is found by the command line before the DAG, the packages and the plan are loaded, which makes
 * a no-op take 80 ms instead of a second. It exists only if these very arguments were given before, and
 * any change of what the command read discards it. The identity is known after planning, holds for all
 * ways to ask for the same jobs (another flag, `--remote`, a comment in the code, an imported store), and
 * is what keeps them from being recorded twice.
 */
import { join } from "node:path";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { readManifest, runsPath } from "./read_manifest.ts";
import { isLinked } from "../store/link.ts";
import { readPlainText } from "../store/plain_file.ts";
import { digestOf } from "../store/stat_cache.ts";
import { shownPath } from "../terminal/user_path.ts";
import { blobPath, readBlob, type Store } from "../store/store.ts";
import { gather, type Gathered } from "./gathered.ts";
import { completeRuns } from "./latest.ts";
import { repairRun } from "./repair.ts";

export interface CompleteRun {
  run: string;
  manifest: Manifest;
  gathered: Gathered;
}

/**
 * The run of an experiment with an identity that was shown last, if every file of it is there and whole.
 * Manifests are searched as text, which takes a thousandth of the time of parsing them.
 */
export function findComplete(
  artifacts: string,
  store: Store,
  { experiment, identity }: { experiment: string; identity: string },
  onNotice: (notice: Notice) => void,
): CompleteRun | undefined {
  for (const run of completeRuns(artifacts)) {
    const directory = join(runsPath(artifacts), run);
    if (!mentions(directory, identity)) continue;
    try {
      repairRun(artifacts, run);
      const manifest = readManifest(directory);
      if (manifest.identity !== identity || manifest.experiment.name !== experiment) continue;
      refuseDamage(directory, manifest, store);
      return {
        run,
        manifest,
        gathered: gather(manifest.jobs, (sha256) => readBlob(store, sha256)),
      };
    } catch (error) {
      const isLost = error instanceof Failed || error instanceof Deno.errors.NotFound;
      if (!isLost) throw error;
      onNotice({ reason: "run-not-whole", run, message: error.message });
    }
  }
}

function mentions(directory: string, identity: string): boolean {
  try {
    return readPlainText(join(directory, "manifest.json")).includes(identity);
  } catch {
    return false;
  }
}

/** Throws where a run's own file of an output is missing, or is a copy of other bytes. The blobs are whole. */
function refuseDamage(directory: string, { jobs }: Manifest, store: Store): void {
  for (const { file, sha256: expected } of jobs.flatMap(({ outputs }) => Object.values(outputs))) {
    const path = join(directory, file);
    if (isLinked(path, blobPath(store, expected))) continue;
    const found = digestOf(store.table, path);
    if (found === expected) continue;
    if (found === undefined) throw new Deno.errors.NotFound(`${shownPath(path)} is not there.`);
    throw new Failed({ reason: "damaged-file", path, expected, found });
  }
}
