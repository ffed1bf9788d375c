/**
 * Grades every submission in a directory: runs (a directory, an archive, also packed anew or unpacked, or
 * a manifest), metrics files, notebooks and logs. Each is opened in a process of its own, and stops no other.
 */
import { join } from "node:path";
import type { Grade } from "../../../schemas/run/graded.ts";
import type { Project } from "../../engine/project/project.ts";
import { type Outcome, reasonOf, submissionGrader } from "../apart/grade_apart.ts";
import { type ReadingLimits, usualLimits } from "../apart/reading_limits.ts";
import { isMetricsFile } from "../apart/find_submission.ts";
import { naturalOrder } from "../../terminal/natural_order.ts";
import { committedFor, type ExpectedFile } from "../expected_file.ts";
import { listed } from "../../terminal/numbers.ts";
import { similarity, withSimilar } from "../similarity.ts";
import { isPlainText } from "../submitted/metrics_names.ts";
import { expectedFor, gradeNothing, type Grading } from "../submission.ts";
import { classEntries, type NamedReason, namesakes } from "./class_entries.ts";

export interface Submission {
  /** Name of the file or directory. */
  name: string;
  grade: Grade;
}

interface ClassOptions {
  limits?: ReadingLimits;
  /** The file that the grades are written to, which may have those of an earlier time. */
  output?: string;
  /** Hears of each entry that is no submission. */
  onSkipped?(skipped: NamedReason): void;
  /** Hears of entries that have one name but for their endings; each has a row. */
  onNamesakes?(names: readonly string[]): void;
  /** Called after each submission that is graded, with their number so far. */
  onProgress?(done: number, total: number): void;
}

/**
 * The grades in the natural order of the names.
 *
 * Each run is graded by the expected values of its own experiment, unless the grader names others. What
 * names no experiment, metrics alone or what cannot be read, is graded by those of most runs here.
 */
export async function gradeAll(
  project: Project,
  directory: string,
  how: Grading,
  options: ClassOptions = {},
): Promise<Submission[]> {
  const { limits = usualLimits, output } = options;
  const { onSkipped = () => {}, onNamesakes = () => {}, onProgress = () => {} } = options;
  const named = how.expected === undefined ? undefined : expectedFor(project, how);
  const { submissions, refused, skipped } = classEntries(directory, output);
  skipped.forEach(onSkipped);
  const open = await submissionGrader(project, { ...how, allItems: true }, limits);
  const outcomes = new Map<string, Outcome>(
    refused.map(({ name, why }) => [name, { type: "refused", why }]),
  );
  let done = 0;
  const gradeThese = (names: readonly string[], metricsExpected?: string) =>
    inPool(names, async (name) => {
      how.onStart(name, "is graded");
      const outcome = await open({ path: join(directory, name), name }, metricsExpected);
      outcomes.set(name, outcome);
      how.onEnd(name);
      if (outcome.type === "deferred") return;
      onProgress(++done, submissions.length);
    });
  // Metrics alone wait until it is known what most runs are graded by.
  const isMetrics = (name: string) =>
    isMetricsFile(name) || outcomes.get(name)?.type === "deferred";
  await gradeThese(submissions.filter((name) => !isMetrics(name)), named?.path);
  const file = named ?? usualFile(project, [...outcomes.values()], how);
  await gradeThese(submissions.filter(isMetrics), file.path);
  for (const [name, outcome] of outcomes) {
    if (!isNote(name, outcome)) continue;
    outcomes.delete(name);
    onSkipped({ name, why: "a text in which no item finds its metric" });
  }
  const graded = [...outcomes.keys()].sort(naturalOrder).map((name): Submission => {
    const outcome = outcomes.get(name)!;
    if (outcome.type === "graded") return { name, grade: outcome.grade };
    return { name, grade: gradeNothing(name, reasonOf(outcome), file, how) };
  });
  const several = namesakes(directory, graded.map(({ name }) => name));
  several.forEach(onNamesakes);
  return withNamesakes(withSimilarities(graded), several);
}

/** True for a text that is no log: notes lie beside submissions. */
const isNote = (name: string, outcome: Outcome): boolean =>
  isPlainText(name) && outcome.type === "graded" &&
  outcome.grade.items.every(({ status }) => status === "missing");

/** The committed expected values that most runs were graded by; of the project's first experiment if none. */
function usualFile(
  project: Project,
  outcomes: readonly Outcome[],
  how: Grading,
): ExpectedFile {
  const uses = new Map<string, number>();
  for (const outcome of outcomes) {
    if (outcome.type !== "graded") continue;
    const { experiment } = outcome.grade.expected;
    uses.set(experiment, (uses.get(experiment) ?? 0) + 1);
  }
  const [most] = [...uses].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return (most && committedFor(project.artifacts, most[0])) ?? expectedFor(project, how);
}

/** Cap on the processes at a time: each may take as much memory as the limits allow. */
const mostProcesses = 8;

/** Does the work for all items, so many at a time as the machine has cores. */
async function inPool<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const open = [...items];
  const worker = async () => {
    for (let item = open.shift(); item !== undefined; item = open.shift()) await work(item);
  };
  const length = Math.min(navigator.hardwareConcurrency, mostProcesses);
  await Promise.all(Array.from({ length }, worker));
}

/** Adds to each submission the others that have the same bytes in what depends on a machine or a seed. */
const withSimilarities = (all: readonly Submission[]): Submission[] =>
  all.map(({ name, grade }) => {
    const similar = all.filter((other) => other.name !== name).flatMap((other) =>
      similarity(grade.trust.fingerprints, other.name, other.grade.trust.fingerprints) ?? []
    );
    return { name, grade: withSimilar(grade, similar) };
  });

/** Notes with each submission the others of its name. */
const withNamesakes = (
  all: readonly Submission[],
  several: readonly (readonly string[])[],
): Submission[] =>
  all.map(({ name, grade }) => {
    const others = several.find((names) => names.includes(name))?.filter((other) => other !== name);
    if (others === undefined) return { name, grade };
    const rows = others.length === 1 ? "which has a row of its own" : "each with a row of its own";
    const note = `Handed in also as ${listed(others)}, ${rows}.`;
    return { name, grade: { ...grade, notes: [...grade.notes, note] } };
  });
