/** Figures as the claims' sentences print them. */
import type { JudgedPart } from "../../schemas/run/judged_claims.ts";

/** Three significant digits. */
export const figure = (value: number): string => String(Number(value.toPrecision(3)));

/** "a to b" in three digits, or one figure where both are the same. */
export function range(values: readonly number[]): string {
  const low = figure(Math.min(...values));
  const high = figure(Math.max(...values));
  return low === high ? low : `${low} to ${high}`;
}

/** The same with all digits of the values. */
export function exactRange(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low} to ${high}`;
}

export const estimates = ({ conditions }: Pick<JudgedPart, "conditions">): number[] =>
  conditions.map(({ estimate }) => estimate);
