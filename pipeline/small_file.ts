/**
 * Small files that only save time: written so that a reader sees the old content or the new, also
 * while other processes write the same file. Not synced, as losing one loses nothing; for the same
 * reason one that cannot be written, as on a disk that is full or can only be read, stops nobody.
 */
import { dirname } from "node:path";
import { complain } from "./terminal.ts";

export function replaceFile(path: string, text: string): void {
  const partial = `${path}.${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(partial, text);
    Deno.renameSync(partial, path);
  } catch (error) {
    try {
      Deno.removeSync(partial);
    } catch { /* Not there, or not removable either: it is told below. */ }
    complain(`${path} is not written, which only costs time: ${(error as Error).message}`);
  }
}
