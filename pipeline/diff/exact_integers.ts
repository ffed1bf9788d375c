/** Compares integers that float64 rounds to their last digit: those of JSON, of texts and of int64 arrays. */
import { parseJson } from "../formats/json.ts";
import { absoluteDistance } from "./tolerance_bounds.ts";

/** A number, or an integer that float64 may round. */
export type Exact = number | bigint;

/** |a - b|, rounded once; infinite where just one is NaN or infinite. */
export function exactDistance(a: Exact, b: Exact): number {
  const [x, y] = [integerIn(a), integerIn(b)];
  const isExact = typeof a === "bigint" || typeof b === "bigint";
  if (!isExact || x === undefined || y === undefined) {
    return absoluteDistance(Number(a), Number(b));
  }
  return Number(x < y ? y - x : x - y);
}

const integerIn = (value: Exact): bigint | undefined =>
  typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value) : undefined;

/** The number, as float64 where that has it. */
export const float64OrExact = (value: Exact): Exact =>
  typeof value === "bigint" && BigInt(Number(value)) === value ? Number(value) : value;

/** Longest text that is read as an integer, in characters; it has every integer below 2^64. */
const longest = 100;

/** The number of a text. */
export function exactNumber(text: string): Exact {
  const value = Number(text);
  const isRounded = !Number.isSafeInteger(value) && text.length <= longest;
  return isRounded && /^[-+]?\d+$/.test(text) ? BigInt(text) : value;
}

/** Sixteen digits or more that are no decimals: what float64 may round. */
const longInteger = /(?<![\d.])\d{16,}(?![\d.eE])/;

interface Source {
  /** The text of a number. */
  source?: string;
}

/** Parses JSON as `parseJson` does, with integers that float64 may round as BigInt. */
export function parseExactJson(text: string): unknown {
  const value = parseJson(text);
  if (!longInteger.test(text)) return value;
  const exact = (_name: string, value: unknown, { source }: Source) =>
    typeof value === "number" && source !== undefined ? exactNumber(source) : value;
  return JSON.parse(text, exact as (name: string, value: unknown) => unknown);
}
