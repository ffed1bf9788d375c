/**
 * `grade`: grades a run, or a metrics file, and writes the grade in a format. Items that rest on
 * unreadable files of a run fail; the grade is written all the same.
 */
import { openConsole } from "../terminal/progress.ts";
import { complain, printText } from "../terminal/print.ts";
import { Failed } from "../engine/failed.ts";
import type { Submission } from "../grade/class/grade_class.ts";
import { formats } from "../grade/formats/mod.ts";
import { gradeMetrics, gradeRun, type Grading } from "../grade/submission.ts";
import { parseLevel } from "../grade/trust_level.ts";
import type { Project } from "../engine/project/project.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { markupWithoutCommands } from "../terminal/escape.ts";
import { writeResult } from "../terminal/result_file.ts";
import { shownPath } from "../terminal/user_path.ts";
import { openNamed } from "./open_named.ts";
import { defineCommand, directory, file, result, toggle, value } from "./flags.ts";
import { experimentOf, farRuns, json, remoteOf, runs } from "./shared_flags.ts";

export const command = defineCommand({
  about: "grades one run, a metrics file, or a directory of submissions",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    metrics: file("FILE", "grades a metrics file of any program: flat JSON or CSV"),
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
    output: result("FILE", "writes the grade to this file"),
    "show-hidden": toggle("shows hidden items too: for teachers, not for submitters"),
    ...farRuns,
    json,
  },
  run(project, { operands: [run = "latest"], json, ...given }) {
    return grade(project, {
      ...given,
      run,
      experiment: given.experiment && experimentOf(project, given.experiment),
      require: given.require === undefined ? undefined : parseLevel(given.require),
      format: json ? "json" : given.format,
      whole: given["show-hidden"],
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
  /** Shows hidden items too. */
  whole: boolean;
  /** Store to search for runs that are not on this machine. */
  remote?: RemoteOptions;
  /** File to write the grade to; standard output if absent. */
  output?: string;
}

/** Gives the exit code: 0 if all passes, 1 if not. */
async function grade(project: Project, options: GradeOptions): Promise<number> {
  const { run, metrics, all, format = "table", whole, output } = options;
  using view = openConsole();
  const how: Grading = {
    ...options,
    open: (name) => openNamed(project.artifacts, name, options.remote),
    onStart: (job, about) => view.show({ type: "started", job, about }),
    onNotice: view.notice,
  };
  if (all !== undefined) {
    const [{ gradeAll }, { comparisons, withoutHiddenItems }] = await Promise.all([
      import("../grade/class/grade_class.ts"),
      import("../grade/class/mod.ts"),
    ]);
    const html = async (grades: readonly Submission[], whole?: boolean) => {
      const { classPage } = await import("../report/class_page.ts");
      const page = await classPage(project.artifacts, whole ? grades : withoutHiddenItems(grades));
      return page.split("\n").map(markupWithoutCommands).join("\n");
    };
    const write = chosen({ ...comparisons, html }, format);
    const grades = await gradeAll(project, all, how);
    deliver(await write(grades, whole), output);
    return grades.every(({ grade }) => grade?.passed) ? 0 : 1;
  }
  const write = chosen(formats, format);
  const result = metrics === undefined
    ? await gradeRun(project, run, how)
    : gradeMetrics(project, metrics, how);
  deliver(write(result, whole), output);
  return result.passed ? 0 : 1;
}

function chosen<T>(known: Record<string, T>, name: string): T {
  if (Object.hasOwn(known, name)) return known[name];
  throw new Failed({ reason: "unknown-name", what: "format", name, known: Object.keys(known) });
}

/** Standard output has the very bytes of the file. */
function deliver(text: string, output: string | undefined): void {
  const file = `${text}\n`;
  if (output === undefined) return printText(file);
  writeResult(output, file);
  complain(`Written to ${shownPath(output)}.`);
}
