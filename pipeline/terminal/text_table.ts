/** Writes tables as plain text, for terminals and summaries. */
import { cellWidth, charactersOf, padded } from "./cell_width.ts";
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

/** No column is made narrower than this for the sake of others. */
const leastColumn = 8;

/** Columns between two cells. */
const gap = 2;

/**
 * The lines of a table that is at most `columns` wide: cells of its widest columns continue on lines below.
 * Where the columns cannot be narrow enough, each row's first cell has a line, and the rest is below it.
 * Nothing is left out. Without a bound it is the same as `textTable`.
 */
export function fittedTable(
  texts: readonly (readonly string[])[],
  columns: number,
  right: readonly number[] = [],
): string[] {
  const rows = texts.map((row) => row.map(escaped));
  const count = Math.max(0, ...rows.map(({ length }) => length));
  const widestOf = (measured: (cell: string) => number) =>
    Array.from({ length: count }, (_, i) => Math.max(...rows.map((row) => measured(row[i] ?? ""))));
  const natural = widestOf(cellWidth);
  const partsOf = (parts: RegExp) =>
    widestOf((cell) => Math.max(...cell.split(parts).map((part) => cellWidth(part.trimEnd()))));
  const words = partsOf(between);
  // Names are broken only where the columns cannot be as narrow as their names, and words likewise; those of
  // the first column never within a word. Digits on two lines would be two numbers, and what is set to the
  // right are numbers.
  const parts = partsOf(within).map((width, i) => right.includes(i) ? words[i] : width);
  const broken = parts.map((width, i) =>
    right.includes(i) || i === 0 ? width : Math.min(width, leastColumn)
  );
  const floors = [words, parts, broken];
  const fits = (widths: readonly number[]) =>
    widths.reduce((sum, width) => sum + width + gap, -gap) <= columns;
  const fitted = floors.map((least) => {
    const widths = [...natural];
    while (!fits(widths)) {
      const widest = Math.max(...widths.filter((width, i) => width > least[i]));
      if (widest === -Infinity) break;
      widths[widths.findLastIndex((width, i) => width === widest && width > least[i])] -= 1;
    }
    return widths;
  });
  const widths = fitted.find(fits);
  if (widths === undefined) return stackedTable(texts, columns, right);
  return textTable(
    rows.flatMap((row) => {
      const cells = row.map((cell, i) => inLines(cell, widths[i]));
      const height = Math.max(...cells.map(({ length }) => length));
      return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ""));
    }),
    right,
  );
}

/**
 * The lines of a table whose first cells have lines of their own, so that long names are whole. The other
 * cells are below, in columns where these fit.
 */
export function stackedTable(
  texts: readonly (readonly string[])[],
  columns: number,
  right: readonly number[] = [],
): string[] {
  const indents = texts.map(([first = ""]) => gap + /^ */.exec(first)![0].length);
  const room = columns - Math.max(0, ...indents);
  const below = textTable(texts.map((row) => row.slice(1)), right.map((i) => i - 1));
  const isTable = below.every((line) => cellWidth(line) <= room);
  return texts.flatMap(([first = "", ...others], i) => {
    const rest = isTable ? below[i] : escaped(others.filter((cell) => cell !== "").join("  "));
    return [
      ...inLines(escaped(first), columns),
      ...(rest === "" ? [] : isTable ? [rest] : inLines(rest, room))
        .map((line) => " ".repeat(indents[i]) + line),
    ];
  });
}

/** Places where a cell may be broken: between names and values. */
const between = /(?<=\S +|[,;])(?=\S)/;

/** Places where it may be broken if need be: after a mark too, and before the next part of a name. */
const within = /(?<=[ ,/:;])|(?<=[.\-_])(?=[a-z])/i;

/** A cell in lines of at most `width`, broken within a word where it has no other place. */
function inLines(cell: string, width: number): string[] {
  if (cellWidth(cell) <= width) return [cell];
  const lines: string[] = [];
  let line = "";
  const words = cell.split(between).flatMap((name) =>
    cellWidth(name.trimEnd()) <= width ? [name] : name.split(within)
  );
  for (const word of words) {
    if (cellWidth((line + word).trimEnd()) <= width) {
      line += word;
      continue;
    }
    if (line.trim() !== "") {
      lines.push(line.trimEnd());
      line = "";
    }
    for (const character of charactersOf(word)) {
      if (cellWidth(line + character) > width && character !== " ") {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return line.trim() === "" ? lines : [...lines, line.trimEnd()];
}
