/** `show`: one run, or one job of it: metrics, parameters, and artifacts with their sizes. */
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import type { Metrics } from "../../../schemas/run/metric_values.ts";
import { pathIn } from "../../engine/key.ts";
import { mainMetricNames, type Project } from "../../engine/project/project.ts";
import { shortJson } from "../../engine/project/deviation.ts";
import { dotted, jobsNamed } from "../../engine/project/job_names.ts";
import { type FoundGrade, openGrades } from "../../grade/known_grade.ts";
import { jobCounts } from "../../runs/job_counts.ts";
import { type MainMetric, mainMetrics } from "../../runs/main_metrics.ts";
import { commitWords } from "../../runs/read_manifest.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { cellWidth, padded } from "../../terminal/cell_width.ts";
import { bytes, count, precise, seconds } from "../../terminal/numbers.ts";
import { complain, print, printSentences } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { fittedTable } from "../../terminal/text_table.ts";
import { labelled, outputColumns, wrapped } from "../../terminal/wrapped.ts";
import { defineViewer, type Place } from "../flags/flags.ts";
import { openNamed } from "../open_named.ts";
import { json, runs } from "../flags/shared_flags.ts";
import { defaultRun, splitOperand } from "./run_operand.ts";
import { changesOf, gradeText, minute, unknownGrades } from "./run_words.ts";

const operands = runs(0, 1, "[RUN | RUN:JOB]");

export const command = defineViewer({
  about: "shows a run, or a job of it: metrics, parameters, artifacts",
  operands: { ...operands, about: `${operands.about} Without a name it is latest.` },
  flags: { json },
  async look(place, { operands: [name = defaultRun], json }, load) {
    const isJob = name.includes(":");
    const { run, rest } = isJob ? splitOperand(name) : { run: name, rest: "" };
    using source = await openNamed(place.artifacts, run);
    return isJob ? showJobs(source, rest, json) : await showRun(place, source, json, load);
  },
});

/** Columns of a text that goes to no terminal, and at most on one. */
const widest = 120;

const columnsHere = (): number => Math.min(widest, outputColumns());

async function showRun(
  place: Place,
  source: RunSource,
  asJson: boolean,
  load: () => Promise<Project>,
): Promise<number> {
  const { manifest, name } = source;
  const metrics = source.metrics();
  const main = mainMetrics(await mainMetricNames(place, manifest), metrics ?? {});
  const found = source.form === "run"
    ? await openGrades(place, load).of(manifest)
    : { grade: null };
  const { grade, problem } = found;
  if (problem !== undefined) complain(unknownGrades(1, problem.message));
  if (asJson) {
    const { run, status, experiment, deviation, started, seconds, environment } = manifest;
    printJson({
      run,
      status,
      experiment: experiment.name,
      started,
      seconds,
      environment,
      deviation: deviation ?? null,
      grade,
      gradeProblem: problem?.message,
      main,
      metrics: metrics ?? null,
      jobs: manifest.jobs.map(jobJson),
    });
    return 0;
  }
  const word = shellWord(name);
  print([
    ...facts(manifest, found),
    "",
    ...metricLines(metrics, main, word),
    "",
    ...jobTable(manifest.jobs),
    "",
  ]);
  printSentences([
    `Parameters of its jobs: deno task params ${word}`,
    `One of its jobs: deno task show ${word}:JOB`,
  ]);
  return 0;
}

/** `run` names the run in a command. */
function metricLines(
  metrics: Metrics | undefined,
  main: readonly MainMetric[],
  run: string,
): string[] {
  if (metrics === undefined) return ["Its metrics are not available here."];
  const total = Object.keys(metrics).length;
  if (total === 0) return ["It has no metrics."];
  const rows = main.map(({ name, value }) => [name, precise(value)]);
  return [
    ...fittedTable([["Metric", "Value"], ...rows], outputColumns(), [1]),
    ...(total > rows.length
      ? wrapped(`and ${total - rows.length} more: deno task metrics ${run} --all`, outputColumns())
      : []),
  ];
}

/** The run in a few lines: where it comes from, and what is special about it. */
function facts(manifest: Manifest, found: FoundGrade): string[] {
  const { run, status, experiment, deviation, started, environment: machine, jobs } = manifest;
  const changed = changesOf(deviation);
  const set = Object.entries(experiment.parameters).flatMap(([job, values]) =>
    Object.entries(values).map(([name, value]) => `${dotted(job)}.${name}=${shortJson(value)}`)
  );
  const missing = deviation?.missing.length ?? 0;
  const rows: [string, string][] = [
    ["Run", run],
    ["Experiment", `${experiment.name}: ${experiment.about}`],
    ["Begun", `${minute(started)} UTC, ${status} after ${seconds(manifest.seconds)}`],
    ["Jobs", jobCounts(jobs) + (missing > 0 ? `; ${missing} of its experiment left out` : "")],
    ["Parameters", set.length === 0 ? "as the stages and their DAG have them" : set.join(" ")],
    ["Changed", changed.join(" ")],
    ["Grade", gradeWords(found)],
    ["Machine", `Deno ${machine.deno}, ${machine.os} ${machine.arch}, ${machine.cpu}`],
    ["Commit", commitWords(manifest) ?? "not known"],
  ];
  return rows.filter(([, text]) => text !== "")
    .flatMap(([label, text]) => labelled(label, [text], { indent: 12, columns: columnsHere() }));
}

const gradeWords = ({ grade, why, problem }: FoundGrade): string =>
  problem !== undefined ? "not known" : why !== undefined ? `none: ${why}` : gradeText(grade);

/** Stands for a space at which no line breaks. */
const noBreak = "\u00a0";

/** Artifacts that are named of a job; of more only their number and size are shown. */
const mostNamed = 4;

/** Least columns of artifacts beside a job's name; with fewer they are below it. */
const leastArtifacts = 24;

/** A line or two for each job: its artifacts with their sizes. */
function jobTable(jobs: readonly ManifestJob[]): string[] {
  const columns = columnsHere();
  const left = Math.max(...jobs.map(({ name }) => cellWidth(name))) + 2;
  const isNarrow = columns - left < leastArtifacts;
  const indent = isNarrow ? 2 : left;
  return jobs.flatMap((job) => {
    const lines = wrapped(artifactsText(job), columns - indent)
      .map((line) => line.replaceAll(noBreak, " "));
    return isNarrow
      ? [job.name, ...lines.map((line) => `  ${line}`)]
      : lines.map((line, i) => padded(i === 0 ? job.name : "", indent) + line);
  });
}

function artifactsText({ name, status, outputs }: ManifestJob): string {
  const all = Object.values(outputs);
  const total = bytes(all.reduce((sum, { size }) => sum + size, 0));
  if (all.length === 0) return `none: it is ${status}`;
  if (all.length > mostNamed) return `${count(all.length, "artifact")}, ${total}`;
  return all.map(({ file, size }) =>
    `${file.slice(name.length + 1)} ${bytes(size)}`.replaceAll(" ", noBreak)
  ).join(", ");
}

const jobJson = (job: ManifestJob) => ({
  job: job.name,
  stage: job.stage,
  status: job.status,
  key: job.key,
  seconds: job.seconds,
  parameters: job.parameters,
  inputs: job.inputs,
  outputs: job.outputs,
  why: job.why,
  error: job.error,
});

/** Shows the jobs that a text means, each in full. */
function showJobs({ manifest }: RunSource, text: string, asJson: boolean): number {
  const names = jobsNamed(text, manifest.jobs.map(({ name }) => name), `job of ${manifest.run}`);
  const jobs = manifest.jobs.filter(({ name }) => names.includes(name));
  if (asJson) {
    printJson({ run: manifest.run, jobs: jobs.map(jobJson) });
    return 0;
  }
  print(jobs.flatMap((job, i) => [...(i === 0 ? [] : [""]), ...wholeJob(job)]));
  return 0;
}

function wholeJob(job: ManifestJob): string[] {
  const columns = columnsHere();
  const section = (title: string, rows: string[][], right: number[] = []) =>
    rows.length === 0 ? [] : [
      "",
      `${title}:`,
      ...fittedTable(rows, outputColumns() - 2, right).map((line) => `  ${line}`),
    ];
  const line = (label: string, text: string) => labelled(label, [text], { indent: 8, columns });
  return [
    ...line("Job", `${job.name}, of the stage ${job.stage}`),
    ...line("State", job.status + (job.seconds === undefined ? "" : `, ${seconds(job.seconds)}`)),
    ...(job.why === undefined ? [] : line("Why", job.why.join("; "))),
    ...(job.error === undefined ? [] : line("Error", job.error.split("\n")[0])),
    ...line("Key", job.key ?? "none, because an input is missing"),
    ...section(
      "Parameters",
      Object.entries(job.parameters).map(([name, value]) => [name, JSON.stringify(value)]),
    ),
    ...section(
      "Inputs",
      Object.entries(job.inputs).map(([name, { job, output }]) => [
        pathIn(name),
        `${job}/${output}`,
      ]),
    ),
    ...section(
      "Artifacts",
      Object.values(job.outputs).map(({ file, size, sha256 }) => [
        file.slice(job.name.length + 1),
        bytes(size),
        sha256.slice(0, 12),
      ]),
      [1],
    ),
  ];
}
