/**
 * What is said of an item: what is expected, what was found, how far off it is and what would move
 * it. Figures are given to the digits in which they differ.
 */
import type { Expectation, Item, Range } from "../../schemas/run/expected.ts";
import { bytes } from "../terminal/text_table.ts";
import type { Found } from "./evidence.ts";

/** Decimals at which a difference of this size shows three digits. */
function decimalsFor(scale: number): number {
  if (!(scale > 0) || !Number.isFinite(scale)) return 4;
  return Math.min(15, Math.max(0, 2 - Math.floor(Math.log10(scale))));
}

const trimmed = (text: string): string => text.includes(".") ? text.replace(/\.?0+$/, "") : text;

/** A figure for people; `scale` is the size of the differences that are to be seen. */
export function figure(value: number, scale?: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value) && Math.abs(value) < 1e15) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size < 1e-5 || size >= 1e15) return String(Number(value.toPrecision(4)));
  return trimmed(value.toFixed(Math.max(decimalsFor(size) + 1, decimalsFor(scale ?? size))));
}

export function rangeText({ low, high }: Range): string {
  if (low === null) return `at most ${figure(high!)}`;
  if (high === null) return `at least ${figure(low)}`;
  const scale = high - low;
  return scale === 0 ? figure(low) : `${figure(low, scale)} to ${figure(high, scale)}`;
}

const alternatives = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** `range` is where the number passes, if it is one. */
export function expectedText(expected: Expectation, range: Range | undefined): string {
  switch (expected.kind) {
    case "exact":
      return typeof expected.value === "number" ? figure(expected.value) : String(expected.value);
    case "rounded":
      return expected.value.toFixed(expected.digits);
    case "range":
      return rangeText(expected.range);
    case "close":
      return range === undefined ? "" : rangeText(range);
    case "at-least":
    case "at-most":
      return range === undefined ? "" : rangeText(range);
    case "relation": {
      const { relation, metric, factor, offset } = expected;
      const scaled = factor === 1 ? metric : `${figure(factor)} × ${metric}`;
      const sum = offset === 0
        ? scaled
        : `${scaled} ${offset < 0 ? "-" : "+"} ${figure(Math.abs(offset))}`;
      const bound = range?.low ?? range?.high;
      return `${relation === "at-least" ? "at least" : "at most"} ${sum}` +
        (bound === undefined || bound === null ? "" : `, which is ${figure(bound)}`);
    }
    case "band":
      return `each of ${expected.ranges.length} points in its range`;
    case "verdict":
      return alternatives(expected.anyOf);
    case "hash":
      return `sha256:${expected.sha256.slice(0, 12)}…`;
    case "present":
      return "to be there";
    case "form":
      return formText(expected);
  }
}

function formText(expected: Extract<Expectation, { kind: "form" }>): string {
  const { form, atLeastBytes, atLeastWidth, atLeastHeight, contains } = expected;
  const parts = [
    atLeastWidth > 0 || atLeastHeight > 0 ? `at least ${atLeastWidth} by ${atLeastHeight}` : "",
    atLeastBytes > 0 ? `of at least ${atLeastBytes} bytes` : "",
    contains.length > 0 ? `with ${contains.join(", ").replace(/["<]/g, "")}` : "",
  ].filter((part) => part !== "");
  return [form, ...parts].join(", ");
}

export function foundText(found: Found, outside: number, scale?: number): string {
  switch (found.kind) {
    case "number":
      return figure(found.value, scale);
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

/** How far off: "0.0347 too low". */
export const distanceText = (offBy: number): string =>
  `${figure(Math.abs(offBy))} too ${offBy < 0 ? "low" : "high"}`;

/** What would move the figure, as the item has it. */
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
