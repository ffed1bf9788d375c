/**
 * Writes cache files, which only save time. A reader sees the old content or the new, even while other
 * processes write. They are not synced, and one that cannot be written is only reported, because losing
 * one loses nothing. `result_file.ts` writes the files that a user asked for.
 */
import { dirname } from "node:path";
import { partialFile } from "./synced_directory.ts";
import { readPlainText } from "./plain_file.ts";
import { sealed, unsealed } from "./sealed.ts";
import { complain } from "../terminal/print.ts";
import { shownPath } from "../terminal/user_path.ts";

/** Writes a value as JSON with its checksum. */
export const writeCachedValue = (path: string, value: unknown): void =>
  writeCache(path, sealed(value));

/** Throws where the file is missing, damaged or of another version's form. */
export const readCachedValue = (path: string): unknown => unsealed(readPlainText(path));

/** The value in a cache file; undefined where the file is missing, damaged or of another form. */
export function cachedValue<Value>(
  path: string,
  form: { parse(value: unknown): Value },
): Value | undefined {
  try {
    return form.parse(readCachedValue(path));
  } catch {
    return undefined;
  }
}

export function writeCache(path: string, text: string): void {
  const directory = dirname(path);
  try {
    Deno.mkdirSync(directory, { recursive: true });
    using partial = partialFile(directory);
    Deno.writeTextFileSync(partial.path, text);
    partial.keepAs(path);
  } catch (error) {
    complain(
      `${shownPath(path)} is not written, which only costs time: ${(error as Error).message}`,
    );
  }
}
