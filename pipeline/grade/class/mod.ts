/** The text formats in which many grades are written, by name; the HTML page is in `report/`. */
import { escapedJson } from "../../terminal/escaped_json.ts";
import { withoutHidden } from "../hidden_items.ts";
import type { Submission } from "./grade_class.ts";
import { asCsv } from "./class_csv.ts";
import { asTable } from "./class_table.ts";

export { classLine } from "./class_table.ts";

/** Writes grades; `whole` shows hidden items too. A table is at most `columns` wide. */
type WriteAll = (submissions: readonly Submission[], whole?: boolean, columns?: number) => string;

/** The submissions as their submitters may see them. */
export const withoutHiddenItems = (submissions: readonly Submission[]): Submission[] =>
  submissions.map(({ grade, ...one }) => ({ ...one, grade: withoutHidden(grade) }));

const hiding = (
  write: (submissions: readonly Submission[], columns?: number) => string,
): WriteAll =>
(submissions, whole = false, columns) =>
  write(whole ? submissions : withoutHiddenItems(submissions), columns);

export const comparisons: Record<string, WriteAll> = {
  table: hiding(asTable),
  json: hiding((submissions) => escapedJson(submissions)),
  csv: hiding(asCsv),
};
