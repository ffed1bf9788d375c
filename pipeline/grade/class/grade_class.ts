/**
 * Grades every submission in a directory against the same expected values: runs (a directory, also one
 * that holds `latest` or `artifacts/latest`; an archive; a manifest) and metrics files. One that cannot
 * be read gets no points and stops no other.
 */
import { join } from "node:path";
import type { Grade } from "../../../schemas/run/graded.ts";
import { Failed } from "../../engine/failed.ts";
import { isSystemError } from "../../terminal/exit_code.ts";
import type { Project } from "../../engine/project/project.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { similarity, withSimilar } from "../similarity.ts";
import { expectedFor, gradeMetrics, gradeNothing, gradeRun, type Grading } from "../submission.ts";
import { exists } from "../../store/store.ts";

export interface Submission {
  /** Name of the file or directory. */
  name: string;
  grade: Grade;
}

/** In the order of their names; names that begin with a dot are left out. */
export async function gradeAll(
  project: Project,
  directory: string,
  how: Grading,
): Promise<Submission[]> {
  const file = expectedFor(project, how);
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name)
    .filter((name) => !name.startsWith(".")).sort();
  if (names.length === 0) {
    const message = `--all expects a directory with submissions, found none in ${
      shownPath(directory)
    }.`;
    throw new Failed({ reason: "usage", message });
  }
  const graded: Submission[] = [];
  for (const name of names) {
    const path = join(directory, name);
    how.onStart(name, "graded");
    try {
      graded.push({
        name,
        grade: await gradeOne(project, path, { ...how, expected: file.path }),
      });
    } catch (error) {
      if (!(error instanceof Failed) && !isSystemError(error)) throw error;
      graded.push({ name, grade: gradeNothing(name, (error as Error).message, file, how) });
    }
  }
  return withSimilarities(graded);
}

/** Adds to each submission the others that have the same bytes in what depends on a machine or a seed. */
const withSimilarities = (all: readonly Submission[]): Submission[] =>
  all.map(({ name, grade }) => {
    const similar = all.filter((other) => other.name !== name).flatMap((other) =>
      similarity(grade.trust.fingerprints, other.name, other.grade.trust.fingerprints) ?? []
    );
    return { name, grade: withSimilar(grade, similar) };
  });

function gradeOne(project: Project, path: string, how: Grading): Promise<Grade> | Grade {
  if (Deno.statSync(path).isDirectory) {
    const places = [path, join(path, "latest"), join(path, "artifacts", "latest")];
    const place = places.find((place) => exists(join(place, "manifest.json")));
    return gradeRun(project, place ?? path, how);
  }
  return path.endsWith(".csv") || path.endsWith(".json") && !isManifest(path)
    ? gradeMetrics(project, path, how)
    : gradeRun(project, path, how);
}

/** True if a JSON file has jobs; its reader checks the rest. */
function isManifest(path: string): boolean {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof value === "object" && value !== null && "jobs" in value;
  } catch {
    return false;
  }
}
