/** `plan`: what would run, and why, line by line. Runs nothing. */
import type { Action } from "../../schemas/run/action.ts";
import type { Backend } from "../../schemas/run/experiment.ts";
import { openConsole } from "../terminal/progress.ts";
import type { Job } from "../engine/dag.ts";
import { type Override, select } from "../engine/project/selection.ts";
import { Failed } from "../engine/failed.ts";
import type { Sources } from "../../schemas/run/manifest.ts";
import { whyWords } from "../engine/change_words.ts";
import { type CountedSource, filesOf, sourcesOf } from "../engine/code/sources.ts";
import { labelOf, lineText, lineTexts } from "../engine/key.ts";
import { sourceReader } from "../runs/source_text.ts";
import { plan, type PlannedJob, type Why } from "../engine/plan.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { loadExperiment, prepare, type Project } from "../engine/project/project.ts";
import { refuseCollisions } from "../runs/collisions.ts";
import { blobReader } from "../store/store.ts";
import { earlierJobs } from "../runs/earlier_jobs.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { count } from "../terminal/numbers.ts";
import { textTable } from "../terminal/text_table.ts";
import { print, printJson } from "../terminal/print.ts";
import { defineCommand, value } from "./flags.ts";
import { json, remoteOf, selecting, selectionOf } from "./shared_flags.ts";

export const command = defineCommand({
  about: "shows which jobs would run, and why",
  flags: {
    ...selecting,
    explain: value("JOB", "prints the lines of this job's key"),
    remote: value("URL", "also shows which results this remote store has"),
    json,
  },
  run(project, given) {
    const { explain, json } = given;
    const remote = remoteOf(given);
    return showPlan(project, { ...selectionOf(project, given), explain, remote, json });
  },
});

interface PlanOptions {
  experiment: string;
  overrides: Override[];
  only: readonly string[];
  force: string[];
  /** In place of those that the experiment accepts. */
  backends?: Backend[];
  /** A job whose key lines are printed. */
  explain?: string;
  remote?: RemoteOptions;
  json: boolean;
}

/** Gives the changed files of a stage's code since an earlier run. */
type FilesOf = (stage: string, earlier: Sources | undefined) => CountedSource[] | undefined;

function reasons(planned: PlannedJob, filesOf: FilesOf): string[] {
  switch (planned.state) {
    case "cached":
    case "remote":
      return [""];
    case "waits":
      return [`if other bytes come from ${planned.for.join(", ")}`];
    case "run":
      return wordsOf(planned, filesOf);
  }
}

const wordsOf = ({ job, why }: { job: Job; why: Why }, filesOf: FilesOf): string[] =>
  whyWords(job, why, (stage) => filesOf(stage, why.reason === "changed" ? why.sources : undefined));

const states = { cached: "cached", remote: "remote", run: "run", waits: "maybe" };

async function showPlan(project: Project, options: PlanOptions): Promise<number> {
  const experiment = await loadExperiment(project, options.experiment);
  const selection = select(project.dag, experiment, options);
  using view = openConsole();
  const context = await prepare(project, selection, view);
  const { notice: onNotice } = view;
  const earlier = earlierJobs(project.artifacts, experiment.name);
  const planWith = (elsewhere: ReadonlyMap<string, Action>) =>
    plan(selection.jobs, context, { force: selection.force, earlier, onNotice, elsewhere });
  const planned = options.remote === undefined
    ? planWith(new Map())
    : await (await import("../remote/plan_remote.ts")).planWithRemote(
      options.remote,
      planWith,
      onNotice,
    );
  saveStatTable(context.store.table);
  view.close();
  refuseCollisions(planned, blobReader(context.store));

  const sources = sourcesOf(
    new Set(selection.jobs.filter(({ data }) => data === undefined).map(({ stage }) => stage.name)),
    context.codes,
  );
  const read = sourceReader(project.root, context.store);
  const changedFiles: FilesOf = (stage, earlier) => filesOf(stage, earlier, sources, read);
  if (options.json) {
    const jobs = planned.map((one) => ({
      job: one.job.name,
      state: one.state,
      ...(one.state === "waits"
        ? { for: one.for }
        : { key: one.keyed?.key, lines: one.keyed && lineTexts(one.keyed.lines) }),
      ...(one.state === "run" ? { why: whyJson(one.why, wordsOf(one, changedFiles)) } : {}),
    }));
    printJson({ experiment: experiment.name, jobs });
    return 0;
  }
  if (options.explain !== undefined) {
    explain(planned, options.explain);
    return 0;
  }
  const rows = planned.flatMap((one) =>
    reasons(one, changedFiles).map((
      reason,
      i,
    ) => [i === 0 ? one.job.name : "", i === 0 ? states[one.state] : "", reason])
  );
  const toRun = planned.filter((one) => one.state === "run").length;
  const far = planned.filter((one) => one.state === "remote").length;
  const perhaps = planned.filter((one) => one.state === "waits").length;
  print(textTable([["Job", "State", "Why"], ...rows]));
  print([
    "",
    toRun === 0 && far === 0 ? "Everything is up to date." : `${count(toRun, "job")} to run` +
      (far > 0 ? `, ${far} to take from the remote` : "") +
      (perhaps > 0 ? `, ${perhaps} more if the bytes before them change.` : "."),
  ]);
  return 0;
}

/** Returns why a job runs, for `--json`: a change by its line's label, and all of it in words. */
function whyJson(why: Why, words: readonly string[]) {
  if (why.reason !== "changed") return { ...why, words };
  const changes = why.changes.map(({ kind, name, ...values }) => ({
    label: labelOf({ kind, name }),
    ...values,
  }));
  return { reason: why.reason, changes, words };
}

/** Prints the lines that are hashed for a job's key; "+" and "-" mark what changed. */
function explain(planned: readonly PlannedJob[], name: string): void {
  const one = planned.find((planned) => planned.job.name === name);
  if (one === undefined) {
    const known = planned.map(({ job }) => job.name);
    throw new Failed({ reason: "unknown-name", what: "job", name, known });
  }
  if (one.state === "waits" || one.keyed === undefined) {
    print(`${name} has no key yet: it depends on what the jobs before it will give.`);
    return;
  }
  print(`${name}: ${states[one.state]}, key ${one.keyed.key}`);
  const changes = one.state === "run" && one.why.reason === "changed" ? one.why.changes : [];
  for (const line of one.keyed.lines) {
    const change = changes.find((change) => labelOf(change) === labelOf(line));
    if (change?.from !== undefined) print(`- ${lineText({ ...change, value: change.from })}`);
    print(`${change === undefined ? " " : "+"} ${lineText(line)}`);
  }
  for (const { kind, name, from, to } of changes) {
    if (from !== undefined && to === undefined) print(`- ${lineText({ kind, name, value: from })}`);
  }
}
