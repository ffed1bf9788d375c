/** Reads patterns of names and paths, in which "*" stands for any text and all else for itself. */

/** The expression of a pattern from a text's beginning on: "*" is any of `any`, and `end` follows the pattern. */
export const wildcard = (pattern: string, any = ".*", end = "$"): RegExp =>
  new RegExp(`^${pattern.split("*").map(RegExp.escape).join(any)}${end}`, "s");

/** True if a name fits a pattern as a whole. */
export const fits = (pattern: string, name: string): boolean => wildcard(pattern).test(name);
