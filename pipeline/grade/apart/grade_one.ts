/** Grades one submission in a process of its own. */
import type { Grade } from "../../../schemas/run/graded.ts";
import type { Project } from "../../engine/project/project.ts";
import { expectedFor, gradeNothing, type Grading } from "../submission.ts";
import { type Entry, reasonOf, submissionGrader } from "./grade_apart.ts";
import type { ReadingLimits } from "./reading_limits.ts";

/** `why` is the reason if it cannot be read; its grade has no points then. */
export async function gradeOne(
  project: Project,
  entry: Entry,
  how: Grading,
  limits: ReadingLimits,
): Promise<{ grade: Grade; why?: string }> {
  const open = await submissionGrader(project, how, limits);
  let outcome = await open(entry);
  if (outcome.type === "deferred") outcome = await open(entry, expectedFor(project, how).path);
  if (outcome.type === "graded") return { grade: outcome.grade };
  const why = reasonOf(outcome);
  return { grade: gradeNothing(entry.name, why, expectedFor(project, how), how), why };
}
