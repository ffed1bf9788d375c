/**
 * Computes the interval in which a number passes, and its distance from it. `credit.ts` has what a
 * distance is worth.
 */
import type { PlainExpectation, Range } from "../../schemas/run/expected.ts";

/** The expectations that are about one number. */
export type OfNumber = Extract<
  PlainExpectation,
  { kind: "exact" | "rounded" | "range" | "close" | "at-least" | "at-most" | "relation" }
>;

/**
 * The interval in which a number passes, both ends included. Undefined where none can be given: for
 * an exact text, or a relation to a metric (`other` gives its value) that is not there or not finite.
 */
export function passingRange(
  expected: OfNumber,
  other: (metric: string) => number | undefined,
): Range | undefined {
  switch (expected.kind) {
    case "exact":
      return typeof expected.value === "number"
        ? { low: expected.value, high: expected.value }
        : undefined;
    case "rounded": {
      const half = 0.5 * 10 ** -expected.digits;
      return { low: expected.value - half, high: expected.value + half };
    }
    case "range":
      return expected.range;
    case "close":
      return around(expected.value, expected);
    case "at-least":
      return { low: expected.value, high: null };
    case "at-most":
      return { low: null, high: expected.value };
    case "relation": {
      const value = other(expected.metric);
      if (value === undefined || !Number.isFinite(value)) return undefined;
      const bound = expected.factor * value + expected.offset;
      return expected.relation === "at-least"
        ? { low: bound, high: null }
        : { low: null, high: bound };
    }
  }
}

/** The numbers that are close to a value. */
const around = (
  value: number,
  { absolute, relative }: { absolute: number; relative: number },
): { low: number; high: number } => {
  const width = absolute + relative * Math.abs(value);
  return { low: value - width, high: value + width };
};

/** The interval in which each point of a curve passes. */
export const rangesOf = (
  expected: Extract<PlainExpectation, { kind: "band" | "values" }>,
): readonly Range[] =>
  expected.kind === "band"
    ? expected.ranges
    : expected.values.map((value) => around(value, expected));

/** Found less the nearest number of the range: below 0 if too low, 0 inside. `found` is finite. */
export function offBy(found: number, { low, high }: Range): number {
  if (low !== null && found < low) return found - low;
  if (high !== null && found > high) return found - high;
  return 0;
}

/** True if a finite number passes. Rounding is that of printing, also at its borders. */
export const passes = (found: number, expected: OfNumber, range: Range): boolean =>
  expected.kind === "rounded"
    ? found.toFixed(expected.digits) === expected.value.toFixed(expected.digits)
    : offBy(found, range) === 0;
