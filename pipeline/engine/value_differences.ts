/**
 * Finds and words where two JSON values differ: at the members of objects, at those of lists that are too long
 * to be read as a whole, and at the characters of a long text.
 */
import { canonicalJson, isPlain } from "../formats/json.ts";

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
  if (from === undefined && to === undefined) return [];
  const isSame = from !== undefined && to !== undefined &&
    canonicalJson(from) === canonicalJson(to);
  if (isSame) return [];
  const isLong = [from, to].some((value) =>
    value !== undefined && canonicalJson(value).length > longest
  );
  if (isPlain(from) && isPlain(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    const isAlike = names.every((name) => Object.hasOwn(from, name) && Object.hasOwn(to, name));
    if (isLong || isAlike) {
      return names.flatMap((name) => differing(`${path}.${name}`, own(from, name), own(to, name)));
    }
  }
  if (isLong && Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    return from.flatMap((value, i) => differing(`${path}[${i}]`, value, to[i]));
  }
  return [{ path, from, to }];
}

const own = (value: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined;

/** Two texts, each shortened to where they differ if it is long. */
export function tellingTexts(a: string, b: string): [a: string, b: string] {
  if (a.length <= longest && b.length <= longest) return [a, b];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const start = at < left - before ? 0 : at - before;
  const shown = (text: string) =>
    (start > 0 ? "…" : "") +
    (text.length - start > longest ? `${text.slice(start, start + left)}…` : text.slice(start));
  return [shown(a), shown(b)];
}
