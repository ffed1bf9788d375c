/** Writes all of a grade for a terminal: items by group, then a sentence for each that does not pass. */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { logLine, oneLine } from "../../terminal/escape.ts";
import { laidOut } from "../../terminal/laid_out.ts";
import { groupName, subtotalLines } from "../subtotals.ts";
import { isPassed, remarks, scoreText } from "./format.ts";

/** Ends without a line break. Nothing in it can act on a terminal. It fits the width of one, if given. */
export function asTable(grade: Grade, columns = Infinity): string {
  const { groups, items } = grade;
  const rows = groups.length < 2 ? items.map(row) : groups.flatMap((one) => [
    [groupName(one.group), "", "", `${one.passed} of ${one.items}`, "", slashed(one)],
    ...items.filter(({ group }) => group === one.group).map(row)
      .map(([id, ...cells]) => [`  ${id}`, ...cells]),
  ]);
  const head = ["Item", "Expected", "Found", "", "Trust", "Points"];
  return laidOut([{ rows: [head, ...rows], right: [5] }, "", ...summaryLines(grade)], columns)
    .map(logLine).join("\n");
}

const row = (item: ItemResult): string[] =>
  [
    item.id,
    item.expected,
    item.found,
    isPassed(item) ? "passed" : item.status.toUpperCase(),
    item.level ?? "",
    slashed(item),
  ].map(oneLine);

export const slashed = ({ points, maxPoints }: Pick<ItemResult, "points" | "maxPoints">): string =>
  `${points}/${maxPoints}`;

/** The grade in a few lines: items that do not pass, integrity errors, subtotals, the score. */
export function summaryLines(grade: Grade): string[] {
  const failing = grade.items.filter((item) => !isPassed(item));
  const against = `Graded against ${grade.expected.file}: ${scoreText(grade)}.`;
  const recomputed = grade.trust.recomputed
    .filter(({ outcome }) => outcome === "same-bytes" || outcome === "within-tolerance");
  return [
    ...failing.map(({ id, explanation }) => `${id}: ${explanation}`),
    ...remarks(grade),
    ...(recomputed.length === 0 ? [] : [
      `Computed here, and the same: ${recomputed.map(({ job }) => job).join(", ")}.`,
    ]),
    ...subtotalLines(grade.groups),
    grade.passed ? against : `${against} NOT PASSED.`,
  ].map((line) => logLine(oneLine(line)));
}
