/** `plan`: what would run, and why, line by line. Runs nothing. Exits with 3 where something would run. */
import { labelOf, lineText, lineTexts } from "../engine/key.ts";
import { jobsNamed } from "../engine/project/job_names.ts";
import type { PlannedJob, Why } from "../engine/plan.ts";
import type { Project } from "../engine/project/project.ts";
import { cellWidth } from "../terminal/cell_width.ts";
import { count } from "../terminal/numbers.ts";
import { print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { textTable } from "../terminal/text_table.ts";
import { labelled, outputColumns, wrapped } from "../terminal/wrapped.ts";
import { defineCommand, refuseBeside, toggle, value } from "./flags/flags.ts";
import { planFor, type Planned, type Wanted } from "./planning.ts";
import { json, selecting, selectionOf } from "./flags/shared_flags.ts";
import { redirecting, remoteOf } from "./flags/remote_flags.ts";

export const command = defineCommand({
  about: "shows which jobs would run, and why; exits with 3 if any would",
  flags: {
    ...selecting,
    all: toggle("also lists the jobs whose results are cached"),
    explain: value("JOB", "prints the lines of this job's key"),
    remote: value("URL", "also shows which results this remote store has"),
    ...redirecting,
    json,
  },
  run(project, given) {
    const { all, explain, json } = given;
    if (explain !== undefined) refuseBeside("--explain is of the jobs that it names", { all });
    const wanted = { ...selectionOf(project, given), remote: remoteOf(given) };
    return showPlan(project, wanted, { all, explain, json });
  },
});

const states = { cached: "cached", remote: "remote", run: "run", waits: "maybe" };

/** Columns of a state, with the space on both its sides. */
const stateWidth = Math.max(...Object.values(states).map(({ length }) => length)) + 4;

async function showPlan(
  project: Project,
  wanted: Wanted,
  options: { all: boolean; explain?: string; json: boolean },
): Promise<number> {
  const planned = await planFor(project, wanted);
  const { experiment, jobs, wordsOf } = planned;
  const named = options.explain === undefined
    ? undefined
    : jobsNamed(options.explain, jobs.map(({ job }) => job.name));
  const shown = jobs.filter(({ job }) => named?.includes(job.name) ?? true);
  if (options.json) {
    const all = shown.map((one) => ({
      job: one.job.name,
      state: one.state,
      ...(one.state === "waits"
        ? { for: one.for }
        : { key: one.keyed?.key, lines: one.keyed && lineTexts(one.keyed.lines) }),
      ...(one.state === "run" ? { why: whyJson(one.why, wordsOf(one)) } : {}),
    }));
    printJson({ experiment, jobs: all });
  } else if (named === undefined) printPlan(planned, options.all);
  else shown.forEach(explain);
  return named !== undefined || jobs.every(({ state }) => state === "cached") ? 0 : 3;
}

/** Prints a line for each job that is not cached, or for all, and how many there are of each. */
function printPlan({ experiment, jobs, wordsOf }: Planned, all: boolean): void {
  const reasons = (one: PlannedJob): string[] => {
    if (one.state === "run") return wordsOf(one);
    return [one.state === "waits" ? `if other bytes come from ${one.for.join(", ")}` : ""];
  };
  const shown = jobs.filter(({ state }) => all || state !== "cached");
  const columns = outputColumns();
  const rows = shown.flatMap((one) =>
    reasons(one).map((reason, i) =>
      i === 0 ? [one.job.name, states[one.state], reason] : ["", "", reason]
    )
  );
  const table = textTable([["Job", "State", "Why"], ...rows]);
  // On a narrow terminal reasons are below their job, where they have room.
  const isNarrow = table.some((line) => cellWidth(line) > columns);
  const lines = isNarrow
    ? shown.flatMap((one) => [
      ...wrapped(one.job.name, columns),
      ...labelled(`  ${states[one.state]}`, reasons(one), { indent: stateWidth, columns }),
    ])
    : table;
  if (rows.length > 0) print([...lines, ""]);
  const of = (state: PlannedJob["state"]) => jobs.filter((one) => one.state === state).length;
  const [toRun, far, perhaps, cached] = [of("run"), of("remote"), of("waits"), of("cached")];
  printSentences(
    toRun === 0 && far === 0
      ? `Everything is up to date: ${count(cached, "job")} cached.`
      : `${experiment}: ${count(toRun, "job")} to run` +
        (far > 0 ? `, ${far} to take from the remote` : "") +
        (perhaps > 0 ? `, ${perhaps} more if the bytes before them change` : "") +
        `; ${cached} cached.`,
  );
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
function explain(one: PlannedJob): void {
  const { name } = one.job;
  if (one.state === "waits" || one.keyed === undefined) {
    printSentences(`${name} has no key yet: it depends on what the jobs before it will give.`);
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
