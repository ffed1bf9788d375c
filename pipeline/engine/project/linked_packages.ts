/** Finds the packages that a project's `deno.json` links in place of published ones. */
import { join } from "node:path";
import { entriesIn } from "../../store/files_under.ts";

/** Paths as `deno.json` has them: from the project's root, or absolute. */
export function linksOf(root: string): string[] {
  const { links = [] }: { links?: string[] } = JSON.parse(
    Deno.readTextFileSync(join(root, "deno.json")),
  );
  return links;
}

/** Directories elsewhere that are part of a linked package by symbolic links at its top. */
export const linkedWithin = (directory: string): string[] =>
  entriesIn(directory).filter(({ isSymlink }) => isSymlink)
    .map(({ name }) => join(directory, name))
    .filter((path) => Deno.statSync(path).isDirectory);
