/** Finds the entries and blobs of a store that runs need: what `gc` keeps for them. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Action } from "../../schemas/run/action.ts";
import { checkpointKeys, type KeyLine, parseLines } from "../engine/key.ts";
import { type DigestSet, digestSet } from "../store/digest_set.ts";
import { hasBlob, readAction, readBlob, type Store } from "../store/store.ts";

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
    for (const checkpoint of checkpointsOf(store, parseLines(job.lines))) {
      addAction({ keys, blobs }, checkpoint);
    }
    addAction({ keys, blobs }, { key: job.key, outputs: job.outputs });
  }
}

/** Adds the entry of a job, its record, which is a blob under the key itself, and its outputs. */
function addAction({ keys, blobs }: Needs, { key, outputs }: Pick<Action, "key" | "outputs">) {
  keys.add(key);
  blobs.add(key);
  for (const { sha256 } of Object.values(outputs)) blobs.add(sha256);
}

/** Adds what a job needs that has begun and may not have ended: its entry and checkpoints, as far as they are there. */
export function addBegun(needs: Needs, store: Store, key: string): void {
  const outputs = readAction(store, key, () => {})?.outputs ?? {};
  addAction(needs, { key, outputs });
  if (!hasBlob(store, key)) return;
  const record = new TextDecoder().decode(readBlob(store, key));
  for (const checkpoint of checkpointsOf(store, parseLines(record.trimEnd().split("\n")))) {
    addAction(needs, checkpoint);
  }
}

/**
 * Steps in a row without a checkpoint, after which no more are looked for. A job may have any number of steps, in a
 * run from elsewhere too.
 */
const mostWithout = 10_000;

/** The entries of the checkpoints that the store has of a job. */
function* checkpointsOf(store: Store, lines: readonly KeyLine[]): Generator<Action> {
  let without = 0;
  for (const key of checkpointKeys(lines)) {
    const action = readAction(store, key, () => {});
    without = action === undefined ? without + 1 : 0;
    if (action !== undefined) yield action;
    if (without === mostWithout) return;
  }
}
