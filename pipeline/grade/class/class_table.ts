/** Writes many grades for a terminal: a row for each submission. */
import { textTable } from "../../terminal/text_table.ts";
import { logLine, oneLine } from "../../terminal/escape.ts";
import type { Submission } from "./grade_class.ts";

export function asTable(submissions: readonly Submission[]): string {
  const rows = submissions.map(({ name, grade }) => {
    const passed = grade.items.filter(({ status }) => status === "passed").length;
    const failing = grade.items.filter(({ status }) => status !== "passed").map(({ id }) => id);
    return [
      name,
      grade.form,
      `${passed}/${grade.items.length}`,
      `${grade.points}/${grade.maxPoints}`,
      grade.trust.level ?? "",
      grade.trust.problems.length === 0 ? "" : String(grade.trust.problems.length),
      failing.slice(0, 3).join(", ") + (failing.length > 3 ? `, ${failing.length - 3} more` : ""),
    ].map(oneLine);
  });
  const head = ["Submission", "Run", "Items", "Points", "Trust", "Integrity errors", "Not passed"];
  return textTable([head, ...rows], [2, 3, 5]).map(logLine).join("\n");
}
