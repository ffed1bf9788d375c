/**
 * `verify`: reads every stored byte again and names what is damaged: blobs whose bytes are not those
 * of their name, entries that cannot be read or name what is not there, outputs of runs.
 */
import { join } from "node:path";
import { openConsole } from "../console.ts";
import { runsOf } from "../manifest.ts";
import type { Project } from "../project.ts";
import { hashFile } from "../sha256.ts";
import { saveStatTable } from "../stat_table.ts";
import { actionsIn, blobsIn, openStore, readAction, type Store } from "../store.ts";
import { bytes, count } from "../table.ts";

interface Problem {
  path: string;
  problem: string;
  /** Runs and jobs that name it. */
  usedBy: string[];
}

export function verify(project: Project, options: { json: boolean }): number {
  const store = openStore(join(project.artifacts, "store"));
  const view = openConsole();
  const blobs = [...blobsIn(store)];
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const good = new Set<string>();
  const problems: Problem[] = [];
  const users = usersOf(project);
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
  }
  for (const { sha256: key, path } of actionsIn(store)) {
    problems.push(...problemsOfAction(store, key, path, good));
  }
  problems.push(...problemsOfRuns(project, good));
  saveStatTable(store.table);
  view.close();

  if (options.json) {
    console.log(JSON.stringify({ blobs: blobs.length, bytes: total, problems }, null, 2));
  } else {
    for (const { path, problem, usedBy } of problems) {
      console.log(`DAMAGED ${path}\n  ${problem}`);
      for (const user of usedBy) console.log(`  used by ${user}`);
    }
    console.log(
      `${count(blobs.length, "blob")}, ${bytes(total)}: ` +
        (problems.length === 0
          ? "all as their names say."
          : `${
            count(problems.length, "problem")
          }. "deno task reproduce" computes again what it needs.`),
    );
  }
  return problems.length === 0 ? 0 : 1;
}

/** Which outputs of which runs are a blob. */
function usersOf(project: Project): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const { id, manifest } of runsOf(project.artifacts)) {
    for (const job of manifest?.jobs ?? []) {
      for (const [name, { sha256 }] of Object.entries(job.outputs)) {
        users.set(sha256, [...users.get(sha256) ?? [], `${job.name} ${name} of run ${id}`]);
      }
    }
  }
  return users;
}

function problemsOfAction(store: Store, key: string, path: string, good: Set<string>): Problem[] {
  const problems: Problem[] = [];
  const action = readAction(store, key, (problem) => problems.push({ path, problem, usedBy: [] }));
  for (const [name, { sha256 }] of Object.entries(action?.outputs ?? {})) {
    if (good.has(sha256)) continue;
    problems.push({
      path,
      problem: `its output ${name}, ${sha256}, is not in the store or damaged`,
      usedBy: [],
    });
  }
  return problems;
}

/** Outputs of runs that are missing, or copies (not links) with other bytes than recorded. */
function problemsOfRuns(project: Project, good: Set<string>): Problem[] {
  const problems: Problem[] = [];
  for (const { id, path, manifest } of runsOf(project.artifacts)) {
    for (const job of manifest?.jobs ?? []) {
      for (const { sha256, file } of Object.values(job.outputs)) {
        const output = join(path, file);
        const usedBy = [`${job.name} of run ${id}`];
        try {
          // A link to a good blob has been hashed already.
          if (good.has(sha256) && (Deno.statSync(output).nlink ?? 1) > 1) continue;
          const found = hashFile(output);
          if (found !== sha256) {
            problems.push({
              path: output,
              problem: `expected SHA-256 ${sha256}, found ${found}`,
              usedBy,
            });
          }
        } catch (error) {
          problems.push({ path: output, problem: (error as Error).message, usedBy });
        }
      }
    }
  }
  return problems;
}
