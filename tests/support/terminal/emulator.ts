/** A small terminal: what its screen shows after the bytes that a program wrote to it. */
import { eastAsianWidth } from "get-east-asian-width";

/** Columns of a character, as terminals count them: by its code point alone. */
const columnsOf = (point: string): number =>
  /^[\p{M}\p{Cf}]$/u.test(point) ? 0 : eastAsianWidth(point.codePointAt(0)!);

interface Emulator {
  write(text: string): void;
  /** The visible rows from the top, without space at their ends, and without empty rows at the end. */
  rows(): string[];
  /** All rows since the start, those above the screen too. */
  all(): string[];
}

/**
 * A terminal of that size. Knows line breaks, carriage returns, and of the escape sequences cursor up, clear
 * to the end and colours; throws for others.
 */
export function openEmulator(
  { columns, rows: height }: { columns: number; rows: number },
): Emulator {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const top = () => Math.max(0, lines.length - height);
  const down = () => {
    row++;
    if (row === lines.length) lines.push([]);
  };
  const put = (point: string) => {
    const width = columnsOf(point);
    if (width === 0) {
      lines[row][column - 1] += point;
      return;
    }
    if (column + width > columns) {
      column = 0;
      down();
    }
    while (lines[row].length < column) lines[row].push(" ");
    lines[row][column] = point;
    if (width === 2) lines[row][column + 1] = "";
    column += width;
  };
  const control = (sequence: string) => {
    const [, number, command] = /^\[(\d*(?:;\d+)*)([A-Za-z])$/.exec(sequence) ?? [];
    if (command === "A") row = Math.max(top(), row - Number(number || 1));
    else if (command === "J" && Number(number || 0) === 0) {
      lines.length = row + 1;
      lines[row].length = Math.min(lines[row].length, column);
    } else if (command !== "m") throw new Error(`unknown sequence ${JSON.stringify(sequence)}`);
  };
  return {
    write(text) {
      // deno-lint-ignore no-control-regex
      for (const [part, sequence] of text.matchAll(/\x1b(\[[\d;?]*[A-Za-z])|[\s\S]/gu)) {
        if (sequence !== undefined) control(sequence);
        else if (part === "\n") {
          down();
          column = 0;
        } else if (part === "\r") column = 0;
        else put(part);
      }
    },
    rows: () => shown(lines.slice(top())),
    all: () => shown(lines),
  };
}

const shown = (lines: readonly string[][]): string[] => {
  const texts = lines.map((line) => line.join("").trimEnd());
  return texts.slice(0, texts.findLastIndex((text) => text !== "") + 1);
};
