/** Writes many grades as CSV (RFC 4180): a row for each submission, points of each group and item. */
import type { ItemResult } from "../../../schemas/run/graded.ts";
import { logLine } from "../../terminal/escape.ts";
import { runErrors } from "../formats/format.ts";
import { groupName, percentOf } from "../subtotals.ts";
import { groupNames, groupOf, itemIds, levelOf } from "./class_columns.ts";
import { csvCell } from "./csv_cell.ts";
import type { Submission } from "./grade_class.ts";

export function asCsv(submissions: readonly Submission[]): string {
  const ids = itemIds(submissions);
  const groups = groupNames(submissions);
  const head = [
    "submission",
    "run",
    "experiment",
    "form",
    "passed",
    "points",
    "max_points",
    "percent",
    "trust",
    "notes",
    "similar_to",
    "integrity_errors",
    ...groups.map(groupName).flatMap((name) => [`${name}.points`, `${name}.max_points`]),
    ...ids.flatMap((id) => [`${id}.points`, `${id}.found`]),
  ];
  const rows = submissions.map(({ name, grade }) => {
    const items = new Map(grade.items.map((item) => [item.id, item]));
    return [
      name,
      grade.subject,
      grade.experiment ?? "",
      grade.form,
      grade.passed,
      grade.points,
      grade.maxPoints,
      percentOf(grade),
      levelOf(grade),
      [...grade.notes, ...runErrors(grade)].join(" "),
      grade.trust.similar.map(({ to }) => to).join("; "),
      grade.trust.problems.map(({ where, message }) => `${where}: ${message}`).join("; "),
      ...groups.map((name) => groupOf(grade, name))
        .flatMap((group) => [group?.points ?? "", group?.maxPoints ?? ""]),
      ...ids.flatMap((id) => cellsOf(items.get(id))),
    ];
  });
  return [head, ...rows].map((row) => logLine(row.map(csvCell).join(","))).join("\r\n");
}

const cellsOf = (item: ItemResult | undefined): (string | number | boolean)[] =>
  item === undefined ? ["", ""] : [item.points, item.value ?? item.found];
