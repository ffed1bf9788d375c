/** Prints a value as JSON, each line escaped. */
import { jsonLines } from "./escaped_json.ts";
import { print } from "./print.ts";

export const printJson = (value: unknown): void => print(jsonLines(value));
