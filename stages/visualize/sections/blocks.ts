/** Builds the blocks of a section. The words are in the file of each question. */
import type { Block, Section } from "../../../schemas/run/report_section.ts";

type Plain = Exclude<Block, { kind: "chart" }>;

/** A block whose chart is one of those that the stage draws. */
export type Piece<Chart extends string> = Plain | { kind: "chart"; chart: Chart; caption?: string };

export const text = (markdown: string): Plain => ({ kind: "text", markdown });

export const formula = (tex: string): Plain => ({ kind: "formula", tex });

export const claims = (...ids: string[]): Plain => ({ kind: "claims", ids });

export const chart = <Chart extends string>(
  name: Chart,
  caption?: string,
): { kind: "chart"; chart: Chart; caption?: string } => ({
  kind: "chart",
  chart: name,
  ...(caption === undefined ? {} : { caption }),
});

/** Columns whose label ends in "#" hold numbers. */
export const table = (
  caption: string,
  columns: readonly string[],
  rows: (string | number)[][],
): Plain => ({
  kind: "table",
  caption,
  columns: columns.map((label) => ({
    label: label.replace(/#$/, ""),
    numeric: label.endsWith("#"),
  })),
  rows,
});

/** The name of a question's small chart among its stage's charts. */
export const overview = "overview";

/** A section's result for the head of the report: a short title, a sentence, one of its charts. */
interface Highlight<Chart extends string> {
  title: string;
  sentence: string;
  chart: Chart;
}

/** A section whose charts are outputs of its stage. */
export const tell = <Chart extends string>(
  id: string,
  title: string,
  blocks: readonly Piece<Chart>[],
  highlight?: Highlight<Chart>,
): Section => ({
  id,
  title,
  ...(highlight === undefined
    ? {}
    : { highlight: { ...highlight, chart: `${highlight.chart}.vl.json` } }),
  blocks: blocks.map((block) => {
    if (block.kind !== "chart") return block;
    const { chart, ...rest } = block;
    return { ...rest, output: `${chart}.vl.json` };
  }),
});
