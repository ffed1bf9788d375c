/**
 * Summarises the grade at the end of `reproduce`: the run against the values committed for its experiment.
 * A run that deviates from its experiment has no grade.
 */
import { Failed, failureLines } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import type { RunSource } from "../runs/run_source.ts";
import { gradable, notGraded } from "./gradable.ts";
import { withoutHidden } from "./hidden_items.ts";
import { summaryLines } from "./formats/grade_table.ts";
import { expectationOf } from "./metric_expectations.ts";
import { gradeSource } from "./submission.ts";

export interface GradeSummary {
  /** True also if there is nothing to grade it against. */
  passed: boolean;
  /** For the summary; without a line break at the end. */
  text: string;
  /** Expected value of a metric; undefined for a run without a grade. */
  expectationOf(metric: string): ReturnType<typeof expectationOf>;
  /** Reason why there is no grade, a clause with a full stop; undefined if there is one. */
  ungraded?: string;
  /** For programs; null where nothing was graded. */
  report: {
    passed: boolean;
    points: number;
    maxPoints: number;
    items: number;
    /** Id → explanation, of each item that does not pass. */
    failing: Record<string, string>;
  } | null;
}

/** Cap on the lines of items that do not pass. */
const most = 12;

const withoutGrade = (ungraded: string, passed = true): GradeSummary => ({
  passed,
  text: notGraded(ungraded),
  ungraded,
  expectationOf: () => undefined,
  report: null,
});

/** The grade of a complete run, if it has one. */
export async function gradeSummary(
  project: Project,
  source: RunSource,
): Promise<GradeSummary> {
  try {
    const decided = await gradable(project, source.manifest);
    if (decided.ungraded !== undefined) return withoutGrade(decided.ungraded);
    const grade = withoutHidden(
      await gradeSource(project, source, {
        experiment: source.manifest.experiment.name,
        require: "consistent",
        onStart() {},
        onEnd() {},
        onNotice() {},
      }, decided),
    );
    const lines = summaryLines(grade);
    const left = lines.length - 1 - most;
    const shown = left > 0
      ? [...lines.slice(0, most), `${left} more: deno task grade`, lines[lines.length - 1]]
      : lines;
    const items = decided.file?.expected.items ?? [];
    return {
      passed: grade.passed,
      expectationOf: (metric) => expectationOf(metric, items, grade.items),
      text: shown.join("\n"),
      report: {
        passed: grade.passed,
        points: grade.points,
        maxPoints: grade.maxPoints,
        items: grade.items.length,
        failing: Object.fromEntries(
          grade.items.filter(({ status }) => status !== "passed")
            .map(({ id, explanation }) => [id, explanation ?? ""]),
        ),
      },
    };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    // The run is recorded by then. A grade that fails makes `reproduce` exit with 1.
    return withoutGrade(failureLines(error.failure).join(" "), false);
  }
}
