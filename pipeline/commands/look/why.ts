/** `why`: why a job would run now or is cached, and why it last ran; or why it ran in a run. */
import type { ManifestJob } from "../../../schemas/run/manifest.ts";
import type { PlannedJob } from "../../engine/plan.ts";
import { jobsNamed } from "../../engine/project/job_names.ts";
import type { Project } from "../../engine/project/project.ts";
import { runsOf } from "../../runs/latest.ts";
import { seconds } from "../../terminal/numbers.ts";
import { print } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { labelled, outputColumns, wrapped } from "../../terminal/wrapped.ts";
import { defineViewer, type Place, refuseBeside } from "../flags/flags.ts";
import { openNamed } from "../open_named.ts";
import { planFor, type Wanted } from "../planning.ts";
import { json, runs, selecting, selectionOf } from "../flags/shared_flags.ts";
import { splitOperand } from "./run_operand.ts";

const operands = runs(1, 1, "[RUN:]JOB");
const { experiment, set, force, backend } = selecting;

export const command = defineViewer({
  about: "shows why a job ran in a run, or would run now",
  operands: { ...operands, about: `${operands.about} Without a name, now is meant.` },
  flags: { experiment, set, force, backend, json },
  async look(place, given, load) {
    const { operands: [text], json } = given;
    if (text.includes(":")) {
      const { experiment, set, force, backend } = given;
      refuseBeside("why RUN:JOB is of a run that was", { experiment, set, force, backend });
      return await whyInRun(place, text, json);
    }
    const project = await load();
    const selection = selectionOf(project, { ...given, only: [] });
    const isChosen = given.experiment !== undefined || Object.keys(project.experiments).length < 2;
    const note = isChosen ? [] : [
      `"now" is of the experiment ${selection.experiment}; --experiment names another.`,
    ];
    return await whyNow(project, text, selection, json, note);
  },
});

/** A job as a run recorded it. */
interface EarlierRun {
  run: string;
  status: ManifestJob["status"];
  seconds?: number;
  /** Reasons in words; absent where its result was cached, or they were not recorded. */
  why?: string[];
}

const earlierRunOf = (run: string, { status, seconds, why }: ManifestJob): EarlierRun => ({
  run,
  status,
  seconds,
  why,
});

async function whyInRun(place: Place, text: string, asJson: boolean): Promise<number> {
  const { run, rest } = splitOperand(text);
  using source = await openNamed(place.artifacts, run);
  const { manifest } = source;
  const named = jobsNamed(rest, manifest.jobs.map(({ name }) => name), `job of ${manifest.run}`);
  const jobs = manifest.jobs.filter(({ name }) => named.includes(name));
  if (asJson) {
    printJson(jobs.map((job) => ({ job: job.name, then: earlierRunOf(manifest.run, job) })));
  } else {
    print(
      jobs.flatMap((
        job,
      ) => [job.name, ...line("then", earlierRunText(earlierRunOf(manifest.run, job)))]),
    );
  }
  return 0;
}

async function whyNow(
  project: Project,
  text: string,
  wanted: Wanted,
  asJson: boolean,
  note: readonly string[],
): Promise<number> {
  const { jobs, wordsOf } = await planFor(project, wanted);
  const named = new Set(jobsNamed(text, jobs.map(({ job }) => job.name)));
  const before = lastRan(project.artifacts, named);
  const found = jobs.filter(({ job }) => named.has(job.name)).map((planned) => ({
    job: planned.job.name,
    now: {
      state: planned.state,
      why: planned.state === "run"
        ? wordsOf(planned)
        : planned.state === "waits"
        ? [`if other bytes come from ${planned.for.join(", ")}`]
        : [],
    },
    then: before.get(planned.job.name) ?? null,
  }));
  if (asJson) printJson(found);
  else {
    print([
      ...found.flatMap(({ job, now, then }) => [
        job,
        ...line("now", nowText(now)),
        ...line("then", then === null ? "no run here ran it" : earlierRunText(then)),
      ]),
      ...note.flatMap((sentence) => wrapped(sentence, outputColumns())),
    ]);
  }
  return 0;
}

/** For each job, the newest run here in which it ran. */
function lastRan(artifacts: string, jobs: ReadonlySet<string>): Map<string, EarlierRun> {
  const found = new Map<string, EarlierRun>();
  for (const { id, manifest } of runsOf(artifacts)) {
    for (const job of manifest?.jobs ?? []) {
      if (job.status !== "ran" || !jobs.has(job.name) || found.has(job.name)) continue;
      found.set(job.name, earlierRunOf(id, job));
    }
    if (found.size === jobs.size) break;
  }
  return found;
}

const states: Record<PlannedJob["state"], string> = {
  cached: "its result is cached, so it would not run",
  remote: "its result would come from the remote store",
  run: "it would run",
  waits: "it would run",
};

const nowText = ({ state, why }: { state: PlannedJob["state"]; why: readonly string[] }): string =>
  why.length === 0
    ? states[state]
    : `${states[state]}${state === "waits" ? " " : ": "}${why.join("; ")}`;

const statuses: Record<ManifestJob["status"], string> = {
  ran: "it ran",
  cached: "its result was cached",
  failed: "it failed",
  skipped: "it was skipped, because a job before it did not end",
  interrupted: "it was interrupted",
};

function earlierRunText({ run, status, seconds: took, why }: EarlierRun): string {
  const time = status === "ran" && took !== undefined ? ` in ${seconds(took)}` : "";
  const reason = why === undefined || why.length === 0
    ? status === "ran" ? ", and no reason is recorded" : ""
    : `: ${why.join("; ")}`;
  return `${statuses[status]}${time} in ${run}${reason}`;
}

const line = (label: string, text: string): string[] =>
  labelled(`  ${label}`, [text], { indent: 8, columns: Math.min(120, outputColumns()) });
