/** Finds the entries and blobs of a store that runs need: what `gc` keeps for them. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Action } from "../../schemas/run/action.ts";
import {
  checkpointKeys,
  type KeyLine,
  parseLines,
  recordText,
  stepsIn,
  withoutSteps,
} from "../engine/key.ts";
import { type DigestSet, digestSet } from "../store/digest_set.ts";
import { ifThere, statOf } from "../store/existence.ts";
import { actionsIn, blobPath, hasBlob, readAction, readBlob, type Store } from "../store/store.ts";

/** Entries and blobs that runs need. */
export interface Needs {
  keys: DigestSet;
  blobs: DigestSet;
  /** All checkpoints in the store, as `storedCheckpoints` gives them; read when a job first needs it. */
  checkpoints?: Map<string, string[]>;
}

export const noNeeds = (): Needs => ({ keys: digestSet(), blobs: digestSet() });

/** Adds what a run needs: its outputs, records, sources, and the checkpoints that the store has. */
export function addNeeds(needs: Needs, store: Store, manifest: Manifest): void {
  for (const { sha256 } of Object.values(manifest.sources ?? {})) needs.blobs.add(sha256);
  for (const job of manifest.jobs) {
    if (job.key === undefined) continue;
    for (const checkpoint of checkpointsOf(store, needs, parseLines(job.lines))) {
      addAction(needs, checkpoint);
    }
    addAction(needs, { key: job.key, outputs: job.outputs });
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
  for (const checkpoint of checkpointsOf(store, needs, parseLines(record.trimEnd().split("\n")))) {
    addAction(needs, checkpoint);
  }
}

/** Steps of a job up to which its checkpoints are looked for one by one: it may have any number of steps. */
const fewSteps = 10_000;

/** The entries of the checkpoints that the store has of a job. */
function checkpointsOf(store: Store, needs: Needs, lines: readonly KeyLine[]): Action[] {
  const { count } = stepsIn(lines) ?? { count: 0 };
  const keys = count <= fewSteps
    ? checkpointKeys(lines)
    : (needs.checkpoints ??= storedCheckpoints(store)).get(recordText(withoutSteps(lines))) ?? [];
  return keys.flatMap((key) => readAction(store, key, () => {}) ?? []);
}

/** Keys of all checkpoints in a store, by the record of their job without its number of steps. */
function storedCheckpoints(store: Store): Map<string, string[]> {
  const byJob = new Map<string, string[]>();
  for (const { sha256: key } of actionsIn(store)) {
    const path = blobPath(store, key);
    if (statOf(path)?.isFile !== true) continue;
    const record = ifThere(() => Deno.readTextFileSync(path)) ?? "";
    const [, job] = /^([^]*\n)checkpoint \d+\n$/.exec(record) ?? [];
    if (job === undefined) continue;
    const known = byJob.get(job);
    if (known === undefined) byJob.set(job, [key]);
    else known.push(key);
  }
  return byJob;
}
