/** The forms in which many grades are written beside each other, by name. */
import { harmlessJson } from "../../escape.ts";
import type { Submission } from "../many.ts";
import { asCsv } from "./csv.ts";
import { asPage } from "./page.ts";
import { asTable } from "./table.ts";

export const comparisons: Record<string, (submissions: readonly Submission[]) => string> = {
  table: asTable,
  json: harmlessJson,
  csv: asCsv,
  html: asPage,
};
