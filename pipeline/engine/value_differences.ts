/**
 * Finds and words where two JSON values differ: at the members of objects, at those of lists that are too long
 * to be read as a whole, and at the characters of a long text.
 */
import { canonicalJson, isPlain } from "../formats/json.ts";
import { cutTo } from "../terminal/phrase.ts";
import { naturalOrder } from "../terminal/natural_order.ts";

/** A place where two values differ. A side that has nothing there lacks the property. */
export interface Difference {
  /** From the value to the place, as in JavaScript: `.rate`, `.layers[2]`; empty for the value itself. */
  path: string;
  from?: unknown;
  to?: unknown;
}

/** Characters of the longest text that is shown whole, and what is left of a longer one. */
const longest = 60;
const left = 48;
/** Characters before the first difference, where a text does not begin at its own beginning. */
const before = 20;

/**
 * Places where two values differ; none if they are the same. Objects with the same members differ at those,
 * and other values only where one is too long to be read as a whole.
 */
export const differencesBetween = (from: unknown, to: unknown): Difference[] =>
  differing("", from, to);

function differing(path: string, from: unknown, to: unknown): Difference[] {
  const whole = [{ path, from, to }];
  const isLong = [from, to].some((value) => roomBeside(value, longest) < 0);
  if (isPlain(from) && isPlain(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort(naturalOrder);
    const isAlike = names.every((name) => Object.hasOwn(from, name) && Object.hasOwn(to, name));
    const inside = names.flatMap((name) =>
      differing(`${path}.${name}`, own(from, name), own(to, name))
    );
    return isLong || isAlike || inside.length === 0 ? inside : whole;
  }
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    const inside = from.flatMap((value, i) => differing(`${path}[${i}]`, value, to[i]));
    return isLong || inside.length === 0 ? inside : whole;
  }
  const [a, b] = [from, to].map((value) => value === undefined ? value : canonicalJson(value));
  return a === b ? [] : whole;
}

/** Characters left of `room` beside a value's JSON; below 0, which may be of a part of it, it does not fit. */
function roomBeside(value: unknown, room: number): number {
  if (room < 0 || value === undefined) return room;
  if (typeof value !== "object" || value === null) return room - canonicalJson(value).length;
  const parts = [...Array.isArray(value) ? [] : Object.keys(value), ...Object.values(value)];
  // A sign before each part, and one at the end.
  return parts.reduce((left, part) => roomBeside(part, left - 1), room - 1);
}

const own = (value: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined;

/** Two texts, each shortened to where they differ if it is long. */
export function tellingTexts(a: string, b: string): [a: string, b: string] {
  if (a.length <= longest && b.length <= longest) return [a, b];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const near = at < left - before ? 0 : at - before;
  // A character of two code units is whole.
  const start = near > 0 && /[\udc00-\udfff]/.test(a[near]) ? near - 1 : near;
  const shown = (text: string) =>
    (start > 0 ? "…" : "") +
    (text.length - start > longest ? cutTo(text.slice(start), left + 1) : text.slice(start));
  return [shown(a), shown(b)];
}
