/** Lays out a text of sentences and tables for the columns that there are. */
import { escaped } from "./escape.ts";
import { plainText } from "./styled.ts";
import { fittedTable } from "./text_table.ts";
import { wrappedLines } from "./wrapped.ts";

/** A line of text, or a table. Plain data, because cached outputs store it. */
export type Block = string | {
  readonly rows: readonly (readonly string[])[];
  /** Columns that are set to the right. */
  readonly right?: readonly number[];
};

/** Its lines, escaped. Without columns each sentence is one line. */
export const laidOut = (blocks: readonly Block[], columns = Infinity): string[] =>
  blocks.flatMap((block) =>
    typeof block === "string"
      ? wrappedLines(escaped(block), columns).map(plainText)
      : fittedTable(block.rows, columns, block.right)
  );
