/** Writes Markdown (GitHub's): escaped text, and tables. */
import { escaped } from "./escape.ts";

/** Text that is shown as it is: nothing of it is markup, a link or a mention. */
export const escapeMarkdown = (text: string): string =>
  escaped(text).replace(/[\\`*_{}[\]<>|#~!&$@]/g, "\\$&");

/** The lines of a table; columns in `right` are set to the right. Cells are Markdown already. */
export function markdownTable(
  [heads, ...rows]: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, i) => right.includes(i) ? "---:" : "---");
  return [heads, rule, ...rows].map(line);
}
