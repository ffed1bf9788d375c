/** Tells whether a path leads into a directory, by the names alone: links are for the caller to follow. */
import { isAbsolute, relative } from "node:path";

/** True if an absolute path is a directory or lies in it; false of a path that is not absolute. */
export function isWithin(directory: string, path: string): boolean {
  if (!isAbsolute(path)) return false;
  const from = relative(directory, path);
  return !isAbsolute(from) && !/^\.\.([\\/]|$)/.test(from);
}
