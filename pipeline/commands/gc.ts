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
import { findRubbish, removeRubbish, type Rubbish, spaceOf, withinSpace } from "../runs/rubbish.ts";
import { hasSubmission, slurmPath } from "../slurm/submission_files.ts";
import { openStore, type Store } from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { print, printJson } from "../terminal/print.ts";
import { parseDuration, parseSize } from "./amounts.ts";
import { defineCommand, toggle, value } from "./flags.ts";
import { json, parseCount } from "./shared_flags.ts";

export const command = defineCommand({
  about: "removes what neither the last runs nor the named ones need",
  operands: { least: 0, most: Infinity, text: "[RUN …]" },
  flags: {
    last: value("N", "the number of runs to keep (default 5)"),
    "older-than": value("AGE", "keeps also what is younger, as 30d or 12h"),
    "max-size": value("SIZE", "keeps also older runs, as many as the store has room for, as 20GB"),
    yes: toggle("removes it; without it nothing is removed"),
    json,
  },
  run(project, { operands, last, yes, json, "older-than": age, "max-size": size }) {
    return gc(project, {
      runs: operands,
      last: parseCount("last", last ?? "5"),
      age: age === undefined ? undefined : parseDuration("older-than", age),
      size: size === undefined ? undefined : parseSize("max-size", size),
      yes,
      json,
    });
  },
});

interface GcOptions {
  /** Runs to keep, as the user names them; if none are named, the last ones and `latest`. */
  runs: readonly string[];
  last: number;
  /** Runs that began within so many ms are kept too. */
  age?: number;
  /** Older runs are kept too, the newest first, while the kept ones need at most so many bytes. */
  size?: number;
  yes: boolean;
  json: boolean;
}

async function gc(project: Project, options: GcOptions): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  const { artifacts } = project;
  const find = () => {
    const all = [...runsOf(artifacts)];
    return findRubbish(artifacts, store, all, keptRuns(artifacts, store, options, all));
  };
  const found = find();
  report(found, options);
  const code = tooLarge(store, found, options) ? 1 : 0;
  const { kept: _, ...removable } = found;
  if (Object.values(removable).every((list) => list.length === 0)) return code;
  if (!options.yes) {
    if (!options.json) print("Nothing was removed; --yes removes it.");
    return code;
  }
  using held = await tryLock(store, storeLock, true);
  if (held === undefined) throw new Failed({ reason: "store-in-use" });
  // Once more: a run may have ended since.
  await removeRubbish(store, find());
  return code;
}

/** Tells whether the kept runs need more than they may, and says so. */
function tooLarge(store: Store, { kept }: Rubbish, { size, json }: GcOptions): boolean {
  if (size === undefined) return false;
  const needed = spaceOf(store, kept);
  if (needed <= size) return false;
  if (!json) {
    print(
      `The kept runs need ${bytes(needed)}; expected ${bytes(size)} at most, by --max-size. ` +
        "Keep fewer by --last N, or by naming them.",
    );
  }
  return true;
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
  store: Store,
  { runs, last, age, size }: GcOptions,
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
  const recorded = all.filter((run) => run.state === "recorded");
  const latest = latestRun(artifacts);
  const firm = runs.length > 0
    ? runs.map((name) => recordedRun(artifacts, name))
    : recorded.filter(({ id }, i) => i < last || id === latest);
  if (age === undefined && size === undefined) return firm;
  const others = recorded.filter(({ id }) => firm.every((run) => run.id !== id));
  const since = age === undefined ? -Infinity : Date.now() - age;
  const young = others.filter(({ manifest }) => Date.parse(manifest!.started) >= since);
  return size === undefined ? [...firm, ...young] : withinSpace(store, firm, young, size);
}
