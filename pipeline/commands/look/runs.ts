/**
 * `runs`: the runs that there are, newest first, those from elsewhere last, each with what it changed, its
 * main metrics and its grade.
 */
import { mainMetricNames } from "../../engine/project/project.ts";
import type { Project } from "../../engine/project/project.ts";
import { type KnownGrade, openGrades } from "../../grade/known_grade.ts";
import { latestRun, runsOf } from "../../runs/latest.ts";
import { type MainMetric, mainMetrics } from "../../runs/main_metrics.ts";
import type { RunDirectory } from "../../runs/read_manifest.ts";
import { recordedMetrics } from "../../runs/recorded_metrics.ts";
import { hasSubmission, slurmPath } from "../../slurm/submission_files.ts";
import { cellWidth } from "../../terminal/cell_width.ts";
import { precise } from "../../terminal/numbers.ts";
import { complain, print, printSentences } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { textTable } from "../../terminal/text_table.ts";
import { outputColumns, wrapped } from "../../terminal/wrapped.ts";
import { defineViewer, type Place, value } from "../flags/flags.ts";
import { json, oneOf, parseCount } from "../flags/shared_flags.ts";
import { changesOf, gradeText, minute, unknownGrades } from "./run_words.ts";

export const command = defineViewer({
  about: "lists the runs, with their changes, main metrics and grades",
  flags: {
    experiment: value("NAME", "lists runs of this experiment"),
    last: value("N", "lists the newest N of them"),
    json,
  },
  look: showRuns,
});

/** A run as the list shows it. */
interface Listed {
  run: string;
  experiment?: string;
  status: string;
  started?: string;
  latest: boolean;
  /** Jobs of its experiment that it left out. */
  missing: number;
  /** Changed parameters, as `--set` takes them. */
  changed: string[];
  metrics: MainMetric[];
  grade: KnownGrade | null;
  /** The reason why its grade is not known. */
  gradeProblem?: string;
  /** The reason why it has none, where there are expected values. */
  ungraded?: string;
  seconds?: number;
  jobs?: number;
  ran?: number;
  problem?: string;
}

async function showRuns(
  place: Place,
  options: { experiment?: string; last?: string; json: boolean },
  load: () => Promise<Project>,
): Promise<number> {
  const most = options.last === undefined ? Infinity : parseCount("last", options.last);
  const latest = latestRun(place.artifacts);
  const grades = openGrades(place, load);
  const known = new Set(Object.keys(place.experiments));
  const runs: Listed[] = [];
  for (const run of runsOf(place.artifacts)) {
    const name = run.manifest?.experiment.name;
    if (name !== undefined) known.add(name);
    if (options.experiment !== undefined && name !== options.experiment) continue;
    runs.push(await listed(place, run, latest, grades));
    if (runs.length === most) break;
  }
  if (runs.length === 0 && options.experiment !== undefined) {
    oneOf("experiment", [...known], options.experiment);
  }
  const problems = runs.flatMap(({ gradeProblem = [] }) => gradeProblem);
  if (options.json) {
    printJson(runs);
  } else if (runs.length === 0) {
    printSentences(noRuns(options.experiment));
  } else {
    print(listOf(runs, outputColumns()));
  }
  const [problem] = problems;
  if (problem !== undefined) complain(unknownGrades(problems.length, problem));
  return 0;
}

const noRuns = (experiment: string | undefined): string =>
  experiment === undefined
    ? `No runs yet. "deno task reproduce" makes the first.`
    : `No runs of ${experiment} yet. "deno task reproduce --experiment ${experiment}" makes the first.`;

async function listed(
  place: Place,
  { id, path, state, manifest, problem: damage }: RunDirectory,
  latest: string | undefined,
  grades: ReturnType<typeof openGrades>,
): Promise<Listed> {
  const status = manifest?.status ??
    (state === "unfinished" && hasSubmission(slurmPath(path)) ? "with Slurm" : state);
  const base = { run: id, status, latest: id === latest, problem: damage?.message };
  if (manifest === undefined) return { ...base, missing: 0, changed: [], metrics: [], grade: null };
  const { experiment: { name }, deviation, started, seconds, jobs } = manifest;
  const { grade, why, problem } = await grades.of(manifest);
  return {
    ...base,
    experiment: name,
    started,
    missing: deviation?.missing.length ?? 0,
    changed: changesOf(deviation),
    metrics: mainMetrics(await mainMetricNames(place, manifest), recordedMetrics(path)),
    grade,
    gradeProblem: problem?.message,
    ungraded: why,
    seconds,
    jobs: jobs.length,
    ran: jobs.filter((job) => job.status === "ran").length,
  };
}

/**
 * Lines of the list. Changed parameters have lines below each run. On a narrow terminal so have metrics,
 * then remarks, then all but the run's id.
 */
function listOf(runs: readonly Listed[], columns: number): string[] {
  const names = [
    ...new Set(runs.flatMap(({ metrics }) => metrics.map(({ declared }) => declared))),
  ];
  const heads = names.map((name) => name.split(".").filter((part) => !part.includes("*")));
  const height = Math.max(1, ...heads.map(({ length }) => length));
  // Heads of several lines end on the same one.
  const headLine = (line: number): string[] => {
    const isLast = line === height - 1;
    return [
      ...["Run", "Begun (UTC)", "Experiment", "Grade"].map((head) => isLast ? head : ""),
      ...heads.map((head) => head[line - height + head.length] ?? ""),
      isLast ? "Remarks" : "",
    ];
  };
  const rows = runs.map((run) => [
    run.run,
    run.started === undefined ? "" : minute(run.started),
    run.experiment ?? "",
    run.gradeProblem === undefined ? gradeText(run.grade) : "not known",
    ...names.map((name) => metricIn(run, name)),
    remarksText(run),
  ]);
  const right = names.map((_, i) => 4 + i);
  const header = Array.from({ length: height }, (_, line) => headLine(line));
  const last = header[height - 1];
  const layouts = [
    { head: header, rows, below: [changedText] },
    {
      head: [[...last.slice(0, 4), ...last.slice(-1)]],
      rows: rows.map((row) => [...row.slice(0, 4), ...row.slice(-1)]),
      below: [changedText, metricsText],
    },
    {
      head: [last.slice(0, 4)],
      rows: rows.map((row) => row.slice(0, 4)),
      below: [remarksText, changedText, metricsText],
    },
    {
      head: [],
      rows: rows.map((row) => row.slice(0, 1)),
      below: [factsText, remarksText, changedText, metricsText],
    },
  ].map(({ head, rows, below }) => ({
    head: head.length,
    lines: textTable([...head, ...rows], head === header ? right : []),
    below,
  }));
  const { head, lines, below } =
    layouts.find(({ lines }) => lines.every((line) => cellWidth(line) <= columns)) ??
      layouts[layouts.length - 1];
  const width = Math.min(columns, 120) - 2;
  return lines.flatMap((line, i) => {
    const run = runs[i - head];
    if (run === undefined) return [line];
    const texts = below.map((textOf) => textOf(run)).filter((text) => text !== "");
    return [line, ...texts.flatMap((text) => wrapped(text, width)).map((line) => `  ${line}`)];
  });
}

const factsText = ({ started, experiment, grade }: Listed): string =>
  [
    ...(started === undefined ? [] : [`begun ${minute(started)} UTC`]),
    ...(experiment === undefined ? [] : [experiment]),
    ...(grade === null ? [] : [`grade ${gradeText(grade)}`]),
  ].join(", ");

const remarksText = (run: Listed): string => remarks(run).join(", ");

const changedText = ({ changed }: Listed): string => changed.join(" ");

const metricsText = ({ metrics }: Listed): string =>
  metrics.map(({ name, value }) => `${name} ${precise(value)}`).join(", ");

function metricIn({ metrics }: Listed, declared: string): string {
  const found = metrics.find((metric) => metric.declared === declared);
  return found === undefined ? "" : precise(found.value);
}

const remarks = (
  { latest, missing, changed, status, problem, ungraded }: Listed,
): string[] => [
  ...(status === "complete" ? [] : [problem === undefined ? status : "unreadable"]),
  ...(latest ? ["latest"] : []),
  ...(missing > 0 ? ["some jobs"] : []),
  ...(changed.length > 0 ? ["changed"] : []),
  // "show RUN" has the reason; the remarks before say it of a run that differs by its own flags.
  ...(ungraded !== undefined && missing === 0 && changed.length === 0 ? ["not graded"] : []),
];
