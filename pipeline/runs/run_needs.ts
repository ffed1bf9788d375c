/** Finds the entries and blobs of a store that runs need: what `gc` keeps for them. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { checkpointKeys, parseLines } from "../engine/key.ts";
import { type DigestSet, digestSet } from "../store/digest_set.ts";
import { readAction, type Store } from "../store/store.ts";

/** Entries and blobs that runs need. */
export interface Needs {
  keys: DigestSet;
  blobs: DigestSet;
}

export const noNeeds = (): Needs => ({ keys: digestSet(), blobs: digestSet() });

/** Adds what a run needs: its outputs, records, sources, and the checkpoints that the store has. */
export function addNeeds({ keys, blobs }: Needs, store: Store, manifest: Manifest): void {
  for (const { sha256 } of Object.values(manifest.sources ?? {})) blobs.add(sha256);
  for (const job of manifest.jobs) {
    if (job.key === undefined) continue;
    for (const key of checkpointKeys(parseLines(job.lines))) {
      const action = readAction(store, key, () => {});
      if (action === undefined) continue;
      for (const { sha256 } of Object.values(action.outputs)) blobs.add(sha256);
      blobs.add(key);
      keys.add(key);
    }
    keys.add(job.key);
    // The job's record is a blob under the key itself.
    blobs.add(job.key);
    for (const { sha256 } of Object.values(job.outputs)) blobs.add(sha256);
  }
}
