/** Writes many grades as CSV (RFC 4180): a row for each submission, points and value of each item. */
import type { ItemResult } from "../../../schemas/run/graded.ts";
import { logLine } from "../../terminal/escape.ts";
import { csvCell } from "./csv_cell.ts";
import type { Submission } from "./grade_class.ts";

export function asCsv(submissions: readonly Submission[]): string {
  const ids = itemIds(submissions);
  const head = [
    "submission",
    "run",
    "form",
    "passed",
    "points",
    "max_points",
    "trust",
    "similar_to",
    "does_not_fit",
    ...ids.flatMap((id) => [`${id}.points`, `${id}.found`]),
  ];
  const rows = submissions.map(({ name, grade }) => {
    const items = new Map(grade.items.map((item) => [item.id, item]));
    return [
      name,
      grade.subject,
      grade.form,
      grade.passed,
      grade.points,
      grade.maxPoints,
      grade.trust.level ?? "",
      grade.trust.similar.map(({ to }) => to).join("; "),
      grade.trust.problems.map(({ where, message }) => `${where}: ${message}`).join("; "),
      ...ids.flatMap((id) => cellsOf(items.get(id))),
    ];
  });
  return [head, ...rows].map((row) => logLine(row.map(csvCell).join(","))).join("\r\n");
}

/** Ids of all items, in the order of the first submission that has them. */
export const itemIds = (submissions: readonly Submission[]): string[] => [
  ...new Set(submissions.flatMap(({ grade }) => grade.items.map(({ id }) => id))),
];

const cellsOf = (item: ItemResult | undefined): (string | number | boolean)[] =>
  item === undefined ? ["", ""] : [item.points, item.value ?? item.found];
