/**
 * A section of the report: blocks in reading order. The stage writes the content; `pipeline/report/` decides
 * how it looks.
 */
import { z } from "zod";
import { Float } from "./float.ts";

/** Plain text of one line. */
const Line = z.string().min(1).max(300);

const TextBlock = z.strictObject({
  kind: z.literal("text"),
  /** Markdown without HTML; inline formulas as `$…$`, a dollar sign itself as `\$`. */
  markdown: z.string().min(1).max(20_000),
});

const FormulaBlock = z.strictObject({
  kind: z.literal("formula"),
  /** TeX as KaTeX reads it, set on a line of its own. */
  tex: z.string().min(1).max(2_000),
});

const ChartOutput = z.string().regex(
  /^[\w.-]+\.vl\.json$/,
  "expected the name of a .vl.json output",
);

const ChartBlock = z.strictObject({
  kind: z.literal("chart"),
  /** The `….vl.json` output of the same job; its SVG is the output with that ending. */
  output: ChartOutput,
  /** Said below the chart, as Markdown like a text's. */
  caption: z.string().min(1).max(2_000).optional(),
});

const TableBlock = z.strictObject({
  kind: z.literal("table"),
  caption: Line,
  /** Numeric columns are set to the right, and sorted by the first number in each cell. */
  columns: z.array(z.strictObject({ label: Line, numeric: z.boolean() })).min(1).max(40),
  /** A cell as it is to be read; a number is shown with all its digits. */
  rows: z.array(z.array(z.union([z.string().max(1_000), Float]))).max(2_000),
}).refine(
  ({ columns, rows }) => rows.every((row) => row.length === columns.length),
  "expected as many cells in every row as there are columns",
);

const ClaimsBlock = z.strictObject({
  kind: z.literal("claims"),
  /** Claims of the run's claims table; shown with verdict and sentence, linked to their evidence. */
  ids: z.array(z.string().min(1).max(100)).min(1).max(200),
});

export const Block = z.discriminatedUnion("kind", [
  TextBlock,
  FormulaBlock,
  ChartBlock,
  TableBlock,
  ClaimsBlock,
]);
export type Block = z.infer<typeof Block>;

/** The section's result in a small chart and a sentence, for the head of the page. */
const Highlight = z.strictObject({
  /** A few words that stand above the chart. */
  title: z.string().min(1).max(60),
  /** Markdown like a text's. */
  sentence: Line,
  /** A `.vl.json` output as in a chart block. Its picture is shown as it is, without title. */
  chart: ChartOutput,
});

export const Section = z.strictObject({
  /** Unique in a run: the section's address in the page. */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, "expected a-z, 0-9 and -"),
  title: Line,
  highlight: Highlight.optional(),
  blocks: z.array(Block).min(1).max(200),
});
export type Section = z.infer<typeof Section>;
