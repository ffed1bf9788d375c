/** Writes tables as plain text, for terminals and summaries. */
import { cellWidth, padded } from "./cell_width.ts";
import { escaped } from "./escape.ts";

/**
 * The lines of a table: columns padded to their widest cell, two spaces apart; those in `right` are set
 * to the right.
 */
export function textTable(
  texts: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const rows = texts.map((row) => row.map(escaped));
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, cellWidth(cell))),
    [],
  );
  return rows.map((row) =>
    row.map((cell, i) => padded(cell, widths[i], right.includes(i) ? "start" : "end"))
      .join("  ").trimEnd()
  );
}
