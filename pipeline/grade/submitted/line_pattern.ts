/**
 * Matches the lines of a text with a pattern of `schemas/run/text_pattern.ts`. Takes time in proportion to
 * the text, whatever the text is: nothing is tried twice, and numbers have at most so many digits.
 */
import { type Exact, exactNumber, float64OrExact } from "../../diff/exact_integers.ts";
import type { TextPattern } from "../../../schemas/run/text_pattern.ts";

/** A number as programs print it, of at most 50 digits before and after its point. A minus may be U+2212. */
const number =
  /[+\-−]?(?:\d{1,50}(?:\.\d{0,50})?|\.\d{1,50})(?:e[+\-−]?\d{1,5})?|[+\-−]?(?:nan|infinity|inf)/y;

/** A number whose thousands are apart: "9,277". */
const grouped = /[+\-−]?[1-9]\d{0,2}(?:,\d{3}){1,16}(?:\.\d{1,50})?(?!,?\d)/y;

/** The beginning of a number that is not within a word or another number. */
const numberStart = /(?<![\w.])[+\-−]?(?:\.?\d|nan|inf)/g;

/** Control sequences of terminals, such as colours. */
// deno-lint-ignore no-control-regex
const control = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** Lines with white space as one space each. A carriage return ends a line too. */
export const linesOf = (text: string): string[] =>
  text.replace(control, "").split(/\r?\n|\r/).map((line) => line.replace(/\s+/g, " ").trim());

/** Commas in the numbers of a pattern. */
interface Commas {
  /** Those between thousands are part of a number. */
  areRead: boolean;
  /** Set where a number turns out to have one for its point. */
  areDecimal: boolean;
}

/**
 * Numbers by name, of each place in the lines that the pattern fits. Places do not overlap. Where a number has a comma
 * for its point, as "0,95", no comma of the others stands between thousands: "1,095" is no number either.
 */
export function matchesIn(lines: readonly string[], pattern: TextPattern): Map<string, Exact>[] {
  const segments = segmentsOf(pattern);
  const read = (commas: Commas) =>
    lines.flatMap((line) => line === "" ? [] : matchesOf(line.toLowerCase(), segments, commas));
  const commas = { areRead: true, areDecimal: false };
  const found = read(commas);
  return commas.areDecimal ? read({ ...commas, areRead: false }) : found;
}

function matchesOf(
  line: string,
  segments: readonly TextPattern[],
  commas: Commas,
): Map<string, Exact>[] {
  const matches: Map<string, Exact>[] = [];
  for (let at = 0; at <= line.length;) {
    const found = new Map<string, Exact>();
    let end = at;
    for (const segment of segments) {
      // The first place is the best one: a later one leaves less of the line for the segments after it.
      const next = search(line, end, segment, found, commas);
      if (next === undefined) return matches;
      end = next;
    }
    matches.push(found);
    at = Math.max(end, at + 1);
  }
  return matches;
}

/** Parts between those that stand for any text. */
function segmentsOf(pattern: TextPattern): TextPattern[] {
  const segments: TextPattern[number][][] = [[]];
  for (const part of pattern) {
    if (part.kind === "any") segments.push([]);
    else segments.at(-1)!.push(part);
  }
  return segments.filter((segment) => segment.some(({ kind }) => kind !== "space"));
}

/** Finds the first place of a segment from `from` on, and gives its end. */
function search(
  line: string,
  from: number,
  segment: TextPattern,
  found: Map<string, Exact>,
  commas: Commas,
): number | undefined {
  const parts = segment[0].kind === "space" ? segment.slice(1) : segment;
  const [first] = parts;
  for (let at = from; at <= line.length; at++) {
    at = first.kind === "text" ? line.indexOf(first.text, at) : nextNumber(line, at);
    if (at < 0) return undefined;
    const end = matchAt(line, at, parts, found, commas);
    if (end !== undefined) return end;
  }
}

function nextNumber(line: string, from: number): number {
  numberStart.lastIndex = from;
  return numberStart.exec(line)?.index ?? -1;
}

/** Matches parts at a place, and gives their end. */
function matchAt(
  line: string,
  start: number,
  parts: TextPattern,
  found: Map<string, Exact>,
  commas: Commas,
): number | undefined {
  let at = start;
  for (const [i, part] of parts.entries()) {
    if (part.kind === "space") {
      if (line[at] === " ") at++;
    } else if (part.kind === "text") {
      if (!line.startsWith(part.text, at)) return undefined;
      at += part.text.length;
    } else if (part.kind === "number") {
      const text = numberAt(line, at, parts.slice(i + 1), commas);
      if (text === undefined) return undefined;
      at += text.length;
      // "3 of 4" has no 3 in "3.5.1", "3,5" or "3rd", unless the pattern goes on with that text.
      const isWithin = /[\w]/.test(line[at] ?? "") || /^[.,]\d/.test(line.slice(at, at + 2));
      if (isWithin && parts[i + 1]?.kind !== "text") {
        commas.areDecimal ||= line[at] === "," && /^\D?\d+$/.test(text);
        return undefined;
      }
      found.set(part.name, valueOf(text));
    }
  }
  return at;
}

/** The text of the number at a place. A pattern with a comma behind it reads a list, not thousands. */
function numberAt(
  line: string,
  at: number,
  following: TextPattern,
  { areRead }: Commas,
): string | undefined {
  const next = following.find(({ kind }) => kind !== "space");
  const isList = next?.kind === "text" && next.text.startsWith(",");
  for (const form of isList || !areRead ? [number] : [grouped, number]) {
    form.lastIndex = at;
    const text = form.exec(line)?.[0];
    if (text !== undefined) return text;
  }
}

function valueOf(printed: string): Exact {
  const text = printed.replaceAll(",", "").replaceAll("−", "-");
  if (text.endsWith("nan")) return NaN;
  if (!text.includes("inf")) return float64OrExact(exactNumber(text));
  return text.startsWith("-") ? -Infinity : Infinity;
}
