/**
 * `verify`: reads every stored byte again and names what is damaged: blobs whose bytes are not those
 * of their name, entries that cannot be read or name what is not there, manifests and outputs of runs.
 */
import { join } from "node:path";
import { openConsole } from "../console.ts";
import { Failed } from "../event.ts";
import { type RunDirectory, runsOf } from "../manifest.ts";
import type { Project } from "../project.ts";
import { hashFile } from "../sha256.ts";
import { saveStatTable } from "../stat_table.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  openStore,
  readAction,
  type Store,
  storeLock,
  tryLock,
} from "../store.ts";
import { bytes, count } from "../table.ts";

interface Problem {
  path: string;
  problem: string;
  /** Runs and jobs that name it. */
  usedBy: string[];
}

export async function verify(project: Project, options: { json: boolean }): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  // Shared: runs may go on meanwhile, gc may not.
  using held = await tryLock(store, storeLock, false);
  if (held === undefined) throw new Failed({ reason: "store-in-use" });
  // What names blobs is read before the blobs are listed, so that what a run adds is not missed.
  const problems: Problem[] = [];
  const named = namedByActions(store, problems);
  const runs = [...runsOf(project.artifacts)];
  const blobs = [...blobsIn(store)];
  const good = await hashBlobs(store, blobs, usersOf(runs), problems);
  for (const { path, output, sha256 } of named) {
    if (good.has(sha256)) continue;
    const problem = `its output ${output}, ${sha256}, is not in the store or damaged`;
    problems.push({ path, problem, usedBy: [] });
  }
  const ofRuns = runs.flatMap((run) => problemsOfRun(store, run, good));
  saveStatTable(store.table);

  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const all = [...problems, ...ofRuns];
  if (options.json) {
    console.log(JSON.stringify({ blobs: blobs.length, bytes: total, problems: all }, null, 2));
    return all.length === 0 ? 0 : 1;
  }
  for (const { path, problem, usedBy } of all) {
    console.log(`DAMAGED ${path}\n  ${problem}`);
    for (const user of usedBy) console.log(`  used by ${user}`);
  }
  const size = `${count(blobs.length, "blob")}, ${bytes(total)}`;
  if (all.length === 0) {
    console.log(`${size}: all as their names say.`);
    return 0;
  }
  console.log(`${size}: ${count(all.length, "problem")}.`);
  if (problems.length > 0) console.log(`"deno task reproduce" computes again what it needs.`);
  if (ofRuns.length > 0) {
    console.log(`Of a damaged run "deno task reproduce" makes a whole one; gc removes the old.`);
  }
  return 1;
}

function namedByActions(
  store: Store,
  problems: Problem[],
): { path: string; output: string; sha256: string }[] {
  return [...actionsIn(store)].flatMap(({ sha256: key, path }) => {
    const action = readAction(
      store,
      key,
      (problem) => problems.push({ path, problem, usedBy: [] }),
    );
    return Object.entries(action?.outputs ?? {})
      .map(([output, { sha256 }]) => ({ path, output, sha256 }));
  });
}

/** Hashes all blobs; gives the names of the good ones. */
async function hashBlobs(
  store: Store,
  blobs: { sha256: string; path: string; size: number }[],
  users: Map<string, string[]>,
  problems: Problem[],
): Promise<Set<string>> {
  const view = openConsole();
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const good = new Set<string>();
  let done = 0;
  view.show({ type: "started", job: "verify", about: `hashing ${bytes(total)}` });
  for (const { sha256, path, size } of blobs) {
    const found = hashFile(path);
    if (found === sha256) good.add(sha256);
    else {
      problems.push({
        path,
        problem: `expected bytes with SHA-256 ${sha256}, found ${found}`,
        usedBy: users.get(sha256) ?? [],
      });
      // So that the next run sees it too, even if size and times are as they were.
      store.table.changed = store.table.rows.delete(path) || store.table.changed;
    }
    done += size;
    view.show({ type: "progress", job: "verify", done, total, unit: "bytes" });
    // Lets the view draw.
    await new Promise((resolve) => setTimeout(resolve));
  }
  view.close();
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
