/**
 * `verify`: reads every stored byte again and names what is damaged: blobs whose bytes are not those
 * of their name, entries that cannot be read or name what is not there, manifests and outputs of runs, npm
 * packages that are not as they were when a job first used them.
 * What is damaged of the store is set aside, so that the next run computes it again; runs are left as
 * they are.
 */
import { join } from "node:path";
import { damagedBundles } from "../code.ts";
import { withProgress } from "../console.ts";
import { Failed, wordFailure } from "../event.ts";
import { storeLock, tryLock } from "../lock.ts";
import type { RunDirectory } from "../manifest.ts";
import { editedPackages } from "../package_content.ts";
import type { Project } from "../project.ts";
import { runsOf } from "../runs/latest.ts";
import { hashFile } from "../sha256.ts";
import { saveStatTable } from "../stat_table.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  openStore,
  readAction,
  setAside,
  setEntryAside,
  type Store,
  type Stored,
} from "../store.ts";
import { bytes, count } from "../table.ts";
import { print, printJson } from "../terminal.ts";
import { shownPath } from "../user_path.ts";

interface Problem {
  path: string;
  problem: string;
  /** Runs and jobs that name it. */
  usedBy: string[];
  /** Where it is kept for inspection, if it is of the store. */
  movedTo?: string;
}

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
  const ofRuns = runs.flatMap((run) => problemsOfRun(store, run, good));
  const ofPackages = [...editedPackages(project.root, store.root)]
    .map((edited): Problem => ({ path: edited.path, problem: wordFailure(edited), usedBy: [] }));
  const ofCode = damagedBundles(store.root)
    .map(({ path, expected, found }): Problem => ({
      path,
      problem: `expected code with SHA-256 ${expected}, found ${found}; a run makes it anew`,
      usedBy: [],
    }));
  saveStatTable(store.table);

  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const all = [...problems, ...ofRuns, ...ofPackages, ...ofCode];
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
  if (problems.length > 0) {
    print(`"deno task reproduce" computes again what it needs; gc removes what is set aside.`);
  }
  if (ofRuns.length > 0) {
    print(`Of a damaged run "deno task reproduce" makes a whole one; gc removes the old.`);
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

/** What of a run's own directory is missing, unreadable or not as its manifest says. */
function problemsOfRun(store: Store, run: RunDirectory, good: Set<string>): Problem[] {
  const usedBy = [`run ${run.id}`];
  if (run.state === "unreadable") {
    return [{ path: join(run.path, "manifest.json"), problem: run.problem!, usedBy }];
  }
  if (run.manifest === undefined) return [];
  const problems: Problem[] = [];
  const check = (path: string, test: () => string | undefined) => {
    let problem: string | undefined;
    try {
      problem = test();
    } catch (error) {
      problem = (error as Error).message;
    }
    if (problem !== undefined) problems.push({ path, problem, usedBy });
  };
  for (const name of ["metrics.json", "summary.txt"]) {
    const path = join(run.path, name);
    check(path, () => void Deno.statSync(path));
  }
  for (const { outputs } of run.manifest.jobs) {
    for (const { sha256, file } of Object.values(outputs)) {
      const path = join(run.path, file);
      check(path, () => {
        // A link to a good blob has been hashed already.
        if (good.has(sha256) && isSameFile(path, blobPath(store, sha256))) return undefined;
        const found = hashFile(path);
        return found === sha256 ? undefined : `expected SHA-256 ${sha256}, found ${found}`;
      });
    }
  }
  return problems;
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [Deno.statSync(one), Deno.statSync(other)];
  return a.ino !== null && a.ino === b.ino && a.dev === b.dev;
}
