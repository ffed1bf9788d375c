/** Shows the changed lines of the source files behind two runs' code. */
import type { Line } from "../../schemas/run/comparison.ts";
import { unifiedDiff } from "../engine/code/line_changes.ts";
import { type ReadSource, textsOf } from "../engine/code/sources.ts";

/** The files of lines in unified form, each once; of a file whose text is not available one line says so. */
export function patchOf(lines: readonly Line[], read: ReadSource): string {
  const files = new Map(lines.flatMap(({ files }) => files ?? []).map((file) => [file.path, file]));
  return [...files.values()].flatMap(({ path, a, b }) => {
    const texts = textsOf({ path, a: a ?? undefined, b: b ?? undefined }, read);
    return texts === undefined
      ? [
        `# ${path} differs; its text is neither in the store nor in a commit that is available here.`,
      ]
      : unifiedDiff({ a: a && path, b: b && path }, ...texts);
  }).map((line) => `${line}\n`).join("");
}
