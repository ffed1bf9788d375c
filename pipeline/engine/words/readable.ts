/** Escapes the names and texts in a failure or notice. */
import { escaped, linesWithin } from "../../terminal/escape.ts";

/**
 * Fields that hold a text, perhaps of several lines, as others worded it. All other text in a failure
 * or notice is a name, or the one sentence of a `usage`.
 */
const texts: readonly string[] = ["message", "problem", "problems", "detail"];

/** A failure or notice whose words cannot be broken, or forged, by a name or a text in it. */
export function readable<T>(value: T, field = ""): T {
  if (Array.isArray(value)) return value.map((one) => readable(one, field)) as T;
  if (typeof value === "object" && value !== null) {
    const isSentence = "reason" in value && value.reason === "usage";
    const fields = Object.entries(value)
      .map(([name, one]) => [name, isSentence ? readable(one) : readable(one, name)]);
    return Object.fromEntries(fields) as T;
  }
  if (typeof value !== "string" || field === "reason") return value;
  const lines = texts.includes(field) ? linesWithin(value) : [value];
  return lines.map(escaped).join("\n") as T;
}
