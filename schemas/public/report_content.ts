/**
 * Types of a report's section for those who write stages. `schemas/run/report_section.ts` has the schemas of
 * the same form; a test compares both.
 */

/** Text of a section. */
export interface TextBlock {
  /** Names this kind of block. */
  kind: "text";
  /** Markdown without HTML; inline formulas as `$…$`, a dollar sign itself as `\$`. */
  markdown: string;
}

/** A formula on a line of its own. */
export interface FormulaBlock {
  /** Names this kind of block. */
  kind: "formula";
  /** TeX as KaTeX reads it. */
  tex: string;
}

/** A chart with its caption. */
export interface ChartBlock {
  /** Names this kind of block. */
  kind: "chart";
  /** The `….vl.json` output of the same job; its SVG is the output with that ending. */
  output: string;
  /** Said below the chart, as Markdown like a text's. */
  caption?: string;
}

/** A table. Its numeric columns are set to the right, and sorted by the first number in each cell. */
export interface TableBlock {
  /** Names this kind of block. */
  kind: "table";
  /** One line. */
  caption: string;
  /** Heads of the columns. */
  columns: { label: string; numeric: boolean }[];
  /** Each row has as many cells as there are columns; a number is shown with all its digits. */
  rows: (string | number)[][];
}

/** Claims with verdict and sentence, linked to their evidence. */
export interface ClaimsBlock {
  /** Names this kind of block. */
  kind: "claims";
  /** Claims of the run's claims table. */
  ids: string[];
}

/** A part of a section. */
export type Block = TextBlock | FormulaBlock | ChartBlock | TableBlock | ClaimsBlock;

/** The section's result in a small chart and a sentence, for the head of the page. */
export interface Highlight {
  /** A few words that stand above the chart. */
  title: string;
  /** Markdown like a text's, of one line. */
  sentence: string;
  /** A `.vl.json` output of the same job. */
  chart: string;
}

/** A section of the report: blocks in reading order. */
export interface ReportSection {
  /** Unique in a run: the section's address in the page. */
  id: string;
  /** One line. */
  title: string;
  /** Shown at the head of the page. */
  highlight?: Highlight;
  /** At least one block. */
  blocks: Block[];
}
