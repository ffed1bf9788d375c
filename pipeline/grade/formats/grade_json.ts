/** A grade as JSON, whole: `schemas/run/graded.ts` has its form. */
import type { Grade } from "../../../schemas/run/graded.ts";
import { harmlessJson } from "../../terminal/escape.ts";

export const asJson = (grade: Grade): string => harmlessJson(grade);
