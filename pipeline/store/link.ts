/** Hard links to stored files, and what takes their place where a file system has none. */
import { dirname } from "node:path";
import { statOf } from "./existence.ts";

/** Makes `path`, which must not exist yet. Gives why it is a copy, or undefined for a link. */
export function linkOrCopy(file: string, path: string): string | undefined {
  Deno.mkdirSync(dirname(path), { recursive: true });
  try {
    Deno.linkSync(file, path);
  } catch (error) {
    // A copy onto what is there would go through a link into the store.
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    Deno.copyFileSync(file, path);
    return (error as Error).message;
  }
}

/**
 * Moves a file to a path in the same file system, unless another process has put one there meanwhile: that
 * one stays, because others link to it. A file system without hard links has the last one stay.
 */
export function moveUnlessThere(file: string, path: string): void {
  try {
    Deno.linkSync(file, path);
  } catch (error) {
    const isThere = error instanceof Deno.errors.AlreadyExists &&
      statOf(path, Deno.lstatSync)?.isFile;
    // Its own error counts where something other than a file has the name.
    if (!isThere) return Deno.renameSync(file, path);
  }
  Deno.removeSync(file);
}

/** True if two paths lead to one file, as hard links do. Throws where either leads to none. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [Deno.statSync(one), Deno.statSync(other)];
  return a.ino !== null && a.ino === b.ino && a.dev === b.dev;
}

/** The same, and false where either leads to nothing that can be looked at. */
export function isLinked(one: string, other: string): boolean {
  try {
    return isSameFile(one, other);
  } catch {
    return false;
  }
}
