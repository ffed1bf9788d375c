/**
 * `gc`: keeps what the named runs, or the last ones, need and removes the rest: other runs, and what
 * of the store no kept run names. Says first what it would free; removes only with `--yes` or when a
 * person on a terminal agrees.
 */
import { join } from "node:path";
import { findRun, readManifest, type RunDirectory, runsOf } from "../manifest.ts";
import type { Project } from "../project.ts";
import { Failed } from "../event.ts";
import { prune, saveStatTable } from "../stat_table.ts";
import { actionsIn, blobsIn, openStore, type Store, storeLock, tryLock } from "../store.ts";
import { bytes, count } from "../table.ts";

export interface GcOptions {
  /** Ids of runs to keep; if there are none, the newest `last`. */
  runs: string[];
  last: number;
  yes: boolean;
  json: boolean;
}

interface Rubbish {
  runs: RunDirectory[];
  actions: string[];
  blobs: { path: string; size: number }[];
  /** Leftovers of processes that were cut off. */
  leftovers: string[];
}

export async function gc(project: Project, options: GcOptions): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  using held = await tryLock(store, storeLock, true);
  if (held === undefined) throw new Failed({ reason: "store-busy" });
  const runs = [...runsOf(project.artifacts)];
  const kept = options.runs.length > 0
    ? options.runs.map((name) => findRun(project.artifacts, name))
    : runs.filter((run) => run.manifest !== undefined).slice(0, options.last);
  const rubbish = findRubbish(project, store, runs, kept);
  const freed = rubbish.blobs.reduce((sum, { size }) => sum + size, 0);
  if (options.json) {
    console.log(JSON.stringify(
      {
        kept: kept.map((run) => run.id),
        removed: rubbish.runs.map((run) => run.id),
        actions: rubbish.actions.length,
        blobs: rubbish.blobs.length,
        bytes: freed,
        done: options.yes,
      },
      null,
      2,
    ));
  } else {
    console.log(`Keeps ${kept.map((run) => run.id).join(", ") || "no run"}.`);
    for (const run of rubbish.runs) console.log(`Removes run ${run.id}.`);
    console.log(
      `Frees ${bytes(freed)}: ${count(rubbish.blobs.length, "blob")}, ` +
        `${count(rubbish.actions.length, "cached result")}.`,
    );
  }
  const nothing = rubbish.runs.length + rubbish.actions.length + rubbish.blobs.length +
      rubbish.leftovers.length === 0;
  if (nothing) return 0;
  const agreed = options.yes ||
    (!options.json && Deno.stdin.isTerminal() && confirm("Remove this?"));
  if (!agreed) {
    if (!options.json) console.log("Nothing was removed; --yes removes it.");
    return 0;
  }
  remove(rubbish);
  const removed = new Set(rubbish.blobs.map(({ path }) => path));
  prune(store.table, (path) => !removed.has(path));
  saveStatTable(store.table);
  return 0;
}

function findRubbish(
  project: Project,
  store: Store,
  runs: readonly RunDirectory[],
  kept: readonly RunDirectory[],
): Rubbish {
  const keys = new Set<string>();
  const blobs = new Set<string>();
  for (const { manifest } of kept) {
    for (const job of manifest?.jobs ?? []) {
      if (job.key === undefined) continue;
      keys.add(job.key);
      // The job's record is a blob under the key itself.
      blobs.add(job.key);
      for (const { sha256 } of Object.values(job.outputs)) blobs.add(sha256);
    }
  }
  const entries = (path: string): string[] => {
    try {
      return [...Deno.readDirSync(path)].map(({ name }) => join(path, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  };
  const latest = join(project.artifacts, "latest");
  return {
    runs: runs.filter((run) => kept.every(({ id }) => id !== run.id)),
    actions: [...actionsIn(store)].filter(({ sha256 }) => !keys.has(sha256)).map(({ path }) =>
      path
    ),
    blobs: [...blobsIn(store)].filter(({ sha256 }) => !blobs.has(sha256)),
    leftovers: [
      ...entries(join(store.root, "tmp")),
      ...entries(join(store.root, "locks")).filter((path) => !path.endsWith(storeLock)),
      ...entries(project.artifacts).filter((path) => path === latest && !isKept(latest, kept)),
    ],
  };
}

/** Whether the run that `latest` shows is kept; its links would hold the bytes of one that is not. */
function isKept(latest: string, kept: readonly RunDirectory[]): boolean {
  try {
    const { run } = readManifest(latest);
    return kept.some(({ id }) => id === run);
  } catch (error) {
    if (error instanceof Failed) return false;
    throw error;
  }
}

/** Entries go before the blobs that they name, so that no entry is ever left without its blobs. */
function remove(rubbish: Rubbish): void {
  for (const { path } of rubbish.runs) Deno.removeSync(path, { recursive: true });
  for (const path of rubbish.actions) Deno.removeSync(path);
  for (const { path } of rubbish.blobs) Deno.removeSync(path);
  for (const path of rubbish.leftovers) Deno.removeSync(path, { recursive: true });
}
