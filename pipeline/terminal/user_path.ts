/**
 * Converts paths as users type and read them, relative to the user's directory, and tells what lies at a
 * path. The user's directory is not the working directory, because a task runs in the project's root.
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

/** The file at a path, a link followed by default; undefined where nothing is. */
export function statOf(path: string, stat = Deno.statSync): Deno.FileInfo | undefined {
  try {
    return stat(path);
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    throw error;
  }
}

/** True where anything lies at a path, a link followed. */
export const exists = (path: string): boolean => statOf(path) !== undefined;

/** Runs what reads a file or directory; undefined where it is not there. */
export function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Kind of what lies at a path, a link not followed: "a link to ../other", "a pipe". */
export function kindAt(path: string): string {
  const stat = Deno.lstatSync(path);
  if (stat.isDirectory) return "directory";
  if (stat.isFile) return "file";
  if (stat.isSymlink) return `link to ${Deno.readLinkSync(path)}`;
  if (stat.isFifo) return "pipe";
  if (stat.isSocket) return "socket";
  return "device";
}
