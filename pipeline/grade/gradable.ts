/** Decides whether a run has a grade, and by which file of expected values. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { deviationText, isWhole } from "../engine/project/deviation.ts";
import { deviationOfRun, type Project } from "../engine/project/project.ts";
import { committedFor, type ExpectedFile, readExpected } from "./expected_file.ts";

export interface Gradable {
  /** Expected values for the run; undefined where none are named or committed. */
  file?: ExpectedFile;
  /** Deviation from the experiment; completes "the run …". Undefined if there is none. */
  deviates?: string;
  /** Reason why the run has no grade, as a sentence; undefined if it has one. */
  ungraded?: string;
}

/** Decides for a run; `named` is the path of a file that the user names instead of the committed one. */
export async function gradable(
  project: Project,
  manifest: Manifest,
  named?: string,
): Promise<Gradable> {
  const { name } = manifest.experiment;
  const committed = committedFor(project.artifacts, name);
  const file = named === undefined ? committed : readExpected(named);
  const deviation = await deviationOfRun(project, manifest);
  const deviates = isWhole(deviation) ? undefined : deviationText(deviation);
  if (file === undefined) {
    const ungraded = `Not graded: no expected values are committed for ${name}.`;
    return { deviates, ungraded };
  }
  // Committed values are for the whole experiment; with another file the user decides.
  const isRefused = deviates !== undefined && file.sha256 === committed?.sha256;
  return { file, deviates, ungraded: isRefused ? `Not graded: the run ${deviates}.` : undefined };
}
