/** Files that a user wants made: whether they may be, and that nothing is there yet. */
import { resolve } from "node:path";
import { Failed } from "./event.ts";

/** Throws a failure for a path that may not be written to; asks for it on a terminal. */
export function needWritable(path: string): void {
  for (const name of ["read", "write"] as const) {
    if (Deno.permissions.requestSync({ name, path }).state !== "granted") {
      throw new Failed({ reason: "not-writable", path });
    }
  }
}

/** The absolute path of a file that may be made. Throws a failure where something is there already. */
export function newFile(name: string): string {
  const path = resolve(name);
  needWritable(path);
  try {
    Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
  throw new Failed({ reason: "file-exists", path });
}
