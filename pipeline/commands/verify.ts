/**
 * `verify`: reads every stored byte again and names what is damaged: blobs whose bytes are not those
 * of their name, entries that cannot be read or name what is not there, files of runs, of `latest` and of
 * the reference, npm packages that are not as they were when a job first used them. What is damaged of
 * the store is set aside, so that the next run computes it again; the rest is left as it is.
 */
import { join } from "node:path";
import { readCachedValue } from "../store/cache_file.ts";
import { damagedBundles } from "../engine/code/bundle_store.ts";
import { withProgress } from "../terminal/progress.ts";
import { Failed } from "../engine/failed.ts";
import { wordFailure } from "../engine/messages.ts";
import { filesUnder } from "../store/files_under.ts";
import { storeLock, tryLock } from "../store/lock.ts";
import type { RunDirectory } from "../runs/read_manifest.ts";
import { editedPackages } from "../engine/code/package_content.ts";
import type { Project } from "../engine/project/project.ts";
import { hasReference } from "../runs/reference_run.ts";
import {
  type Damage,
  damageOfLatest,
  damageOfOrder,
  damageOfReference,
  damageOfRun,
  isSameFile,
} from "../runs/integrity.ts";
import { latestPath, runsOf } from "../runs/latest.ts";
import { hashFile } from "../store/sha256.ts";
import { loadStatTable } from "../store/stat_cache.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  exists,
  moveAside,
  openStore,
  readAction,
  setAside,
  setEntryAside,
  type Store,
  type Stored,
} from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { print, printJson } from "../terminal/print.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineCommand } from "./flags.ts";
import { json } from "./shared_flags.ts";

export const command = defineCommand({
  about: "reads every stored byte and lists what is damaged",
  flags: { json },
  run: verify,
});

interface Problem {
  path: string;
  problem: string;
  /** Runs and jobs that name it. */
  usedBy: string[];
  /** Where it is kept for inspection, if it is of the store. */
  movedTo?: string;
}

/** What to do about damage, by where it is. */
const advice = {
  store: `"deno task reproduce" computes again what it needs; gc removes what is set aside.`,
  caches: "What was in damaged files that only save time is found out again.",
  code: `"deno task reproduce" bundles damaged code again.`,
  packages: "Damaged packages are as the line of each says.",
  run:
    `Commands that read a run make its metrics, claims and summary again; "deno task report RUN" its ` +
    `report. For other damage remove the run's directory: "deno task reproduce" records it again.`,
  order: "Remove the damaged line; the run that it named keeps its id.",
  latest: `Remove latest/: "deno task reproduce" makes it again.`,
  reference: "Take artifacts/reference/ anew from the repository.",
};

export async function verify(project: Project, options: { json: boolean }): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  // Shared: runs may go on meanwhile, gc may not.
  using held = await tryLock(store, storeLock, false);
  if (held === undefined) throw new Failed({ reason: "store-in-use" });
  // What names blobs is read before the blobs are listed, so that what a run adds is not missed.
  const problems: Problem[] = [];
  const entries = await readEntries(store, problems);
  const runs = [...runsOf(project.artifacts)];
  const blobs = [...blobsIn(store)];
  const good = await hashBlobs(store, blobs, usersOf(runs), problems);
  for (const { key, path, outputs } of entries) {
    const lost = outputs.find(({ sha256 }) => !good.has(sha256));
    if (lost === undefined) continue;
    const movedTo = setEntryAside(store, key);
    // A run may have put it right since.
    if (movedTo === undefined) continue;
    const problem = `its output ${lost.output}, ${lost.sha256}, is not in the store or damaged`;
    problems.push({ path, problem, usedBy: [], movedTo });
  }
  const found: Record<keyof typeof advice, Problem[]> = {
    store: problems,
    caches: damagedCaches(store),
    code: damagedBundles(store.root).map(({ path, expected, found }): Problem => ({
      path,
      problem: `expected code with SHA-256 ${expected}, found ${found}`,
      usedBy: [],
      movedTo: moveAside(store, path),
    })),
    packages: [...editedPackages(project.root, store.root)]
      .map((edited): Problem => ({ path: edited.path, problem: wordFailure(edited), usedBy: [] })),
    ...problemsOfRecords(project, store, runs, good),
  };
  saveStatTable(store.table);

  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const all = Object.values(found).flat();
  if (options.json) {
    printJson({ blobs: blobs.length, bytes: total, problems: all });
    return all.length === 0 ? 0 : 1;
  }
  for (const { path, problem, usedBy, movedTo } of all) {
    print([`DAMAGED ${shownPath(path)}`, `  ${problem}`]);
    for (const user of usedBy) print(`  used by ${user}`);
    if (movedTo !== undefined) print(`  set aside as ${shownPath(movedTo)}`);
  }
  const size = `${count(blobs.length, "blob")}, ${bytes(total)}`;
  if (all.length === 0) {
    print(`${size}: all as their names say.`);
    return 0;
  }
  print(`${size}: ${count(all.length, "problem")}.`);
  for (const [place, problems] of Object.entries(found)) {
    if (problems.length > 0) print(advice[place as keyof typeof advice]);
  }
  return 1;
}

interface Entry {
  key: string;
  path: string;
  outputs: { output: string; sha256: string }[];
}

/** The entries of the store that can be read; the others are set aside. */
async function readEntries(store: Store, problems: Problem[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  const items = [...actionsIn(store)];
  const about = `reading ${count(items.length, "cached result")}`;
  await withProgress("verify", { about, unit: "results", items }, ({ sha256: key, path }) => {
    const unusable = (problem: string) => {
      problems.push({ path, problem, usedBy: [], movedTo: setEntryAside(store, key) });
    };
    const action = readAction(store, key, unusable);
    const outputs = Object.entries(action?.outputs ?? {})
      .map(([output, { sha256 }]) => ({ output, sha256 }));
    if (action !== undefined) entries.push({ key, path, outputs });
  });
  return entries;
}

/** Hashes all blobs, sets the damaged ones aside, and gives the names of the good ones. */
async function hashBlobs(
  store: Store,
  blobs: readonly Stored[],
  users: Map<string, string[]>,
  problems: Problem[],
): Promise<Set<string>> {
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const good = new Set<string>();
  const task = {
    about: `hashing ${bytes(total)}`,
    unit: "bytes",
    items: blobs,
    weight: ({ size }: Stored) => size,
  };
  await withProgress("verify", task, ({ sha256, path }) => {
    const found = hashFile(path);
    const movedTo = found === sha256 ? undefined : setAside(store, sha256);
    // A run may have put it right since it was hashed.
    if (movedTo === undefined) return good.add(sha256);
    problems.push({
      path,
      problem: `expected bytes with SHA-256 ${sha256}, found ${found}`,
      usedBy: users.get(sha256) ?? [],
      movedTo,
    });
  });
  return good;
}

/** The files that only save time and are damaged; they are set aside. */
function damagedCaches(store: Store): Problem[] {
  const tables = [store.table.file, ...filesUnder(join(store.root, "packages"))].filter(exists);
  const values = [
    ...[...Deno.readDirSync(store.root)].map(({ name }) => join(store.root, name)),
    ...filesUnder(join(store.root, "answers")),
  ].filter((path) => path.endsWith(".json"));
  const problemOf = (path: string): string | undefined => {
    if (tables.includes(path)) return loadStatTable(path).problem;
    try {
      readCachedValue(path);
    } catch (error) {
      return (error as Error).message;
    }
  };
  return [...tables, ...values].flatMap((path): Problem[] => {
    const problem = problemOf(path);
    if (problem === undefined) return [];
    return [{ path, problem, usedBy: [], movedTo: moveAside(store, path) }];
  });
}

/** Which outputs of which runs are a blob. */
function usersOf(runs: readonly RunDirectory[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const { id, manifest } of runs) {
    for (const job of manifest?.jobs ?? []) {
      for (const [name, { sha256 }] of Object.entries(job.outputs)) {
        users.set(sha256, [...users.get(sha256) ?? [], `${job.name} ${name} of run ${id}`]);
      }
    }
  }
  return users;
}

/** The damage of the runs, of `latest` and of the reference; each is read only if it is there. */
function problemsOfRecords(
  { artifacts }: Project,
  store: Store,
  runs: readonly RunDirectory[],
  good: ReadonlySet<string>,
): Record<"run" | "order" | "latest" | "reference", Problem[]> {
  // A link to a good blob has been hashed already.
  const isWhole = (path: string, sha256: string) =>
    good.has(sha256) && isSameFile(path, blobPath(store, sha256));
  const of = (damage: readonly Damage[], user: string) =>
    damage.map((one): Problem => ({ ...one, usedBy: [user] }));
  return {
    run: runs.filter(({ state }) => state !== "unfinished")
      .flatMap(({ id, path }) => of(damageOfRun(path, isWhole), `run ${id}`)),
    order: of(damageOfOrder(artifacts), "the order of runs"),
    latest: exists(latestPath(artifacts)) ? of(damageOfLatest(artifacts), "latest") : [],
    reference: hasReference(artifacts) ? of(damageOfReference(artifacts), "the reference run") : [],
  };
}
