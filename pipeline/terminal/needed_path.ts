/** Checks that files and directories that a user names exist. */
import { dirname } from "node:path";
import { Failed } from "../engine/failed.ts";
import { statOf } from "../store/existence.ts";

/** Throws a failure unless an absolute path leads to a file or directory. `what` is the flag or command. */
export function needPath(expected: "file" | "directory", what: string, path: string): void {
  const stat = statOf(path);
  if (expected === "file" ? stat?.isFile : stat?.isDirectory) return;
  const found = kindOf(stat);
  const known = found === "nothing" ? namesBeside(path) : [];
  throw new Failed({ reason: "wrong-path", what, expected, found, path, known });
}

function kindOf(stat: Deno.FileInfo | undefined) {
  if (stat === undefined) return "nothing";
  if (stat.isDirectory) return "a directory";
  return stat.isFile ? "a file" : "a pipe or a device";
}

/** Names in the directory of a path; none where that cannot be read. */
export function namesBeside(path: string): string[] {
  try {
    return [...Deno.readDirSync(dirname(path))].map(({ name }) => name);
  } catch {
    return [];
  }
}
