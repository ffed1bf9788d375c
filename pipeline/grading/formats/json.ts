/** A grade as JSON, whole: `schemas/grade.ts` has its form. */
import type { Grade } from "../../../schemas/grade.ts";
import { harmlessJson } from "../../escape.ts";

export const asJson = (grade: Grade): string => harmlessJson(grade);
