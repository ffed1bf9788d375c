/**
 * Finds and removes what neither kept runs nor other users of the store need: other runs, and results and
 * files of the store. Entries and blobs are listed anew each time that they are counted or removed, so that a
 * store of any size takes little memory.
 */
import { join } from "node:path";
import { unusedBundles } from "../engine/code/code_hash.ts";
import { withProgress } from "../terminal/with_progress.ts";
import { Failed } from "../engine/failed.ts";
import { storeLock } from "../store/lock.ts";
import { readManifest, type RunDirectory } from "./read_manifest.ts";
import { latestPath, nextPath } from "./latest.ts";
import { addNeeds, type Needs, noNeeds } from "./run_needs.ts";
import { type DigestSet, digestSet } from "../store/digest_set.ts";
import { isShared } from "../store/group_rights.ts";
import { pruneStatTable } from "../store/stat_table_lines.ts";
import {
  actionsIn,
  amountOf,
  blobPath,
  blobsIn,
  damagedPaths,
  readAction,
  statTablePath,
  type Store,
  type Stored,
} from "../store/store.ts";
import { count } from "../terminal/numbers.ts";
import { exists } from "../store/existence.ts";
import { entriesIn } from "../store/files_under.ts";

/** A run in `artifacts/runs`, without its manifest, which may be large. */
export type ListedRun = Omit<RunDirectory, "manifest"> & {
  /** The time at which it began, in ISO 8601; undefined where no manifest says. */
  started?: string;
};

export interface Rubbish {
  kept: ListedRun[];
  runs: ListedRun[];
  /** `latest`, where it shows a run that is not kept: its links would hold the bytes. */
  latest: string[];
  /** Gives the entries, from a new listing each time. */
  actions(): Iterable<Stored>;
  /** Gives the blobs, from a new listing each time. */
  blobs(): Iterable<Stored>;
  /** Damaged files, quarantined for inspection. */
  damaged: string[];
  /** Files of processes that were cut off, locks, cached outputs. */
  leftovers: string[];
}

/** Adds what recorded runs need. */
function withRuns(needs: Needs, store: Store, runs: readonly ListedRun[]): Needs {
  for (const { state, path } of runs) {
    if (state === "recorded") addNeeds(needs, store, readManifest(path));
  }
  return needs;
}

/** Bytes of the stored blobs that are needed. */
export const spaceOf = (store: Store, { blobs }: Needs): number =>
  withoutThose(store, blobs, digestSet());

/** Bytes of stored blobs that are not among `counted`, which they join. */
function withoutThose(store: Store, blobs: DigestSet, counted: DigestSet): number {
  let sum = 0;
  for (const sha256 of blobs.values()) {
    if (counted.has(sha256)) continue;
    counted.add(sha256);
    const path = blobPath(store, sha256);
    if (exists(path)) sum += Deno.statSync(path).size;
  }
  return sum;
}

/**
 * The firm runs, and of the older as many in their order as need at most `size` bytes with them and with
 * what other users of the store need.
 */
export function withinSpace(
  store: Store,
  others: Needs,
  firm: readonly ListedRun[],
  older: readonly ListedRun[],
  size: number,
): ListedRun[] {
  const counted = digestSet();
  let sum = withoutThose(store, others.blobs, counted);
  sum += withoutThose(store, withRuns(noNeeds(), store, firm).blobs, counted);
  const kept = [...firm];
  for (const run of older) {
    sum += withoutThose(store, withRuns(noNeeds(), store, [run]).blobs, counted);
    if (sum > size) break;
    kept.push(run);
  }
  return kept;
}

/**
 * Finds what neither the kept runs need nor other users of the store, whose `needs` are given; the kept
 * runs' join them. `all` are the runs that there are.
 */
export function findRubbish(
  artifacts: string,
  store: Store,
  needs: Needs,
  all: readonly ListedRun[],
  kept: ListedRun[],
): Rubbish {
  const { keys, blobs } = withRuns(needs, store, kept);
  const runs = all.filter((run) => kept.every(({ id }) => id !== run.id));
  const latest = latestPath(artifacts);
  return {
    kept,
    runs,
    latest: exists(latest) && !isKept(latest, kept) ? [latest] : [],
    actions: () => others(actionsIn(store), keys),
    blobs: () => others(blobsIn(store), blobs),
    damaged: damagedPaths(store).flatMap(entries),
    leftovers: [
      ...[...new Set([store.root, store.caches])].flatMap((place) => entries(join(place, "tmp"))),
      ...entries(nextPath(artifacts)),
      ...unusedBundles(store.caches),
      ...(runs.length === 0 ? [] : [
        ...entries(join(store.root, "locks")).filter((path) => !path.endsWith(storeLock)),
        ...entries(join(store.caches, "answers")),
      ]),
    ],
  };
}

function* others(files: Iterable<Stored>, kept: DigestSet): Generator<Stored> {
  for (const file of files) if (!kept.has(file.sha256)) yield file;
}

const entries = (path: string): string[] => entriesIn(path).map(({ name }) => join(path, name));

function isKept(latest: string, kept: readonly ListedRun[]): boolean {
  try {
    const { run } = readManifest(latest);
    return kept.some(({ id }) => id === run);
  } catch (error) {
    if (error instanceof Failed) return false;
    throw error;
  }
}

/**
 * Removes entries before the blobs that they name, so that no entry is ever left without its blobs. In a
 * shared store files of other users may have to stay; gives their number.
 */
export async function removeRubbish(store: Store, rubbish: Rubbish): Promise<number> {
  const { runs, latest, actions, blobs, damaged, leftovers } = rubbish;
  for (const path of [...runs.map(({ path }) => path), ...latest]) {
    Deno.removeSync(path, { recursive: true });
  }
  const isOthers = (error: unknown): boolean =>
    error instanceof Deno.errors.PermissionDenied && isShared(store);
  let left = 0;
  const remove = (path: string): boolean => {
    try {
      Deno.removeSync(path, { recursive: true });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return true;
      if (!isOthers(error)) throw error;
      left += 1;
      return false;
    }
  };
  /** Blobs of entries that stay. */
  const held = digestSet();
  const removeEntry = ({ sha256: key, path }: Stored) => {
    if (remove(path)) return;
    held.add(key);
    const action = readAction(store, key, () => {});
    for (const { sha256 } of Object.values(action?.outputs ?? {})) held.add(sha256);
  };
  await removeAll("cached results", actions, removeEntry);
  await removeAll("blobs", blobs, ({ sha256, path }) => {
    if (!held.has(sha256)) remove(path);
  });
  for (const path of [...damaged, ...leftovers]) remove(path);
  pruneStatTable(statTablePath(store.caches), exists);
  return left;
}

async function removeAll(
  unit: string,
  list: () => Iterable<Stored>,
  remove: (file: Stored) => void,
): Promise<void> {
  const total = amountOf(list()).count;
  if (total === 0) return;
  const task = { about: `removing ${count(total, "file")}`, unit, items: list(), total };
  await withProgress("gc", task, remove);
}
