/**
 * `gc`: keeps what the named runs, or the last ones, need and removes the rest: other runs, and results
 * that no kept run names. In a store that other directories of artifacts use, it keeps all that their runs
 * need. Prints what it would free; with `--yes` it removes it.
 */
import { Failed } from "../engine/failed.ts";
import { storeLock, tryLock } from "../store/lock.ts";
import { runDirectory } from "../runs/read_manifest.ts";
import { latestRun, runIds } from "../runs/latest.ts";
import { type Needs, noNeeds } from "../runs/run_needs.ts";
import { recordedRun, runHere } from "../runs/open_run.ts";
import {
  findRubbish,
  type ListedRun,
  removeRubbish,
  type Rubbish,
  spaceOf,
  withinSpace,
} from "../runs/rubbish.ts";
import { addOthers, registerAll, registrationsOf } from "../runs/store_users.ts";
import { hasSubmission, slurmPath } from "../slurm/submission_files.ts";
import { amountOf, type Store, storeOf } from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { complain, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { givenPath } from "../terminal/user_path.ts";
import { parseDuration, parseSize } from "./amounts.ts";
import { defineViewer, type Place, refuseBeside, toggle, value } from "./flags/flags.ts";
import { json, parseCount } from "./flags/shared_flags.ts";

export const command = defineViewer({
  about: "removes what neither the last runs nor the named ones need",
  operands: { least: 0, most: Infinity, text: "[RUN …]", isHere: true },
  flags: {
    last: value("N", "the number of runs to keep (default 5)"),
    "older-than": value("AGE", "keeps also what is younger, as 30d or 12h"),
    "max-size": value("SIZE", "keeps also older runs, as many as the store has room for, as 20GB"),
    // No path that must be there: most are given up when they are gone.
    forget: value("ARTIFACTS", "gives up what that directory registered in the store"),
    yes: toggle("removes it; without it nothing is removed"),
    json,
  },
  look(project, { operands, last, yes, json, "older-than": age, "max-size": size, forget }) {
    if (operands.length > 0) {
      refuseBeside("Named runs are kept in place of the last ones", { last });
    }
    return gc(project, {
      runs: operands,
      last: parseCount("last", last ?? "5"),
      age: age === undefined ? undefined : parseDuration("older-than", age),
      size: size === undefined ? undefined : parseSize("max-size", size),
      forget: forget === undefined ? undefined : givenPath(forget),
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
  /** A directory of artifacts whose registered runs no longer count. */
  forget?: string;
  yes: boolean;
  json: boolean;
}

async function gc(project: Place, options: GcOptions): Promise<number> {
  const store = storeOf(project.artifacts);
  const { artifacts } = project;
  const given = options.forget === undefined ? undefined : registrationsOf(options.forget, store);
  const find = () => {
    const needs = noNeeds();
    const users = addOthers(needs, artifacts, store, options.forget);
    const all = listedRuns(artifacts);
    const kept = keptRuns(artifacts, store, needs, options, all);
    return { needs, users, ...findRubbish(artifacts, store, needs, all, kept) };
  };
  const reported = (found: ReturnType<typeof find>): number => {
    report(found, options);
    return tooLarge(store, found.needs, options) ? 1 : 0;
  };
  const seen = find();
  const isClean = isEmpty(seen) && given === undefined;
  if (isClean || !options.yes) {
    const code = reported(seen);
    if (!isClean && !options.json) printSentences("Nothing was removed; --yes removes it.");
    return code;
  }
  using held = await tryLock(store, storeLock, true);
  if (held === undefined) throw new Failed({ reason: "store-in-use" });
  // Once more: a run may have ended since.
  const found = find();
  const code = reported(found);
  given?.();
  const left = await removeRubbish(store, found);
  registerAll(artifacts, store);
  if (left > 0) {
    complain(`Left in place: ${count(left, "file")} of other users, which only they can remove.`);
  }
  return code;
}

function isEmpty({ runs, latest, damaged, leftovers, actions, blobs }: Rubbish): boolean {
  for (const list of [runs, latest, damaged, leftovers, actions(), blobs()]) {
    for (const _ of list) return false;
  }
  return true;
}

const listedRuns = (artifacts: string): ListedRun[] =>
  runIds(artifacts).map((id) => {
    const { manifest, ...run } = runDirectory(artifacts, id);
    return { ...run, started: manifest?.started };
  });

/** Tells whether the kept runs need more than they may, and says so. */
function tooLarge(store: Store, needs: Needs, { size, json }: GcOptions): boolean {
  if (size === undefined) return false;
  const needed = spaceOf(store, needs);
  if (needed <= size) return false;
  if (!json) {
    printSentences(
      `The kept runs need ${bytes(needed)}; expected ${bytes(size)} at most, by --max-size. ` +
        "Keep fewer by --last N, or by naming them.",
    );
  }
  return true;
}

/** Ends of "Removes run ID". */
const conditions: Record<ListedRun["state"], string> = {
  recorded: "",
  unfinished: ", which was cut off",
  unreadable: ", whose manifest cannot be read",
};

function report(
  rubbish: Rubbish & { users: ReturnType<typeof addOthers> },
  { json, yes }: GcOptions,
): void {
  const { kept, runs, latest, damaged, users } = rubbish;
  const actions = amountOf(rubbish.actions());
  const blobs = amountOf(rubbish.blobs());
  const ids = (list: ListedRun[]) => list.map((run) => run.id);
  if (json) {
    printJson({
      kept: ids(kept),
      removed: ids(runs),
      latest: latest.length > 0,
      actions: actions.count,
      blobs: blobs.count,
      damaged: damaged.length,
      bytes: blobs.bytes,
      users,
      done: yes,
    });
    return;
  }
  printSentences(`Keeps ${ids(kept).join(", ") || "no run"}.`);
  for (const { artifacts, runs } of users) {
    printSentences(
      `Keeps what ${count(runs.length, "run")} in ${artifacts} need${
        runs.length === 1 ? "s" : ""
      }.`,
    );
  }
  for (const run of runs) {
    printSentences(`Removes run ${run.id}${conditions[run.state]}.`);
  }
  if (damaged.length > 0) {
    printSentences(`Removes ${count(damaged.length, "file")} quarantined as damaged.`);
  }
  if (latest.length > 0) printSentences("Removes latest/, which shows a run that is not kept.");
  printSentences(
    `Frees ${bytes(blobs.bytes)}: ${count(blobs.count, "blob")}, ` +
      `${count(actions.count, "cached result")}.`,
  );
}

function keptRuns(
  artifacts: string,
  store: Store,
  others: Needs,
  { runs, last, age, size }: GcOptions,
  all: readonly ListedRun[],
): ListedRun[] {
  const handed = all.find(({ state, path }) =>
    state === "unfinished" && hasSubmission(slurmPath(path))
  );
  // Its nodes need what it has given so far, and it is in no manifest yet.
  if (handed !== undefined) throw new Failed({ reason: "with-slurm", run: handed.id });
  const recorded = all.filter(({ state }) => state !== "unfinished");
  const latest = latestRun(artifacts);
  const firm = runs.length > 0
    ? runs.map((name) => namedAmong(all, artifacts, name))
    : recorded.filter(({ id }, i) => i < last || id === latest);
  refuseUnreadable(firm);
  if (age === undefined && size === undefined) return firm;
  const older = recorded.filter(({ id }) => firm.every((run) => run.id !== id));
  // Neither the age nor the needs of such a run are known.
  refuseUnreadable(older);
  const since = age === undefined ? -Infinity : Date.now() - age;
  const young = older.filter(({ started }) => Date.parse(started!) >= since);
  return size === undefined ? [...firm, ...young] : withinSpace(store, others, firm, young, size);
}

/** The listed run of a name. Throws a `Failed` for one that was cut off. */
function namedAmong(all: readonly ListedRun[], artifacts: string, name: string): ListedRun {
  const { id, state } = runHere(artifacts, name);
  if (state === "unfinished") recordedRun(artifacts, name);
  return all.find((run) => run.id === id)!;
}

/** Throws the failure of a run that is to be kept, and of which it is not known what it needs. */
function refuseUnreadable(runs: readonly ListedRun[]): void {
  const unreadable = runs.find(({ state }) => state === "unreadable");
  if (unreadable === undefined) return;
  const { id: run, path, problem } = unreadable;
  throw new Failed({ reason: "unreadable-run", run, path, problem: problem!.message });
}
