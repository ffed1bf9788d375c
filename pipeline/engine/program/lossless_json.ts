/**
 * Refuses JSON whose value is not all that it says: of equal names `JSON.parse` keeps the last, and it
 * rounds integers that no float64 is.
 */
import { FormatError } from "../../formats/artifact_type.ts";
import { repeatedName } from "../../formats/repeated_names.ts";

/** Finds digits enough for such an integer, as a number or within a string. */
const longInteger = /(^|[\s,:[])-?\d{16,}($|[\s,\]}])/;

/** Throws a `FormatError` that names the first such place. `text` is JSON. */
export function checkLossless(text: string): void {
  const name = repeatedName(text);
  if (name !== undefined) {
    throw new FormatError(`expected each name once, found ${JSON.stringify(name)} twice`);
  }
  if (longInteger.test(text)) JSON.parse(text, refuseRounded as Reviver);
}

/** The form in TypeScript's library, which lacks the source. */
type Reviver = (name: string, value: unknown) => unknown;

function refuseRounded(_name: string, value: unknown, { source }: { source?: string }): unknown {
  const isKept = typeof value !== "number" || source === undefined || !/^-?\d+$/.test(source) ||
    (Number.isFinite(value) && BigInt(source) === BigInt(value));
  if (isKept) return value;
  throw new FormatError(`expected integers that float64 has, found ${source}`);
}
