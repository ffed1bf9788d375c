/**
 * Reads plain files whole where anything may lie in their place. Opening a pipe would wait for whoever writes to
 * it, and a device may have no end.
 */
import { statOf } from "./existence.ts";

/** The bytes of a plain file. */
export const readPlain = (path: string): Uint8Array<ArrayBuffer> => Deno.readFileSync(plain(path));

/** The text of a plain file in UTF-8. */
export const readPlainText = (path: string): string => Deno.readTextFileSync(plain(path));

/** The path itself. Throws where something other than a plain file is there; nothing there is left to the reader. */
function plain(path: string): string {
  if (statOf(path)?.isFile !== false) return path;
  throw new Deno.errors.InvalidData(`${path} is no plain file`);
}
