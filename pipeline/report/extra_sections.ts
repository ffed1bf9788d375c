/**
 * What a run's report tells besides the run's own outputs: how it compares with the reference run, and
 * its grade, or why it has none.
 */
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import { isWhole, notGraded } from "../engine/project/deviation.ts";
import { deviationOfRun, type Project } from "../engine/project/project.ts";
import type { RunSource } from "../runs/run_source.ts";
import { referenceSupplement } from "./reference_section.ts";
import { gradeSupplement, ungradedSupplement } from "./grade_section.ts";
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
    import("../grade/against_reference.ts"),
    import("../grade/expected_file.ts"),
  ]);
  const { artifacts } = project;
  const deviation = await deviationOfRun(project, manifest);
  const whole = isWhole(deviation);
  const reference = known.reference ?? await againstReference(artifacts, manifest.run, { whole });
  const supplements = reference === undefined ? [] : [referenceSupplement(reference)];
  const { name } = manifest.experiment;
  if (committedFor(artifacts, name) === undefined) return supplements;
  if (whole) {
    const { gradeSource } = await import("../grade/submission.ts");
    const grade = await gradeSource(project, source, {
      experiment: name,
      recompute: "none",
      onStart() {},
      onNotice() {},
    });
    supplements.push(gradeSupplement(grade));
  } else supplements.push(ungradedSupplement(notGraded(deviation)));
  return supplements;
}
