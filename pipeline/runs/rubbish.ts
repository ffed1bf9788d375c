/** Finds and removes what no kept run needs: other runs, and results and files of the store. */
import { join } from "node:path";
import { checkpointKeys } from "../engine/checkpoint.ts";
import { unusedBundles } from "../engine/code/code_hash.ts";
import { withProgress } from "../terminal/progress.ts";
import { parseLines } from "../engine/key.ts";
import { Failed } from "../engine/failed.ts";
import { storeLock } from "../store/lock.ts";
import { readManifest, type RunDirectory } from "./read_manifest.ts";
import { latestPath, nextPath } from "./latest.ts";
import { prune } from "../store/stat_cache.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  damagedPath,
  exists,
  readAction,
  scratchRoot,
  type Store,
} from "../store/store.ts";
import { count } from "../terminal/numbers.ts";

export interface Rubbish {
  kept: RunDirectory[];
  runs: RunDirectory[];
  /** `latest`, where it shows a run that is not kept: its links would hold the bytes. */
  latest: string[];
  actions: string[];
  blobs: { path: string; size: number }[];
  /** Damaged files, quarantined for inspection. */
  damaged: string[];
  /** Files of processes that were cut off, locks, cached outputs. */
  leftovers: string[];
}

/** Entries and blobs that runs need. */
interface Needs {
  keys: Set<string>;
  blobs: Set<string>;
}

function needsOf(store: Store, kept: readonly RunDirectory[]): Needs {
  const keys = new Set<string>();
  const blobs = new Set<string>();
  for (const { manifest } of kept) {
    for (const { sha256 } of Object.values(manifest?.sources ?? {})) blobs.add(sha256);
    for (const job of manifest?.jobs ?? []) {
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
  return { keys, blobs };
}

/** Bytes of the stored blobs that runs need. */
export const spaceOf = (store: Store, runs: readonly RunDirectory[]): number =>
  withoutThose(store, needsOf(store, runs).blobs, new Set());

/** Bytes of stored blobs that are not among `counted`, which they join. */
function withoutThose(store: Store, blobs: Iterable<string>, counted: Set<string>): number {
  let sum = 0;
  for (const sha256 of blobs) {
    if (counted.has(sha256)) continue;
    counted.add(sha256);
    const path = blobPath(store, sha256);
    if (exists(path)) sum += Deno.statSync(path).size;
  }
  return sum;
}

/** The firm runs, and of the others as many in their order as need at most `size` bytes with them. */
export function withinSpace(
  store: Store,
  firm: readonly RunDirectory[],
  others: readonly RunDirectory[],
  size: number,
): RunDirectory[] {
  const counted = new Set<string>();
  let sum = withoutThose(store, needsOf(store, firm).blobs, counted);
  const kept = [...firm];
  for (const run of others) {
    sum += withoutThose(store, needsOf(store, [run]).blobs, counted);
    if (sum > size) break;
    kept.push(run);
  }
  return kept;
}

/** Finds what none of the kept runs needs; `all` are the runs that there are. */
export function findRubbish(
  artifacts: string,
  store: Store,
  all: readonly RunDirectory[],
  kept: RunDirectory[],
): Rubbish {
  const { keys, blobs } = needsOf(store, kept);
  const runs = all.filter((run) => kept.every(({ id }) => id !== run.id));
  const latest = latestPath(artifacts);
  return {
    kept,
    runs,
    latest: exists(latest) && !isKept(latest, kept) ? [latest] : [],
    actions: [...actionsIn(store)].filter(({ sha256 }) => !keys.has(sha256)).map(({ path }) =>
      path
    ),
    blobs: [...blobsIn(store)].filter(({ sha256 }) => !blobs.has(sha256)),
    damaged: entries(damagedPath(store)),
    leftovers: [
      ...entries(scratchRoot(store)),
      ...entries(nextPath(artifacts)),
      ...unusedBundles(store.root),
      ...(runs.length === 0 ? [] : [
        ...entries(join(store.root, "locks")).filter((path) => !path.endsWith(storeLock)),
        ...entries(join(store.root, "answers")),
      ]),
    ],
  };
}

function entries(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => join(path, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function isKept(latest: string, kept: readonly RunDirectory[]): boolean {
  try {
    const { run } = readManifest(latest);
    return kept.some(({ id }) => id === run);
  } catch (error) {
    if (error instanceof Failed) return false;
    throw error;
  }
}

/** Removes entries before the blobs that they name, so that no entry is ever left without its blobs. */
export async function removeRubbish(store: Store, rubbish: Rubbish): Promise<void> {
  const { runs, latest, actions, blobs, damaged, leftovers } = rubbish;
  const paths = [
    ...runs.map((run) => run.path),
    ...latest,
    ...actions,
    ...blobs.map(({ path }) => path),
    ...damaged,
    ...leftovers,
  ];
  const task = { about: `removing ${count(paths.length, "file")}`, unit: "files", items: paths };
  await withProgress("gc", task, (path) => Deno.removeSync(path, { recursive: true }));
  const removed = new Set(blobs.map(({ path }) => path));
  prune(store.table, (path) => !removed.has(path));
  saveStatTable(store.table);
}
