/** The text formats in which many grades are written, by name; the HTML page is in `report/`. */
import { escapedJson } from "../../terminal/escaped_json.ts";
import type { Submission } from "./grade_class.ts";
import { asCsv } from "./class_csv.ts";
import { asTable } from "./class_table.ts";

export const comparisons: Record<string, (submissions: readonly Submission[]) => string> = {
  table: asTable,
  json: escapedJson,
  csv: asCsv,
};
