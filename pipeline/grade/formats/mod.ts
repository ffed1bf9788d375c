/** The formats that a grade can be written in, by name. Each gives text without a last line break. */
import type { Grade } from "../../../schemas/run/graded.ts";
import { asClassroom } from "./classroom.ts";
import { asGradescope } from "./gradescope.ts";
import { asJson } from "./grade_json.ts";
import { asJUnit } from "./junit.ts";
import { asTable } from "./grade_table.ts";
import { asTap } from "./tap.ts";

export const formats: Record<string, (grade: Grade) => string> = {
  table: asTable,
  json: asJson,
  junit: asJUnit,
  tap: asTap,
  gradescope: asGradescope,
  classroom: asClassroom,
};
