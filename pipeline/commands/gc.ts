/**
 * `gc`: keeps what the named runs, or the last ones, need and removes the rest: other runs, and results
 * that no kept run names. Prints what it would free; with `--yes` it removes it.
 */
import { join } from "node:path";
import { Failed } from "../engine/failed.ts";
import { storeLock, tryLock } from "../store/lock.ts";
import type { RunDirectory } from "../runs/read_manifest.ts";
import type { Project } from "../engine/project/project.ts";
import { latestRun, runsOf } from "../runs/latest.ts";
import { recordedRun, runHere } from "../runs/open_run.ts";
import { findRubbish, removeRubbish, type Rubbish } from "../runs/rubbish.ts";
import { hasSubmission, slurmPath } from "../slurm/submission_files.ts";
import { openStore } from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { print, printJson } from "../terminal/print.ts";
import { defineCommand, toggle, value } from "./flags.ts";
import { json, parseCount } from "./shared_flags.ts";

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

interface GcOptions {
  /** Runs to keep, as the user names them; if none are named, the last ones and `latest`. */
  runs: readonly string[];
  last: number;
  yes: boolean;
  json: boolean;
}

async function gc(project: Project, options: GcOptions): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  const { artifacts } = project;
  const find = () => {
    const all = [...runsOf(artifacts)];
    return findRubbish(artifacts, store, all, keptRuns(artifacts, options, all));
  };
  const found = find();
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
  await removeRubbish(store, find());
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
  if (damaged.length > 0) print(`Removes ${count(damaged.length, "file")} quarantined as damaged.`);
  if (latest.length > 0) print("Removes latest/, which shows a run that is not kept.");
  print(
    `Frees ${bytes(freed)}: ${count(blobs.length, "blob")}, ` +
      `${count(actions.length, "cached result")}.`,
  );
}

function keptRuns(
  artifacts: string,
  { runs, last }: GcOptions,
  all: RunDirectory[],
): RunDirectory[] {
  const named = runs.map((name) => runHere(artifacts, name).id);
  const unreadable = all.find(({ id, state }) => state === "unreadable" && !named.includes(id));
  if (unreadable !== undefined) {
    // Its needs are not known, so it might need anything.
    throw new Failed({ reason: "usage", message: unreadable.problem! });
  }
  const handed = all.find(({ state, path }) =>
    state === "unfinished" && hasSubmission(slurmPath(path))
  );
  // Its nodes need what it has given so far, and it is in no manifest yet.
  if (handed !== undefined) throw new Failed({ reason: "with-slurm", run: handed.id });
  if (runs.length > 0) return runs.map((name) => recordedRun(artifacts, name));
  const recorded = all.filter((run) => run.state === "recorded");
  const kept = recorded.slice(0, last);
  const latest = latestRun(artifacts);
  return [...kept, ...recorded.slice(last).filter(({ id }) => id === latest)];
}
