/**
 * What a run's report tells besides the run's own outputs: how it compares with the reference run, and
 * its grade. A run of some of an experiment's jobs, or with other parameters, has none.
 */
import type { ReferenceVerdict } from "../comparison/against_reference.ts";
import { select } from "../dag.ts";
import { canonicalJson } from "../format/json.ts";
import { loadExperiment, type Project } from "../project.ts";
import type { RunSource } from "../run_source.ts";
import { referenceSupplement } from "./comparison.ts";
import { gradeSupplement } from "./grade.ts";
import type { Supplement } from "./page.ts";

/** `known` is the verdict on the reference where it has been found already. */
export async function supplementsFor(
  project: Project,
  source: RunSource,
  known: { reference?: ReferenceVerdict } = {},
): Promise<Supplement[]> {
  const { manifest } = source;
  if (source.form !== "run" || manifest.status !== "complete") return [];
  const [{ againstReference }, { committedFor }] = await Promise.all([
    import("../comparison/against_reference.ts"),
    import("../grading/expected_file.ts"),
  ]);
  const { artifacts } = project;
  const whole = await isWhole(project, source);
  const reference = known.reference ?? await againstReference(artifacts, manifest.run, { whole });
  const supplements = reference === undefined ? [] : [referenceSupplement(reference)];
  const { name } = manifest.experiment;
  if (whole && committedFor(artifacts, name) !== undefined) {
    const { gradeSource } = await import("../grading/submission.ts");
    const grade = await gradeSource(project, source, {
      experiment: name,
      recompute: "none",
      onStart() {},
      onNotice() {},
    });
    supplements.push(gradeSupplement(grade));
  }
  return supplements;
}

/** Whether a run has all jobs of its experiment, with its parameters. */
async function isWhole(project: Project, { manifest }: RunSource): Promise<boolean> {
  const { name, parameters } = manifest.experiment;
  if (!(name in project.experiments)) return false;
  const { jobs, experiment } = select(project.dag, await loadExperiment(project, name));
  const ran = new Set(manifest.jobs.map((job) => job.name));
  return jobs.every((job) => ran.has(job.name)) &&
    canonicalJson(experiment.parameters) === canonicalJson(parameters);
}
