/**
 * Grades a submission: a run by any name, a run that cannot be read, or a metrics file. Finds the expected
 * values to grade it against.
 */
import type { Grade, Similar, TrustLevel } from "../../schemas/run/graded.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { archivedFiles } from "../archive/archive_source.ts";
import { openRun } from "../runs/open_run.ts";
import { defaultExperiment, type Project } from "../engine/project/project.ts";
import { referenceOf } from "../runs/reference_run.ts";
import type { RunSource } from "../runs/run_source.ts";
import { count } from "../terminal/numbers.ts";
import { shownPath } from "../terminal/user_path.ts";
import { committedFor, type ExpectedFile, readExpected } from "./expected_file.ts";
import { type Gradable, gradable } from "./gradable.ts";
import { grade } from "./grade_run.ts";
import { type Rubric, rubricOf } from "./rubric.ts";
import { evidenceOfRun, valuesOf } from "./run_evidence.ts";
import { fingerprintsOf, similarity, withSimilar } from "./similarity.ts";
import { readByRubric } from "./trust.ts";
import { readSubmitted, type SubmittedMetrics } from "./submitted/submitted_metrics.ts";
import { subjectOfMetrics, subjectOfNothing, subjectOfRun } from "./subject.ts";

export interface Grading {
  /** The submission's name for people; by default its path. */
  name?: string;
  /** A file of expected values, replacing the committed one. */
  expected?: string;
  /**
   * The experiment that a submission must be of. If absent, that of the expected values; else the one that
   * a run names, and for a submission that names none the project's first.
   */
  experiment?: string;
  /** The level that an item needs for points; by default consistent for a run, claimed for a metrics file. */
  require?: TrustLevel;
  /**
   * True if metrics alone are graded by all items, so that every submission of a class has the same
   * points at most; by default by the items that metrics can meet.
   */
  allItems?: boolean;
  /** Opens a run that a user names; by default a local one. */
  open?(name: string): Promise<RunSource>;
  /** Called before jobs are computed again. */
  onRecompute?(): void;
  onStart(job: string, about: string): void;
  onEnd(job: string): void;
  onNotice(notice: Notice): void;
}

/** The level that is demanded of a run unless the grader names one. */
const usual: TrustLevel = "consistent";

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
    return gradeNothing(name, error.message, expectedFor(project, how), how);
  }
  using source = opened;
  return await gradeOpened(project, source, how);
}

export async function gradeOpened(
  project: Project,
  source: RunSource,
  how: Grading,
): Promise<Grade> {
  const rated = await rate(project, source, how);
  const similar = await similarToReference(project, source, rated);
  return similar === undefined ? rated.grade : withSimilar(rated.grade, [similar]);
}

/** The grade of what cannot be read. */
export const gradeNothing = (
  name: string,
  why: string,
  file: ExpectedFile,
  { require = usual }: Pick<Grading, "require">,
): Grade => grade(subjectOfNothing(name, why, require), file);

export const gradeSource = async (
  project: Project,
  source: RunSource,
  how: Grading,
  decided?: Gradable,
): Promise<Grade> => (await rate(project, source, how, decided)).grade;

interface Rated {
  grade: Grade;
  rubric: Rubric;
}

async function rate(
  project: Project,
  submitted: RunSource,
  how: Grading,
  decided?: Gradable,
): Promise<Rated> {
  const { manifest } = submitted;
  const { require = usual } = how;
  const { file, experiment, deviates, ungraded } = decided ??
    await gradable(project, manifest, how);
  if (file === undefined) throw noneCommitted(experiment?.name ?? manifest.experiment.name);
  const { items, replicates } = file.expected;
  const rubric = rubricOf(project.dag, experiment, replicates);
  const subject = subjectOfRun(submitted, items, rubric, require);
  if (ungraded !== undefined) subject.deviation = deviates!;
  else if (deviates !== undefined) subject.notes.push(`The run ${deviates}.`);
  if (manifest.experiment.name !== file.expected.experiment) {
    subject.notes.push(
      `The run is of the experiment ${manifest.experiment.name}, and the expected values are for ` +
        `${file.expected.experiment}.`,
    );
  }
  if (require !== "recomputed") return { grade: grade(subject, file), rubric };
  how.onRecompute?.();
  // Loaded only here: it brings the workers and the bundler.
  const { gradedJobs, problemsOf, recompute } = await import("./recompute.ts");
  const source = readByRubric(submitted, rubric);
  const stating = replicates?.statedBy.parameters.map(({ job }) => job) ?? [];
  const distrusted = new Set(subject.trust.problems.flatMap(({ jobs }) => jobs));
  await using computed = await recompute(project, source, rubric, {
    names: new Set([...gradedJobs(items, subject.evidence), ...stating]),
    distrusted,
    signal: new AbortController().signal,
    onStart: how.onStart,
    onEnd: how.onEnd,
    onNotice: how.onNotice,
  });
  subject.trust.recomputed = computed.results;
  subject.trust.problems.push(...problemsOf(computed.results));
  // A value that agrees is judged as computed here: a tolerance has room for a better one.
  const read: RunSource["read"] = (job, output) =>
    computed.read(job, output) ?? source.read(job, output);
  const isThere: RunSource["isThere"] = (job, output) =>
    computed.read(job, output) !== undefined || source.isThere(job, output);
  const own = { ...source, isThere, read };
  subject.evidence = evidenceOfRun(own, valuesOf(own), project.dag);
  return { grade: grade(subject, file), rubric };
}

async function similarToReference(
  { artifacts }: Project,
  { form, manifest }: RunSource,
  { grade, rubric }: Rated,
): Promise<Similar | undefined> {
  const name = form === "reference" ? undefined : referenceOf(artifacts, manifest);
  if (name === undefined) return undefined;
  try {
    using reference = await openRun(artifacts, name);
    const prints = fingerprintsOf(reference.manifest, rubric);
    return similarity(grade.trust.fingerprints, "the committed reference run", prints);
  } catch (error) {
    // A damaged reference is reported where runs are compared with it.
    if (error instanceof Failed) return undefined;
    throw error;
  }
}

/** `read` reads a file in an archive. */
export function gradeMetrics(
  project: Project,
  path: string,
  how: Grading,
  read?: (limit: number) => Uint8Array,
): Grade {
  const file = expectedFor(project, how);
  const submitted = readSubmitted(path, file.expected, read);
  return gradeValues(how.name ?? shownPath(path), submitted, file, how);
}

/** Judges the items that metrics alone can meet. */
export function gradeValues(
  name: string,
  submitted: SubmittedMetrics,
  file: ExpectedFile,
  { require = "claimed", allItems = false }: Pick<Grading, "require" | "allItems"> = {},
): Grade {
  const items = file.expected.items.filter(({ target: { kind }, text }) =>
    allItems ||
    (submitted.isText ? text !== undefined : kind === "metric" || kind === "curve")
  );
  if (items.length === 0) throw noneReadable(file.name);
  const subject = subjectOfMetrics(name, submitted, require);
  const others = file.expected.items.length - items.length;
  if (others > 0) {
    const why = submitted.isText
      ? "the expected values do not say how to read them from text"
      : "a metrics file does not show them";
    subject.notes.push(`${count(others, "item")} not judged: ${why}.`);
  }
  return grade(subject, { ...file, expected: { ...file.expected, items } });
}

const noneReadable = (file: string): Failed =>
  new Failed({
    reason: "usage",
    message:
      `No item of ${file} can be graded by metrics alone. A metrics file needs an item with ` +
      'a metric or a curve; a notebook or a log needs one with "text", which says how to read it.',
  });

/** The expected values for what names no experiment of its own. */
export function expectedFor(
  project: Project,
  { expected, experiment }: Pick<Grading, "expected" | "experiment">,
): ExpectedFile {
  if (expected !== undefined) return readExpected(expected);
  const name = experiment ?? defaultExperiment(project);
  const file = committedFor(project.artifacts, name);
  if (file === undefined) throw noneCommitted(name);
  return file;
}

const noneCommitted = (experiment: string): Failed =>
  new Failed({
    reason: "usage",
    message: `No expected values are committed for the experiment ${experiment}: expected a file ` +
      `artifacts/reference/expected-${experiment}.json. Name another one with --expected FILE.`,
  });
