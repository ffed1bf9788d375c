/**
 * `grade`: grades a run, or a metrics file, and writes the grade in a format. Items that rest on
 * unreadable files of a run fail; the grade is written all the same.
 */
import { basename, dirname } from "node:path";
import { type Grade, TrustLevel } from "../../schemas/run/graded.ts";
import { type Console, openConsole, type Verbosity } from "../terminal/progress.ts";
import { complain, print, printSentences, printText } from "../terminal/print.ts";
import { screenOf } from "../terminal/screen.ts";
import { Failed } from "../engine/failed.ts";
import { noSubmission } from "../grade/apart/find_submission.ts";
import { type ReadingLimits, usualLimits } from "../grade/apart/reading_limits.ts";
import type { NamedReason } from "../grade/class/class_entries.ts";
import type { Submission } from "../grade/class/grade_class.ts";
import { formats } from "../grade/formats/mod.ts";
import { quietGrade, shortGrade } from "../grade/formats/short_grade.ts";
import { withoutHidden } from "../grade/hidden_items.ts";
import { gradeMetrics, gradeRun, type Grading } from "../grade/submission.ts";
import type { Project } from "../engine/project/project.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { linesWithin, markupWithoutCommands } from "../terminal/escape.ts";
import { listed } from "../terminal/numbers.ts";
import { writeResult } from "../terminal/result_file.ts";
import { givenPath, shownPath } from "../terminal/user_path.ts";
import { outputColumns } from "../terminal/wrapped.ts";
import { kindAt, statOf } from "../store/existence.ts";
import { isRunHere } from "../runs/open_run.ts";
import { openNamed } from "./open_named.ts";
import {
  defineCommand,
  directory,
  file,
  refuseBeside,
  result,
  short,
  toggle,
  value,
} from "./flags/flags.ts";
import { experimentOf, json, oneOf, parseCount, runs } from "./flags/shared_flags.ts";
import { farRuns, remoteOf } from "./flags/remote_flags.ts";
import { tellingOf } from "./flags/verbosity_flags.ts";

export const command = defineCommand({
  about: "grades one run, a metrics file, or a directory of submissions",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    metrics: file("FILE", "grades metrics of any program: JSON, CSV, a notebook, a log"),
    all: directory("DIR", "grades every submission in a directory, and prints one table"),
    expected: file("FILE", "the expected metrics (default: the committed file of the experiment)"),
    experiment: value(
      "NAME",
      "the experiment that is expected (default: the one that a run names)",
    ),
    require: value(
      "LEVEL",
      "what an item needs for points: claimed, consistent (default for runs), recomputed",
    ),
    format: value(
      "FORMAT",
      "table, json, junit, tap (version 13), tap14, gradescope, classroom; or csv, html with --all",
    ),
    output: result("FILE", "writes the grade to this file, a table with every item"),
    verbose: short("v", toggle("prints every item, not only those that do not pass")),
    quiet: short("q", toggle("prints one line")),
    "show-hidden": toggle("shows hidden items too: for teachers, not for submitters"),
    seconds: value("N", "limit on reading a submission (default 120)"),
    memory: value("MIB", "limit on memory for reading a submission (default 2048)"),
    ...farRuns,
    json,
  },
  run(project, { operands: [run], json, verbose, quiet, ...given }) {
    const { verbosity } = tellingOf({ verbose, quiet, json });
    checkTelling(verbosity, given);
    checkSubject(run, given);
    if (json && (given.format ?? "json") !== "json") {
      const message = `--json is a format; expected no --format ${given.format} beside it.`;
      throw new Failed({ reason: "usage", message });
    }
    return grade(project, {
      ...given,
      verbosity,
      run: run ?? "latest",
      experiment: given.experiment && experimentOf(project, given.experiment),
      require: given.require === undefined
        ? undefined
        : oneOf("level of --require", TrustLevel.options, given.require),
      format: json ? "json" : given.format,
      whole: given["show-hidden"],
      limits: limitsOf(given),
      remote: remoteOf(given),
    });
  },
});

interface GradeOptions extends Pick<Grading, "expected" | "experiment" | "require"> {
  /** A run's id, `latest`, a directory, an archive. */
  run: string;
  /** A metrics file instead of a run. */
  metrics?: string;
  /** A directory of submissions in place of one. */
  all?: string;
  /** `table` if absent. */
  format?: string;
  /** The amount of the table that is printed. */
  verbosity: Verbosity;
  /** Shows hidden items too. */
  whole: boolean;
  /** Store to search for runs that are not on this machine. */
  remote?: RemoteOptions;
  /** File to write the grade to; standard output if absent. */
  output?: string;
  limits: ReadingLimits;
}

const limitsOf = ({ seconds, memory }: { seconds?: string; memory?: string }): ReadingLimits => ({
  seconds: parseCount("seconds", seconds ?? String(usualLimits.seconds)),
  memory: parseCount("memory", memory ?? String(usualLimits.memory)),
});

/** Throws a failure for flags of which one says how much is printed, and the other that it is all. */
function checkTelling(
  verbosity: Verbosity,
  { format = "table", output, all }: { format?: string; output?: string; all?: string },
): void {
  if (verbosity === "short") return;
  const flag = `--${verbosity === "verbose" ? verbosity : "quiet"}`;
  const found = format !== "table"
    ? `--format ${format}, which has every item`
    : output !== undefined
    ? "--output, which has every item"
    : verbosity === "verbose" && all !== undefined
    ? "--all, which prints a row for each submission"
    : undefined;
  if (found === undefined) return;
  const message = `${flag} says how much of one table is printed; expected no ${found}.`;
  throw new Failed({ reason: "usage", message });
}

/** Throws a failure for several things to grade, of which one is at a time, and for what is of others. */
function checkSubject(
  run: string | undefined,
  given: { metrics?: string; all?: string; remote?: string; seconds?: string; memory?: string },
): void {
  const found = [
    ...(run === undefined ? [] : [`the run ${run}`]),
    ...(given.metrics === undefined ? [] : ["--metrics"]),
    ...(given.all === undefined ? [] : ["--all"]),
  ];
  if (found.length > 1) {
    const message = `grade expects one of a run, --metrics and --all; found ${listed(found)}.`;
    throw new Failed({ reason: "usage", message });
  }
  const { metrics, all, remote, seconds, memory } = given;
  if (all !== undefined) refuseBeside("--all grades a directory here", { remote });
  if (metrics === undefined) return;
  refuseBeside("--metrics grades a file here, without limits", { remote, seconds, memory });
}

/** Gives the exit code: 0 if all passes, 1 if not, 2 for one submission that cannot be read. */
async function grade(project: Project, options: GradeOptions): Promise<number> {
  const { run, metrics, all, format = "table", whole, output, verbosity } = options;
  using view = openConsole();
  const how: Grading = {
    ...options,
    open: (name) => openNamed(project.artifacts, name, options.remote),
    onStart: (job, about) => view.show({ type: "started", job, about }),
    onEnd: (job) => view.show({ type: "ended", job }),
    onNotice: view.notice,
  };
  if (all !== undefined) return await gradeClass(project, all, how, options, view);
  const write = chosen(formats, format);
  const isScreen = format === "table" && output === undefined && verbosity !== "verbose";
  const show = (grade: Grade) => {
    if (!isScreen) return deliver(write(grade, whole, columnsFor(output)), output);
    const shown = whole ? grade : withoutHidden(grade);
    const screen = screenOf(Deno.stdout);
    if (verbosity === "quiet") printSentences([quietGrade(shown, screen)]);
    else print(shortGrade(shown, screen));
  };
  const path = metrics === undefined ? submittedPath(project, run) : undefined;
  if (path !== undefined) {
    const { gradeOne } = await import("../grade/apart/grade_one.ts");
    const { grade, why } = await gradeOne(project, { path, name: run }, how, options.limits);
    view.close();
    // A table without a value says no more than the reason.
    if (why === undefined || format !== "table" || output !== undefined) {
      show(grade);
    }
    if (why === undefined) return grade.passed ? 0 : 1;
    complain(linesWithin(why));
    return 2;
  }
  const result = metrics === undefined
    ? await gradeRun(project, run, how)
    : gradeMetrics(project, metrics, how);
  view.close();
  show(result);
  return result.passed ? 0 : 1;
}

/** The real path of a submission that is named by its path; undefined for another name, or a run here. */
function submittedPath({ artifacts }: Project, name: string): string | undefined {
  const path = givenPath(name);
  if (statOf(path, Deno.lstatSync) === undefined) return undefined;
  let real: string;
  try {
    real = Deno.realPathSync(path);
  } catch {
    throw noSubmission(`${name}, a ${kindAt(path)}, which leads nowhere`);
  }
  if (isRunHere(artifacts, name)) return undefined;
  return basename(real) === "manifest.json" ? dirname(real) : real;
}

async function gradeClass(
  project: Project,
  directory: string,
  how: Grading,
  { format = "table", whole, output, limits, verbosity }: GradeOptions,
  view: Console,
): Promise<number> {
  const [{ gradeAll }, { classLine, comparisons, withoutHiddenItems }] = await Promise.all([
    import("../grade/class/grade_class.ts"),
    import("../grade/class/mod.ts"),
  ]);
  const skipped: NamedReason[] = [];
  const namesakes: (readonly string[])[] = [];
  const html = async (grades: readonly Submission[], whole?: boolean, _columns?: number) => {
    const { classPage } = await import("../report/class_page.ts");
    const shown = whole ? grades : withoutHiddenItems(grades);
    const page = await classPage(project, shown, skipped);
    return page.split("\n").map(markupWithoutCommands).join("\n");
  };
  const write = chosen({ ...comparisons, html }, format);
  const grades = await gradeAll(project, directory, how, {
    limits,
    output,
    onSkipped: (one) => skipped.push(one),
    onNamesakes: (names) => namesakes.push(names),
    onProgress: view.task("grade", `the submissions in ${directory}`, "submissions"),
  });
  view.close();
  for (const { name, why } of skipped) complain(`No submission: ${name}, ${why}.`);
  for (const names of namesakes) {
    complain(`One name with several rows: ${listed(names)}. Leave one of them.`);
  }
  if (verbosity === "quiet") printSentences(classLine(grades));
  else deliver(await write(grades, whole, columnsFor(output)), output);
  return grades.every(({ grade }) => grade.passed) ? 0 : 1;
}

const chosen = <T>(known: Record<string, T>, name: string): T =>
  known[oneOf("format", Object.keys(known), name)];

/** Columns of a table: those of a terminal, unbounded for a file and for programs. */
const columnsFor = (output: string | undefined): number =>
  output === undefined ? outputColumns() : Infinity;

/** Standard output, unless it is a terminal, has the very bytes of the file. */
function deliver(text: string, output: string | undefined): void {
  const file = `${text}\n`;
  if (output === undefined) return printText(file);
  writeResult(output, file);
  complain(`Written to ${shownPath(output)}.`);
}
