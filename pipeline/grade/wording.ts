/**
 * Words an item: what is expected, what was found, how far off it is and what would change it. Numbers
 * have the digits in which they differ.
 */
import type { Item, PlainExpectation, Range } from "../../schemas/run/expected.ts";
import { bytes, listed, precise, range } from "../terminal/numbers.ts";
import type { Found } from "./evidence.ts";
import { printed } from "./interval.ts";

/** Its ends to the digits in which they differ from each other, and from a value so far off. */
export function rangeText({ low, high }: Range, offBy = 0): string {
  const width = low === null || high === null ? 0 : high - low;
  const scales = [width, Math.abs(offBy)].filter((scale) => scale > 0);
  const scale = scales.length === 0 ? undefined : Math.min(...scales);
  return range({ low, high }, (value) => precise(value, scale));
}

interface ForExpected {
  /** The interval in which a number passes. */
  range: Range | undefined;
  /** The distance of the value found from it. */
  offBy?: number;
  /** The reason why this is what is expected. */
  because?: string;
}

export const expectedText = (expected: PlainExpectation, given: ForExpected): string =>
  textOf(expected, given) + (given.because === undefined ? "" : ` (${given.because})`);

function textOf(expected: PlainExpectation, { range, offBy }: ForExpected): string {
  switch (expected.kind) {
    case "exact":
      return String(expected.value);
    case "rounded":
      return printed(expected.value, expected.digits);
    case "range":
      return rangeText(expected.range, offBy);
    case "close":
    case "at-least":
    case "at-most":
      return range === undefined ? "" : rangeText(range, offBy);
    case "relation": {
      const { relation, metric, factor, offset } = expected;
      const scaled = factor === 1 ? metric : `${precise(factor)} × ${metric}`;
      const sum = offset === 0
        ? scaled
        : `${scaled} ${offset < 0 ? "-" : "+"} ${precise(Math.abs(offset))}`;
      const bound = range?.low ?? range?.high;
      return `${relation === "at-least" ? "at least" : "at most"} ${sum}` +
        (bound === undefined || bound === null
          ? ""
          : `, which is ${precise(bound, offBy && Math.abs(offBy))}`);
    }
    case "band":
      return `each of ${expected.ranges.length} points in its range`;
    case "values":
      return valuesText(expected);
    case "verdict":
      return listed(expected.anyOf, "or");
    case "hash":
      return `sha256:${expected.sha256.slice(0, 12)}…`;
    case "present":
      return "to exist";
    case "form":
      return formText(expected);
    case "tensors":
      return `the tensors ${firstOf(expected.tensors.map(({ name }) => name))}`;
  }
}

/** Most values of a curve that are listed. */
const mostValues = 5;

function valuesText(
  { values, absolute, relative }: Extract<PlainExpectation, { kind: "values" }>,
): string {
  const within = [
    ...(absolute === 0 ? [] : [precise(absolute)]),
    ...(relative === 0 ? [] : [`${precise(relative)} of it`]),
  ].join(" + ");
  const text = values.length > mostValues
    ? `each of ${values.length} points at its value`
    : values.map((value) => precise(value)).join(", ");
  return within === "" ? text : `${text}, within ${within}`;
}

function formText(expected: Extract<PlainExpectation, { kind: "form" }>): string {
  const { form, atLeastBytes, atLeastWidth, atLeastHeight, contains } = expected;
  const parts = [
    atLeastWidth > 0 || atLeastHeight > 0 ? `at least ${atLeastWidth} by ${atLeastHeight}` : "",
    atLeastBytes > 0 ? `of at least ${atLeastBytes} bytes` : "",
    contains.length > 0 ? `with ${firstOf(contains).replace(/["<]/g, "")}` : "",
  ].filter((part) => part !== "");
  return [form, ...parts].join(", ");
}

/** At most three of the texts, and how many more there are. */
const firstOf = (texts: readonly string[]): string =>
  texts.length <= 3
    ? texts.join(", ")
    : `${texts.slice(0, 2).join(", ")} and ${texts.length - 2} more`;

export function foundText(found: Found, outside: number, scale?: number): string {
  switch (found.kind) {
    case "number":
      return precise(found.value, scale);
    case "other":
      return String(found.value);
    case "curve":
      return outside === 0 ? "all of them" : `${outside} of ${found.values.length} outside`;
    case "claim":
      return found.value.verdict;
    case "artifact":
      return `sha256:${found.value.sha256.slice(0, 12)}…, ${bytes(found.value.size)}`;
  }
}

/** A distance: "0.0347 too low". */
export const distanceText = (offBy: number): string =>
  `${precise(Math.abs(offBy))} too ${offBy < 0 ? "low" : "high"}`;

/** The item's advice for a value that is too low or too high. */
export const adviceOf = (
  { message, ifLow, ifHigh }: Item,
  offBy: number | null,
): string | undefined => (offBy === null ? undefined : offBy < 0 ? ifLow : ifHigh) ?? message;

/** "expected 0.847 to 0.876, found 0.8123, 0.0347 too low; train for more epochs" */
export function explanation(
  parts: { expected: string; found: string; offBy: number | null; detail?: string },
  advice: string | undefined,
): string {
  const { expected, found, offBy, detail } = parts;
  const what = [
    `expected ${expected}`,
    `found ${found}`,
    ...(offBy === null || offBy === 0 ? [] : [distanceText(offBy)]),
    ...(detail === undefined ? [] : [detail]),
  ].join(", ");
  return advice === undefined ? what : `${what}; ${advice}`;
}
