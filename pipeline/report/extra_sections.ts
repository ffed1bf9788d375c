/**
 * What a run's report tells besides the run's own outputs: how it compares with the reference run, and
 * its grade, or why it has none.
 */
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import type { Project } from "../engine/project/project.ts";
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
  const [{ againstReference }, { gradable }] = await Promise.all([
    import("../grade/against_reference.ts"),
    import("../grade/gradable.ts"),
  ]);
  const decided = await gradable(project, manifest);
  const whole = decided.deviates === undefined;
  const reference = known.reference ??
    await againstReference(project.artifacts, manifest.run, { whole });
  const supplements = reference === undefined ? [] : [referenceSupplement(reference)];
  if (decided.file === undefined) return supplements;
  if (decided.ungraded !== undefined) return [...supplements, ungradedSupplement(decided.ungraded)];
  const { gradeSource } = await import("../grade/submission.ts");
  const grade = await gradeSource(project, source, {
    experiment: manifest.experiment.name,
    recompute: "none",
    onStart() {},
    onNotice() {},
  }, decided);
  return [...supplements, gradeSupplement(grade)];
}
