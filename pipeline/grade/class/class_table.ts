/** Writes many grades for a terminal: a row for each submission, points by group, and why one has none. */
import { textTable } from "../../terminal/text_table.ts";
import { logLine, oneLine } from "../../terminal/escape.ts";
import { count } from "../../terminal/numbers.ts";
import { groupName, percentOf } from "../subtotals.ts";
import { expectedFiles, groupNames, groupOf, levelOf } from "./class_columns.ts";
import type { Submission } from "./grade_class.ts";

export function asTable(submissions: readonly Submission[]): string {
  const files = expectedFiles(submissions);
  const groups = groupNames(submissions);
  const shown = groups.length > 1 ? groups : [];
  const rows = submissions.map(({ name, grade }) => [
    name,
    `${percentOf(grade)} %`,
    `${grade.points}/${grade.maxPoints}`,
    grade.form === "figures-alone" ? "metrics alone" : grade.form,
    levelOf(grade),
    ...shown.map((name) => String(groupOf(grade, name)?.points ?? "")),
    ...(files.length > 1 ? [grade.expected.experiment] : []),
  ]);
  const head = [
    "Submission",
    "",
    "Points",
    "Run",
    "Trust",
    ...shown.map(groupName),
    ...(files.length > 1 ? ["Graded as"] : []),
  ];
  const numeric = [1, 2, ...shown.map((_, i) => 5 + i)];
  const lines = [
    ...textTable([head, ...rows].map((row) => row.map(oneLine)), numeric),
    "",
    ...submissions.flatMap(({ name, grade }) =>
      reasons({ name, grade }).map((why) => oneLine(`${name}: ${why}`))
    ),
    `Graded against ${files.join(", ")}.`,
  ];
  return lines.map(logLine).join("\n");
}

/** "12 submissions, 10 passed. Graded against artifacts/reference/expected.json." */
export function classLine(submissions: readonly Submission[]): string {
  const passed = submissions.filter(({ grade }) => grade.passed).length;
  return `${count(submissions.length, "submission")}, ${passed} passed. ` +
    `Graded against ${expectedFiles(submissions).join(", ")}.`;
}

/** The reasons of a submission that cannot be read, or that does not fit together. */
function reasons({ grade: { form, notes, trust } }: Submission): string[] {
  const [first, ...others] = trust.problems;
  return [
    ...(form === "unreadable" ? notes : []),
    ...(first === undefined ? [] : [
      `Integrity error: ${first.where}: ${first.message}` +
      (others.length === 0 ? "" : `, and ${others.length} more`),
    ]),
  ];
}
