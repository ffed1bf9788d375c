/**
 * Converts paths as users type and read them, relative to the user's directory. That is not the working
 * directory, because a task runs in the project's root.
 */
import { isAbsolute, relative, resolve, sep } from "node:path";

/** `deno task` keeps the directory that it was called from in this variable. */
export const userDirectory = (): string => Deno.env.get("INIT_CWD") || Deno.cwd();

/** The absolute path of one that the user typed. */
export const givenPath = (path: string): string => resolve(userDirectory(), path);

/**
 * A path as the user reads it: an absolute one relative to where they stand, unless that is longer.
 * Another is a name within something, a run or the project, and stays.
 */
export function shownPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(userDirectory(), path) || ".";
  return (near.length <= path.length ? near : path).replaceAll(sep, "/");
}
