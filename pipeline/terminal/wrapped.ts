/** Breaks text into lines that a terminal shows whole. */
import { cellWidth, padded } from "./cell_width.ts";
import { screenOf } from "./screen.ts";
import { plainText, slice, type Span, type StyledLines } from "./styled.ts";

/**
 * Places in a text between which its lines are, broken at spaces where there are some. The first is at most
 * `columns` wide, the others less by `indent`.
 */
function breaks(text: string, columns: number, indent = 0): [from: number, to: number][] {
  if (columns === Infinity) return [[0, text.length]];
  const lines: [number, number][] = [];
  let [start, end] = [0, 0];
  for (const { index, 0: word } of text.matchAll(/[^ ]+/g)) {
    const isFirst = lines.length === 0 && end === 0;
    const room = lines.length === 0 ? columns : columns - indent;
    if (!isFirst && cellWidth(text.slice(start, index + word.length)) > room) {
      lines.push([start, end]);
      start = index;
    }
    end = index + word.length;
  }
  return [...lines, [start, end]];
}

/** Lines of at most `columns`, broken at spaces where there are some. */
export const wrapped = (text: string, columns: number): string[] =>
  breaks(text, columns).map(([from, to]) => text.slice(from, to));

/**
 * A line in parts as lines of at most `columns`, those after the first set in by `indent`, or by less where a
 * long word has no room so.
 */
export const wrappedLine = (
  line: readonly Span[],
  columns: number,
  indent = 0,
): Span[][] =>
  breaks(plainText(line), columns, indent).map(([from, to], i) => {
    const part = slice(line, from, to);
    const room = Math.max(0, columns - cellWidth(plainText(part)));
    return i === 0 ? part : [" ".repeat(Math.min(indent, room)), ...part];
  });

/** Space before a line's first word; of a line that begins with a label, the label's column too. */
const lead = /^ *(?:\S+ {2,})?/;

/** Lines of at most `columns`; what goes on in a line below is set in below the label, or by two more. */
export const wrappedLines = (lines: StyledLines, columns: number): (readonly Span[])[] =>
  [lines].flat().flatMap((line) => {
    const spans = [line].flat();
    const [{ length }] = lead.exec(plainText(spans))!;
    const hasLabel = /\S/.test(plainText(spans).slice(0, length));
    return wrappedLine(spans, columns, hasLabel ? length : length + 2);
  });

/** Share of a terminal's columns that a column of labels takes at most. */
const mostForLabels = 0.25;

/**
 * Paragraphs under one label, which stands beside the first. What goes on in a line below is indented: below
 * the label's column, or by four on a terminal that is too narrow for one.
 */
export function labelled(
  label: string,
  paragraphs: readonly string[],
  { indent, columns }: { indent: number; columns: number },
): string[] {
  const isNarrow = indent > mostForLabels * columns;
  const heads = isNarrow ? [`${label}  `, "  "] : [padded(label, indent), " ".repeat(indent)];
  const below = isNarrow ? 4 : indent + 2;
  return paragraphs.flatMap((text, i) =>
    wrappedLine([heads[Math.min(i, 1)] + text], columns, below).map(plainText)
  );
}

/** Columns of the terminal on standard output; unbounded where it is none. */
export const outputColumns = (): number => screenOf(Deno.stdout).columns;
