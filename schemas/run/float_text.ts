/**
 * NaN and the infinities in JSON, which has no words for them: in every file that fanin writes they are
 * the texts "NaN", "Infinity" and "-Infinity". `JSON.stringify` alone would write null.
 */

export const floatTexts = ["NaN", "Infinity", "-Infinity"] as const;

/** A number as JSON holds it. */
export function floatInJson(value: number): number | typeof floatTexts[number] {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
}

/** The same for all numbers of what `JSON.stringify` writes. */
export const floatsInJson = (_name: string, value: unknown): unknown =>
  typeof value === "number" ? floatInJson(value) : value;
