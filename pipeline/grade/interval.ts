/**
 * Computes the interval in which a number passes, and its distance from it. `credit.ts` has what a
 * distance is worth.
 */
import type { PlainExpectation, Range } from "../../schemas/run/expected.ts";
import { type Exact, exactDistance } from "../diff/exact_integers.ts";

/** The expectations that are about one number. */
export type OfNumber = Extract<
  PlainExpectation,
  { kind: "exact" | "rounded" | "range" | "close" | "at-least" | "at-most" | "relation" }
>;

/**
 * The interval in which a number passes, both ends included. Undefined where none can be given: for
 * an exact text, or a relation to a metric (`other` gives its value) that is not there, or whose bound is
 * not finite.
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
      const { value, digits } = expected;
      return around(Number(printed(value, digits)), 0.5 * 10 ** -digits);
    }
    case "range":
      return expected.range;
    case "close":
      return closeTo(expected.value, expected);
    case "at-least":
      return { low: expected.value, high: null };
    case "at-most":
      return { low: null, high: expected.value };
    case "relation": {
      const value = other(expected.metric);
      if (value === undefined) return undefined;
      const scaled = decimal(expected.factor * value);
      const bound = decimal(scaled + expected.offset, scaled, expected.offset);
      if (!Number.isFinite(bound)) return undefined;
      return expected.relation === "at-least"
        ? { low: bound, high: null }
        : { low: null, high: bound };
    }
  }
}

/**
 * The result of arithmetic as it is in decimals: 0.886 - 0.876 is 0.01, without the noise beneath the last
 * binary digit of its operands. What lies at a bound would else be beyond it. Integers have no such noise.
 */
function decimal(result: number, ...operands: number[]): number {
  if ([result, ...operands].every(Number.isInteger)) return result;
  const most = Math.max(Math.abs(result), ...operands.map(Math.abs));
  const [least, own] = [4 * Number.EPSILON * most, Math.abs(result)].map(Math.log10);
  const digits = Math.floor(own) - Math.ceil(least) + 1;
  return digits >= 1 && digits <= 100 ? Number(result.toPrecision(digits)) : result;
}

const around = (value: number, width: number): Range => ({
  low: endAt(decimal(value - width, value, width)),
  high: endAt(decimal(value + width, value, width)),
});

/** The end of a range; none beyond all numbers. */
const endAt = (value: number): number | null => Number.isFinite(value) ? value : null;

/** The numbers that are close to a value. */
const closeTo = (
  value: number,
  { absolute, relative }: { absolute: number; relative: number },
): Range => around(value, decimal(absolute + decimal(relative * Math.abs(value)), absolute));

/** The interval in which each point of a curve passes. */
export const rangesOf = (
  expected: Extract<PlainExpectation, { kind: "band" | "values" }>,
): readonly Range[] =>
  expected.kind === "band"
    ? expected.ranges
    : expected.values.map((value) => closeTo(value, expected));

/** Found less the nearest number of the range: below 0 if too low, 0 inside. `found` is finite. */
export function offBy(found: Exact, { low, high }: Range): number {
  if (low !== null && found < low) return -distance(found, low);
  if (high !== null && found > high) return distance(found, high);
  return 0;
}

const distance = (found: Exact, end: number): number =>
  typeof found === "bigint"
    ? exactDistance(found, end)
    : Math.abs(decimal(found - end, found, end));

/** The value as it is printed with so many decimals; zero has no sign. */
export function printed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}
