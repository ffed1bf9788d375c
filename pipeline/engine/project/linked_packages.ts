/** Finds the packages that a project's `deno.json` links in place of published ones. */
import { join } from "node:path";
import { readConfiguration } from "../code/import_map.ts";
import { statOf } from "../../store/existence.ts";
import { entriesIn } from "../../store/files_under.ts";

/** Paths as `deno.json` has them: from the project's root, or absolute. */
export const linksOf = (root: string): string[] => readConfiguration(root).links;

/** Directories elsewhere that are part of a linked package by symbolic links at its top. */
export const linkedWithin = (directory: string): string[] =>
  entriesIn(directory).filter(({ isSymlink }) => isSymlink)
    .map(({ name }) => join(directory, name))
    .filter((path) => statOf(path)?.isDirectory);
