/** The forms in which many grades are written beside each other, by name. */
import { harmlessJson } from "../../terminal/escape.ts";
import type { Submission } from "./grade_class.ts";
import { asCsv } from "./class_csv.ts";
import { asPage } from "./class_page.ts";
import { asTable } from "./class_table.ts";

export const comparisons: Record<string, (submissions: readonly Submission[]) => string> = {
  table: asTable,
  json: harmlessJson,
  csv: asCsv,
  html: asPage,
};
