/** Writes values as JSON in which nothing is left to escape, so that programs read back the same. */
import { floatsInJson } from "../../schemas/run/float_text.ts";
import { unicodeEscape, unprintable } from "./escape.ts";

export const escapedJson = (value: unknown): string =>
  JSON.stringify(value, floatsInJson, 2)
    .replace(unprintable, (character) => character === "\n" ? character : unicodeEscape(character));

export const jsonLines = (value: unknown): string[] => escapedJson(value).split("\n");
