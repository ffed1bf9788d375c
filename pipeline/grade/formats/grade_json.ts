/** A grade as JSON, whole: `schemas/run/graded.ts` has its form. */
import type { Grade } from "../../../schemas/run/graded.ts";
import { escapedJson } from "../../terminal/escaped_json.ts";

export const asJson = (grade: Grade): string => escapedJson(grade);
