/**
 * `gc`: keeps what the named runs, or the last ones, need and removes the rest: other runs, and what
 * of the store no kept run names. Says what it would free, and with `--yes` removes it.
 */
import { join } from "node:path";
import { checkpointKeys } from "../engine/checkpoint.ts";
import { unusedBundles } from "../engine/code/code_hash.ts";
import { withProgress } from "../terminal/progress.ts";
import { parseLines } from "../engine/key.ts";
import { Failed } from "../engine/failed.ts";
import { storeLock, tryLock } from "../store/lock.ts";
import { readManifest, type RunDirectory } from "../runs/read_manifest.ts";
import type { Project } from "../engine/project/project.ts";
import { latestPath, latestRun, nextPath, runsOf } from "../runs/latest.ts";
import { recordedRun, runHere } from "../runs/open_run.ts";
import { hasSubmission, slurmPath } from "../slurm/submission_files.ts";
import { prune } from "../store/stat_cache.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import {
  actionsIn,
  blobsIn,
  damagedPath,
  openStore,
  readAction,
  scratchRoot,
  type Store,
} from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { print, printJson } from "../terminal/print.ts";
import { defineCommand, toggle, value } from "./flags.ts";
import { json } from "./shared_flags.ts";

export const command = defineCommand({
  about: "removes what neither the last runs nor the named ones need",
  operands: { least: 0, most: Infinity, text: "[RUN …]" },
  flags: {
    last: value("N", "the number of runs to keep (default 5)"),
    yes: toggle("removes it; without it nothing is removed"),
    json,
  },
  run(project, { operands, last, yes, json }) {
    return gc(project, { runs: operands, last: parseCount("last", last ?? "5"), yes, json });
  },
});

function parseCount(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Failed({
    reason: "usage",
    message: `--${flag} expects a number from 1 on, found "${text}".`,
  });
}

interface GcOptions {
  /** Runs to keep, as the user names them; if none are named, the last ones and `latest`. */
  runs: readonly string[];
  last: number;
  yes: boolean;
  json: boolean;
}

interface Rubbish {
  kept: RunDirectory[];
  runs: RunDirectory[];
  /** `latest`, where it shows a run that is not kept: its links would hold the bytes. */
  latest: string[];
  actions: string[];
  blobs: { path: string; size: number }[];
  /** What was damaged and set aside for inspection. */
  damaged: string[];
  /** Files of processes that were cut off, locks, remembered answers. */
  leftovers: string[];
}

export async function gc(project: Project, options: GcOptions): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  const found = findRubbish(project, store, options);
  report(found, options);
  const { kept: _, ...removable } = found;
  if (Object.values(removable).every((list) => list.length === 0)) return 0;
  if (!options.yes) {
    if (!options.json) print("Nothing was removed; --yes removes it.");
    return 0;
  }
  using held = await tryLock(store, storeLock, true);
  if (held === undefined) throw new Failed({ reason: "store-in-use" });
  // Once more: a run may have ended since.
  const rubbish = findRubbish(project, store, options);
  await remove(rubbish);
  const removed = new Set(rubbish.blobs.map(({ path }) => path));
  prune(store.table, (path) => !removed.has(path));
  saveStatTable(store.table);
  return 0;
}

function report(rubbish: Rubbish, { json, yes }: GcOptions): void {
  const { kept, runs, latest, actions, blobs, damaged } = rubbish;
  const freed = blobs.reduce((sum, { size }) => sum + size, 0);
  const ids = (list: RunDirectory[]) => list.map((run) => run.id);
  if (json) {
    printJson({
      kept: ids(kept),
      removed: ids(runs),
      latest: latest.length > 0,
      actions: actions.length,
      blobs: blobs.length,
      damaged: damaged.length,
      bytes: freed,
      done: yes,
    });
    return;
  }
  print(`Keeps ${ids(kept).join(", ") || "no run"}.`);
  for (const run of runs) {
    print(`Removes run ${run.id}${run.state === "unfinished" ? ", which was cut off" : ""}.`);
  }
  if (damaged.length > 0) print(`Removes ${count(damaged.length, "file")} set aside as damaged.`);
  if (latest.length > 0) print("Removes latest/, which shows a run that is not kept.");
  print(
    `Frees ${bytes(freed)}: ${count(blobs.length, "blob")}, ` +
      `${count(actions.length, "cached result")}.`,
  );
}

function keptRuns(
  project: Project,
  { runs, last }: GcOptions,
  all: RunDirectory[],
): RunDirectory[] {
  const named = runs.map((name) => runHere(project.artifacts, name).id);
  const unreadable = all.find(({ id, state }) => state === "unreadable" && !named.includes(id));
  if (unreadable !== undefined) {
    // What it needs is not known, so anything might be.
    throw new Failed({ reason: "usage", message: unreadable.problem! });
  }
  const handed = all.find(({ state, path }) =>
    state === "unfinished" && hasSubmission(slurmPath(path))
  );
  // Its nodes need what it has given so far, and it is in no manifest yet.
  if (handed !== undefined) throw new Failed({ reason: "with-slurm", run: handed.id });
  if (runs.length > 0) return runs.map((name) => recordedRun(project.artifacts, name));
  const recorded = all.filter((run) => run.state === "recorded");
  const kept = recorded.slice(0, last);
  const latest = latestRun(project.artifacts);
  return [...kept, ...recorded.slice(last).filter(({ id }) => id === latest)];
}

function findRubbish(project: Project, store: Store, options: GcOptions): Rubbish {
  const all = [...runsOf(project.artifacts)];
  const kept = keptRuns(project, options, all);
  const keys = new Set<string>();
  const blobs = new Set<string>();
  for (const { manifest } of kept) {
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
  const runs = all.filter((run) => kept.every(({ id }) => id !== run.id));
  const latest = latestPath(project.artifacts);
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
      ...entries(nextPath(project.artifacts)),
      ...unusedBundles(store.root),
      ...(runs.length === 0 ? [] : [
        ...entries(join(store.root, "locks")).filter((path) => !path.endsWith(storeLock)),
        ...entries(join(store.root, "answers")),
      ]),
    ],
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
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

/** Entries go before the blobs that they name, so that no entry is ever left without its blobs. */
async function remove(rubbish: Rubbish): Promise<void> {
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
}
