/** A grade as JSON, whole: `schemas/grade.ts` has its form. */
import type { Grade } from "../../../schemas/grade.ts";

/**
 * JSON in which every control character is escaped, so that none of it can act on a terminal:
 * `JSON.stringify` leaves those from 127 to 159 as they are.
 */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value, null, 2)
    .replace(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);

export const asJson = (grade: Grade): string => plainJson(grade);
