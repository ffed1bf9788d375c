/**
 * Cache files, which only save time: a reader sees the old content or the new, also while other
 * processes write. Not synced, because losing one loses nothing. For the same reason one that cannot be
 * written is only reported; what a user asked for is written by `result_file.ts`.
 */
import { dirname } from "node:path";
import { sealed, unsealed } from "./sealed.ts";
import { complain } from "../terminal/print.ts";
import { shownPath } from "../terminal/user_path.ts";

/** Writes a value as JSON with its checksum. */
export const writeCachedValue = (path: string, value: unknown): void =>
  writeCache(path, sealed(value));

/** Throws where the file is missing, damaged or of another version's form. */
export const readCachedValue = (path: string): unknown => unsealed(Deno.readTextFileSync(path));

export function writeCache(path: string, text: string): void {
  const partial = `${path}.${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(partial, text);
    Deno.renameSync(partial, path);
  } catch (error) {
    try {
      Deno.removeSync(partial);
    } catch { /* Not there, or not removable either: it is reported below. */ }
    complain(
      `${shownPath(path)} is not written, which only costs time: ${(error as Error).message}`,
    );
  }
}
