/**
 * Refuses JSON whose value is not all that it says: of equal names `JSON.parse` keeps the last, it rounds
 * integers that no float64 is, and it makes infinities of numbers that are too large. Schemas drop the name
 * "__proto__", by which JavaScript means no member.
 */
import { FormatError } from "./artifact_type.ts";
import { isPlain } from "./json.ts";
import { repeatedName } from "./repeated_names.ts";

/** Finds digits enough for such an integer, as a number or within a string. */
const longInteger = /(^|[\s,:[])-?\d{16,}($|[\s,\]}])/;

/** Finds an exponent or digits enough for a number above all of float64, in the same way. */
const largeNumber = /\d[eE]\+?\d{3}|\d{200}/;

/** The name that JavaScript keeps for an object's prototype. */
export const prototypeName = "__proto__";

/** True for a media type of JSON. */
export const isJsonType = (mediaType: string): boolean => /[/+]json$/.test(mediaType);

/** Throws a `FormatError` that names the first such place. `text` is JSON. */
export function checkLossless(text: string): void {
  const name = repeatedName(text);
  if (name !== undefined) {
    throw new FormatError(`expected each name once, found ${JSON.stringify(name)} twice`);
  }
  if (longInteger.test(text) || largeNumber.test(text)) {
    JSON.parse(text, refuseRounded as Reviver);
  }
  // An escape may stand for "_".
  if (text.includes(prototypeName) || /\\u005f/i.test(text)) checkNames(JSON.parse(text));
}

/** The form in TypeScript's library, which lacks the source. */
type Reviver = (name: string, value: unknown) => unknown;

function refuseRounded(_name: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== "number" || source === undefined) return value;
  if (!Number.isFinite(value)) {
    throw new FormatError(`expected numbers that float64 has, found ${source}`);
  }
  // JavaScript writes 2^63 as 9223372036854776000.
  const isKept = !/^-?\d+$/.test(source) || String(value) === source ||
    BigInt(source) === BigInt(value);
  if (isKept) return value;
  throw new FormatError(`expected integers that float64 has, found ${source}`);
}

/** Throws a `FormatError` where an object of a JSON value has the name "__proto__". */
export function checkNames(value: unknown): void {
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === "object") checkNames(element);
  } else if (isPlain(value)) {
    if (Object.hasOwn(value, prototypeName)) {
      throw new FormatError(
        `expected another name than ${prototypeName}, which JavaScript keeps for itself`,
      );
    }
    for (const member of Object.values(value)) if (typeof member === "object") checkNames(member);
  }
}
