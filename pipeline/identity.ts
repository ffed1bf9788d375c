/**
 * The identity of a run: what it computed, without when and where. Finds the run that has computed
 * the same already, without reading manifests, so that nothing is run or recorded twice.
 */
import { join } from "node:path";
import { z } from "zod";
import type { Experiment } from "../schemas/experiment.ts";
import { outputFiles, readManifest, runsPath } from "./manifest.ts";
import { sha256Of } from "./sha256.ts";
import { writeCache } from "./cache_file.ts";
import type { Store } from "./store.ts";

/** Hash over what was computed: the same for two runs with the same jobs under the same keys. */
export function identityOf(jobs: readonly { name: string; key: string | undefined }[]): string {
  return sha256Of(jobs.map(({ name, key }) => `${name} ${key ?? "none"}\n`).sort().join(""));
}

const Known = z.strictObject({ run: z.string(), agrees: z.boolean() });

/** What a run is of: another experiment may want the same jobs, and is graded by other figures. */
interface Wanted {
  experiment: Pick<Experiment, "name">;
  identity: string;
}

/** The name of the file by which complete runs of an experiment and identity are found. */
export const knownName = ({ experiment, identity }: Wanted): string =>
  `${experiment.name}-${identity}.json`;

const knownPath = (store: Store, wanted: Wanted): string =>
  join(store.root, "complete", knownName(wanted));

/** Notes a complete run under its identity, so that it is found without reading manifests. */
export function noteComplete(store: Store, wanted: Wanted, known: z.infer<typeof Known>): void {
  writeCache(knownPath(store, wanted), JSON.stringify(known));
}

export interface CompleteRun {
  run: string;
  agrees: boolean;
  summary: string;
}

/** The newest complete run of the experiment that computed the same, if every file of it is there. */
export function findComplete(
  artifacts: string,
  store: Store,
  wanted: Wanted,
): CompleteRun | undefined {
  try {
    const known = Known.parse(JSON.parse(Deno.readTextFileSync(knownPath(store, wanted))));
    const directory = join(runsPath(artifacts), known.run);
    const summary = Deno.readTextFileSync(join(directory, "summary.txt"));
    for (const name of ["metrics.json", "claims.json", "claims.md"]) {
      Deno.statSync(join(directory, name));
    }
    for (const file of outputFiles(directory, readManifest(directory))) Deno.statSync(file);
    return { ...known, summary };
  } catch {
    // Not noted, or not all of it is there any more: the run is recorded again.
    return undefined;
  }
}
