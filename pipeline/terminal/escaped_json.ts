/**
 * Writes values as JSON in which neither a terminal nor a CI system finds anything to act on. Programs
 * read back the same.
 */
import { floatsInJson } from "../../schemas/run/float_text.ts";
import { unicodeEscape, unprintable, withoutCommands } from "./escape.ts";

/** `indent` is that of a nested value, in spaces; 0 writes one line. */
export const escapedJson = (value: unknown, indent = 2): string =>
  withoutCommands(
    JSON.stringify(value, floatsInJson, indent)
      .replace(
        unprintable,
        (character) => character === "\n" ? character : unicodeEscape(character),
      ),
  );

export const jsonLines = (value: unknown): string[] => escapedJson(value).split("\n");
