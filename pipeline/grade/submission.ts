/**
 * Grades a submission: a run by any name, a run that cannot be read, or a metrics file. Finds the expected
 * values to grade it against.
 */
import type { Grade } from "../../schemas/run/graded.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { archivedFiles } from "../archive/archive_source.ts";
import { openRun } from "../runs/open_run.ts";
import type { Project } from "../engine/project/project.ts";
import type { RunSource } from "../runs/run_source.ts";
import { count } from "../terminal/numbers.ts";
import { committedFor, type ExpectedFile, readExpected } from "./expected_file.ts";
import { type Gradable, gradable } from "./gradable.ts";
import { readFlatMetrics } from "./metrics_file.ts";
import { grade } from "./grade_run.ts";
import { subjectOfMetrics, subjectOfNothing, subjectOfRun } from "./subject.ts";

export interface Grading {
  /** A file of expected values, replacing the committed one. */
  expected?: string;
  /** Experiment of a submission that names none: a metrics file, a run without a manifest. */
  experiment: string;
  /** Graded jobs to recompute from the run's own inputs. */
  recompute: "none" | "quick" | "all";
  /** Opens a run that a user names; by default a local one. */
  open?(name: string): Promise<RunSource>;
  onStart(job: string, about: string): void;
  onNotice(notice: Notice): void;
}

/** Throws a `Failed` if there is no such run, or nothing to grade it against. */
export async function gradeRun(project: Project, name: string, how: Grading): Promise<Grade> {
  let opened: RunSource;
  try {
    opened = await (how.open?.(name) ??
      openRun(project.artifacts, name, { archive: archivedFiles }));
  } catch (error) {
    // The run exists, and cannot be read.
    const unreadable = ["invalid-file", "bad-archive"];
    if (!(error instanceof Failed) || !unreadable.includes(error.failure.reason)) throw error;
    const subject = subjectOfNothing(name, error.message);
    return grade(subject, expectedFor(project, how.experiment, how));
  }
  using source = opened;
  return await gradeSource(project, source, how);
}

export async function gradeSource(
  project: Project,
  source: RunSource,
  how: Grading,
  decided?: Gradable,
): Promise<Grade> {
  const { manifest } = source;
  const { file, deviates, ungraded } = decided ?? await gradable(project, manifest, how.expected);
  if (file === undefined) throw noneCommitted(manifest.experiment.name);
  const { items } = file.expected;
  const subject = subjectOfRun(source, items, project.dag);
  if (ungraded !== undefined) subject.deviation = deviates!;
  else if (deviates !== undefined) subject.notes.push(`The run ${deviates}.`);
  const { experiment } = file.expected;
  if (manifest.experiment.name !== experiment) {
    subject.notes.push(
      `The run is of the experiment ${manifest.experiment.name}, and the expected values are for ` +
        `${experiment}.`,
    );
  }
  if (how.recompute !== "none") {
    // Loaded only here: it brings the workers and the bundler.
    const { gradedJobs, recompute, problemsOf } = await import("./recompute.ts");
    subject.trust.recomputed = await recompute(project, source, {
      names: gradedJobs(items, subject.evidence),
      steps: how.recompute === "all",
      signal: new AbortController().signal,
      onStart: how.onStart,
      onNotice: how.onNotice,
    });
    subject.trust.problems.push(...problemsOf(subject.trust.recomputed));
  }
  return grade(subject, file);
}

export const gradeMetrics = (project: Project, path: string, how: Grading): Grade =>
  gradeValues(path, readFlatMetrics(path), expectedFor(project, how.experiment, how));

/** Judges the items that metrics alone can meet. */
export function gradeValues(
  name: string,
  values: ReadonlyMap<string, number>,
  file: ExpectedFile,
): Grade {
  const items = file.expected.items
    .filter(({ target: { kind } }) => kind === "metric" || kind === "curve");
  const subject = subjectOfMetrics(name, values);
  const others = file.expected.items.length - items.length;
  if (others > 0) {
    subject.notes.push(`${count(others, "item")} not judged: a metrics file does not show them.`);
  }
  return grade(subject, { ...file, expected: { ...file.expected, items } });
}

/** The expected values for what names no experiment of its own. */
export function expectedFor(
  { artifacts }: Project,
  experiment: string,
  { expected }: Grading,
): ExpectedFile {
  const file = expected === undefined
    ? committedFor(artifacts, experiment)
    : readExpected(expected);
  if (file === undefined) throw noneCommitted(experiment);
  return file;
}

const noneCommitted = (experiment: string): Failed =>
  new Failed({
    reason: "usage",
    message: `No expected values are committed for the experiment ${experiment}: expected a file ` +
      `artifacts/reference/expected-${experiment}.json. Name another one with --expected FILE.`,
  });
