/** Writes a grade for a terminal: a row for each item, then a sentence for each that does not pass. */
import type { Grade } from "../../../schemas/run/graded.ts";
import { textTable } from "../../terminal/text_table.ts";
import { escaped, oneLine } from "../../terminal/escape.ts";
import { remarks, scoreText, shown } from "./format.ts";

/** Ends without a line break. Nothing in it can act on a terminal. */
export function asTable(grade: Grade): string {
  const rows = grade.items.map((item) => {
    const hidden = item.visibility !== "visible";
    return [
      item.id,
      hidden ? "" : item.expected,
      hidden ? "" : item.found,
      item.status === "passed" ? "passed" : item.status.toUpperCase(),
      item.level ?? "",
      `${item.points}/${item.maxPoints}`,
    ].map(oneLine);
  });
  return [
    ...textTable([["Item", "Expected", "Found", "", "Trust", "Points"], ...rows], [5]),
    "",
    ...summaryLines(grade),
  ].join("\n");
}

/** The grade in a few lines: items that do not pass, integrity errors, the score. */
export function summaryLines(grade: Grade): string[] {
  const failing = grade.items.map(shown).filter(({ passed }) => !passed);
  const against = `Graded against ${grade.expected.file}: ${scoreText(grade)}.`;
  const recomputed = grade.trust.recomputed
    .filter(({ outcome }) => outcome === "same-bytes" || outcome === "within-tolerance");
  return [
    ...failing.map(({ id, explanation }) => `${id}: ${explanation}`),
    ...remarks(grade),
    ...(recomputed.length === 0 ? [] : [
      `Computed here, and the same: ${recomputed.map(({ job }) => job).join(", ")}.`,
    ]),
    grade.passed ? against : `${against} NOT PASSED.`,
  ].map((line) => escaped(oneLine(line)));
}
