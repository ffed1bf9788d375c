/** The formats that a grade can be written in, by name. Each gives text without a last line break. */
import type { Grade } from "../../../schemas/run/graded.ts";
import { withoutHidden } from "../hidden_items.ts";
import { asClassroom } from "./classroom.ts";
import { asGradescope } from "./gradescope.ts";
import { asJson } from "./grade_json.ts";
import { asJUnit } from "./junit.ts";
import { asTable } from "./grade_table.ts";
import { asTap } from "./tap.ts";

/** Writes a grade; `whole` shows hidden items too. A table is at most `columns` wide. */
type Write = (grade: Grade, whole?: boolean, columns?: number) => string;

const withoutHiddenItems =
  (write: (grade: Grade, columns?: number) => string): Write => (grade, whole = false, columns) =>
    write(whole ? grade : withoutHidden(grade), columns);

export const formats: Record<string, Write> = {
  table: withoutHiddenItems(asTable),
  json: withoutHiddenItems(asJson),
  junit: withoutHiddenItems(asJUnit),
  tap: withoutHiddenItems((grade) => asTap(grade, 13)),
  tap14: withoutHiddenItems((grade) => asTap(grade, 14)),
  // Gradescope itself hides an item by its visibility.
  gradescope: asGradescope,
  classroom: withoutHiddenItems(asClassroom),
};
