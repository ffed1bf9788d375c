/** Decides whether a run has a grade, by which file of expected values and which experiment. */
import type { Experiment } from "../../schemas/run/experiment.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import { deviationOf, deviationText, isWhole } from "../engine/project/deviation.ts";
import { loadExperiment, type Project } from "../engine/project/project.ts";
import { select } from "../engine/project/selection.ts";
import { committedFor, type ExpectedFile, readExpected } from "./expected_file.ts";

export interface Gradable {
  /** Expected values for the run; undefined where none are named or committed. */
  file?: ExpectedFile;
  /** The grader's own experiment; undefined where the project has none of the name. */
  experiment?: Experiment;
  /** Deviation from the experiment; completes "the run …". Undefined if there is none. */
  deviates?: string;
  /** Reason why the run has no grade, a clause with a full stop; undefined if it has one. */
  ungraded?: string;
}

/** "Not graded: the run leaves out 2 jobs of its experiment: a, b." */
export const notGraded = (ungraded: string): string => `Not graded: ${ungraded}`;

/** The names that the grader gives. */
interface Named {
  /** Path of a file of expected values, in place of the committed one. */
  expected?: string;
  /** The experiment that the run must be of, in place of the one that it names. */
  experiment?: string;
}

export async function gradable(
  project: Project,
  manifest: Manifest,
  { expected, experiment: demanded }: Named = {},
): Promise<Gradable> {
  const named = expected === undefined ? undefined : readExpected(expected);
  const isKnown = (name: string) => Object.hasOwn(project.experiments, name);
  const name = demanded ??
    [named?.expected.experiment, manifest.experiment.name].find((name) =>
      name !== undefined && isKnown(name)
    );
  const experiment = name === undefined ? undefined : await loadExperiment(project, name);
  const committed = committedFor(project.artifacts, experiment?.name ?? manifest.experiment.name);
  const file = named ?? committed;
  const deviation = experiment === undefined
    ? manifest.deviation
    : deviationOf(select(project.dag, experiment).jobs, manifest.jobs);
  const deviates = isWhole(deviation) ? undefined : deviationText(deviation);
  if (file === undefined) {
    const ungraded = "no expected values are committed for " +
      `${experiment?.name ?? manifest.experiment.name}.`;
    return { experiment, deviates, ungraded };
  }
  // Committed values are for the whole experiment; with another file the user decides.
  const isRefused = deviates !== undefined && file.sha256 === committed?.sha256;
  const ungraded = isRefused ? `the run ${deviates}.` : undefined;
  return { file, experiment, deviates, ungraded };
}
