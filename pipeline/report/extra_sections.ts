/**
 * Makes the sections that a report has besides those of the run's own outputs: how it compares with the
 * reference run, and its grade.
 */
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import type { Project } from "../engine/project/project.ts";
import type { RunSource } from "../runs/run_source.ts";
import { referenceSection } from "./reference_section.ts";
import { gradeSection, ungradedSection } from "./grade_section.ts";
import type { ExtraSection } from "./run_page.ts";

/** Compares and grades a complete run; `known` has what has been computed already. */
export async function extraSections(
  project: Project,
  source: RunSource,
  known: { reference?: ReferenceVerdict } = {},
): Promise<ExtraSection[]> {
  const { manifest } = source;
  if (source.form !== "run" || manifest.status !== "complete") return [];
  const [{ againstReference }, { gradable, notGraded }] = await Promise.all([
    import("../grade/against_reference.ts"),
    import("../grade/gradable.ts"),
  ]);
  const decided = await gradable(project, manifest);
  const whole = decided.deviates === undefined;
  const reference = known.reference ??
    await againstReference(project.artifacts, manifest.run, { whole });
  const sections = reference === undefined ? [] : [referenceSection(reference)];
  if (decided.file === undefined) return sections;
  if (decided.ungraded !== undefined) {
    return [...sections, ungradedSection(notGraded(decided.ungraded))];
  }
  const { gradeSource } = await import("../grade/submission.ts");
  const grade = await gradeSource(project, source, {
    experiment: manifest.experiment.name,
    require: "consistent",
    onStart() {},
    onEnd() {},
    onNotice() {},
  }, decided);
  return [...sections, gradeSection(grade)];
}
