/** Writes many grades for a terminal: a row for each submission, points by group, and why one does not pass. */
import type { Grade } from "../../../schemas/run/graded.ts";
import { cellWidth } from "../../terminal/cell_width.ts";
import { linesWithin, logLine, oneLine } from "../../terminal/escape.ts";
import { type Block, laidOut } from "../../terminal/laid_out.ts";
import { count } from "../../terminal/numbers.ts";
import { runErrors } from "../formats/format.ts";
import { groupName, percentOf } from "../subtotals.ts";
import { comparedGroups, expectedFiles, groupOf, levelOf } from "./class_columns.ts";
import type { Submission } from "./grade_class.ts";

/** Fits the width of a terminal, if given. */
export function asTable(submissions: readonly Submission[], columns = Infinity): string {
  const files = expectedFiles(submissions);
  const groups = comparedGroups(submissions);
  const all = table(submissions, groups);
  const width = Math.max(...laidOut([all]).map(cellWidth));
  const isWhole = width <= columns || groups.length === 0;
  const left = `Points by group take ${width} columns; --format csv and html have them too.`;
  const sentences = [
    ...(isWhole ? [] : [left]),
    ...submissions.flatMap(({ name, grade }) =>
      reasons(grade).flatMap((why) => linesWithin(`${oneLine(name)}: ${why}`))
    ),
    `Graded against ${files.join(", ")}.`,
  ];
  const shown = isWhole ? all : table(submissions, []);
  return laidOut([shown, "", ...sentences], columns).map(logLine).join("\n");
}

/** A row for each submission, with its points in some groups of items. */
function table(
  submissions: readonly Submission[],
  groups: readonly (string | null)[],
): Block {
  const isMixed = expectedFiles(submissions).length > 1;
  const rows = submissions.map(({ name, grade }) => [
    name,
    `${percentOf(grade)} %`,
    `${grade.points}/${grade.maxPoints}`,
    grade.form === "metrics-alone" ? "metrics alone" : grade.form,
    levelOf(grade),
    ...groups.map((name) => String(groupOf(grade, name)?.points ?? "")),
    ...(isMixed ? [grade.expected.experiment] : []),
  ]);
  const head = [
    "Submission",
    "",
    "Points",
    "Run",
    "Trust",
    ...groups.map(groupName),
    ...(isMixed ? ["Graded as"] : []),
  ];
  return {
    rows: [head, ...rows].map((row) => row.map(oneLine)),
    right: [1, 2, ...groups.map((_, i) => 5 + i)],
  };
}

/** "12 submissions, 10 passed. Graded against artifacts/reference/expected.json." */
export function classLine(submissions: readonly Submission[]): string {
  const passed = submissions.filter(({ grade }) => grade.passed).length;
  return `${count(submissions.length, "submission")}, ${passed} passed. ` +
    `Graded against ${expectedFiles(submissions).join(", ")}.`;
}

/** The reasons why a submission does not pass, whatever its points. */
function reasons(grade: Grade): string[] {
  const { form, notes, trust: { problems } } = grade;
  const kind = problems.length === 1
    ? "Integrity error"
    : `First of ${problems.length} integrity errors`;
  return [
    ...(form === "unreadable" ? notes : []),
    ...runErrors(grade),
    ...problems.slice(0, 1).map(({ where, message }) => `${kind}: ${where}: ${message}`),
  ];
}
