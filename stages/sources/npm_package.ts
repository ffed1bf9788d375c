/**
 * Finds the folder of an npm package that deno.lock pins, in whatever place Deno keeps it. The
 * files are then read as from any folder.
 */

import { fileURLToPath } from "node:url";
import { SourceError } from "./source.ts";

/**
 * The path of `directory` inside the npm package `name`.
 *
 * @throws {SourceError} `absent` if the import map does not name the package or it is not
 * installed.
 */
export function npmPackageDirectory(name: string, directory: string): string {
  try {
    return fileURLToPath(new URL(directory, import.meta.resolve(`${name}/package.json`)));
  } catch (cause) {
    throw new SourceError("absent", "not installed; `deno install` installs it", { cause });
  }
}
