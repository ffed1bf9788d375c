/**
 * Lists the files that a module reaches by its imports, types included. They decide what a program does, so
 * it need not be bundled. Imports with computed names are not followed.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { init as startLexer, parse } from "es-module-lexer";
import type { ImportMap } from "./import_map.ts";
import { readPlain } from "../../store/plain_file.ts";
import { sha256Of } from "../../store/sha256.ts";

/** Each file by its path relative to the root → SHA-256 of its content. Throws for one that is not there. */
export async function reachedFiles(
  module: string,
  root: string,
  importMap: ImportMap,
): Promise<Record<string, string>> {
  await startLexer;
  const first = fileURLToPath(module);
  const found = new Set([first]);
  const files: Record<string, string> = {};
  // A set's iteration goes on with what is added meanwhile.
  for (const path of found) {
    const content = readPlain(path);
    files[relative(root, path).replaceAll("\\", "/")] = sha256Of(content);
    if (!/\.[mc]?[jt]sx?$/.test(path)) continue;
    for (const specifier of specifiersIn(new TextDecoder().decode(content))) {
      const target = importMap.resolve(specifier, path);
      if (target.kind === "file") found.add(target.path);
    }
  }
  return files;
}

/** Imports of a module whose names are written out. */
function specifiersIn(text: string): string[] {
  const [imports] = parse(text);
  return imports.flatMap(({ specifier }) => specifier ?? []);
}
