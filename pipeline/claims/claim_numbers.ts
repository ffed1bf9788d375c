/** Formats numbers for the sentences of claims. */
import type { JudgedPart } from "../../schemas/run/judged_claims.ts";
import { range as rangeOf, significant } from "../terminal/numbers.ts";

/** Three significant digits. */
export const numberText = (value: number): string => significant(value);

const ends = (values: readonly number[]) => ({
  low: Math.min(...values),
  high: Math.max(...values),
});

/** "a to b" in three digits, or one number where both are the same. */
export const range = (values: readonly number[]): string => rangeOf(ends(values));

/** The same with all digits of the values. */
export const exactRange = (values: readonly number[]): string => rangeOf(ends(values), String);

export const estimates = ({ conditions }: Pick<JudgedPart, "conditions">): number[] =>
  conditions.map(({ estimate }) => estimate);
