/** Reads the documents: which there are, their blocks of code, and the words of a command. */
import { join } from "node:path";
import { root } from "./checkout.ts";

export const textOf = (path: string): string => Deno.readTextFileSync(join(root, path));

/** Every file under a folder, or the file itself, by its path from the root. Those of running tests come and go. */
export function* filesIn(path: string): Generator<string> {
  if (path === "tests/tmp") return;
  if (!Deno.statSync(join(root, path)).isDirectory) return yield path;
  for (const { name } of Deno.readDirSync(join(root, path))) yield* filesIn(`${path}/${name}`);
}

export const documents: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "artifacts/README.md",
  "pipeline/README.md",
  "stages/README.md",
  ...[...filesIn("docs")].filter((path) => path.endsWith(".md")),
];

/** Blocks of code in a language, without their fences. */
export const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))]
    .map(([, block]) => block);

/** The command lines in a document that stand in blocks of their own. */
export const linesOf = (path: string): string[] =>
  blocks(textOf(path), "sh").flatMap((block) => block.trim().split("\n"));

/** Words of a command line, as a shell splits them. */
export const wordsOf = (line: string): string[] =>
  [...line.replace(/\s# .*$/, "").matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map(([, double, single, plain]) => double ?? single ?? plain);
