/**
 * Draws the sections that the run's jobs made: text, formulas, charts, tables and claims. Charts that no
 * section shows follow in a section of their own.
 */
import type { Block } from "../../schemas/run/report_section.ts";
import { type Charts, isWide } from "./page_charts.ts";
import { idOf, type JobSection, type RunContent } from "./content.ts";
import type { Folds } from "./html/folds.ts";
import type { Formulas } from "./html/formulas.ts";
import { type Html, markup } from "./html/html.ts";
import { claimChip } from "./claims_section.ts";
import type { Markdown } from "./html/markdown.ts";
import type { Panels } from "./panels/page_panels.ts";
import { table } from "./html/page_table.ts";
import { count } from "../terminal/numbers.ts";

/** The libraries that draw charts, formulas and text, and the panels beside charts. */
interface Setters {
  charts: Charts;
  formulas: Formulas;
  markdown: Markdown;
  panels: Panels;
  folds: Folds;
}

/** Tables of more rows are folded. */
const mostRows = 4;

/** Two jobs may make sections of one id. */
export const sectionId = ({ job, section: { id } }: JobSection): string => idOf("section", job, id);

export function drawnSection(made: JobSection, content: RunContent, setters: Setters): Html {
  const { job, section: { id, title, blocks } } = made;
  const chartOf = (block: Block) =>
    block.kind === "chart"
      ? content.charts.find((one) => one.job === job && one.output === block.output)
      : undefined;
  const isNarrow = (block: Block) => !isWide(chartOf(block)?.spec ?? {});
  const draw = (block: Block) => drawnBlock(block, job, content, setters);
  const below = (block: Block) =>
    block.kind === "chart" ? setters.panels.below(id, block.output) : [];
  return markup`<section id="${sectionId(made)}">
<div class="heading"><h2>${title}</h2>
<p class="note">Made by <a href="#${idOf("job", job)}">${job}</a>.</p></div>
${drawnUnits(unitsOf(blocks), isNarrow, draw, below)}
</section>`;
}

/** Blocks that belong together: text, then charts side by side, then what follows from them. */
interface Unit {
  text: Block[];
  charts: Block[];
  after: Block[];
}

const isProse = ({ kind }: Block): boolean => kind === "text" || kind === "formula";

/** The blocks from `start` on for which `is` holds. */
function run(blocks: readonly Block[], start: number, is: (block: Block) => boolean): Block[] {
  const end = blocks.findIndex((block, i) => i >= start && !is(block));
  return blocks.slice(start, end < 0 ? blocks.length : end);
}

/** Characters of prose that fill two columns well: about seven lines of one. */
const leastInColumns = 450;

/** True for prose that would leave a line or two in a second column. */
const isShort = (text: readonly Block[]): boolean =>
  text.every(({ kind }) => kind === "text") &&
  text.reduce((sum, block) => sum + (block.kind === "text" ? block.markdown.length : 0), 0) <
    leastInColumns;

/** The units of a section, in reading order. */
function unitsOf(blocks: readonly Block[]): Unit[] {
  const units: Unit[] = [];
  for (let i = 0; i < blocks.length;) {
    const text = run(blocks, i, isProse);
    const charts = run(blocks, i + text.length, ({ kind }) => kind === "chart");
    const after = run(
      blocks,
      i + text.length + charts.length,
      (block) => !isProse(block) && block.kind !== "chart",
    );
    i += text.length + charts.length + after.length;
    units.push({ text, charts, after });
  }
  return units;
}

/**
 * Draws units in rows of two halves: narrow charts, text beside a chart that would stand alone, and whole
 * units of one narrow chart. Wide charts take rows of their own.
 */
function drawnUnits(
  units: readonly Unit[],
  isNarrow: (chart: Block) => boolean,
  draw: (block: Block) => Html,
  /** Draws the panels below the row of a chart. */
  below: (chart: Block) => Html[],
): Html[] {
  const isHalf = ({ charts }: Unit) => charts.length === 1 && isNarrow(charts[0]);
  const row = (cells: readonly Html[]) => markup`<div class="charts">${cells}</div>\n`;
  const half = (blocks: readonly Block[]) => markup`<div class="half">${blocks.map(draw)}</div>\n`;
  const drawn: Html[] = [];
  for (let i = 0; i < units.length; i++) {
    const [unit, next] = [units[i], units[i + 1]];
    const { text, charts, after } = unit;
    if (isHalf(unit) && next !== undefined && isHalf(next)) {
      drawn.push(
        row([unit, next].map((one) => half([...one.text, ...one.charts, ...one.after]))),
        ...[unit, next].flatMap((one) => one.charts.flatMap(below)),
      );
      i++;
    } else if (isHalf(unit) && text.length > 0) {
      drawn.push(row([half([...text, ...after]), ...charts.map(draw)]), ...charts.flatMap(below));
    } else if (text.length > 0 && run(charts, 0, isNarrow).length % 2 === 1) {
      drawn.push(
        row([half(text), ...charts.map(draw)]),
        ...charts.flatMap(below),
        ...after.map(draw),
      );
    } else {
      const look = isShort(text) ? "half" : "prose";
      if (text.length > 0) drawn.push(markup`<div class="${look}">${text.map(draw)}</div>\n`);
      if (charts.length > 0) drawn.push(row(charts.map(draw)), ...charts.flatMap(below));
      drawn.push(...after.map(draw));
    }
  }
  return drawn;
}

function drawnBlock(
  block: Block,
  job: string,
  content: RunContent,
  { charts, formulas, markdown, folds }: Setters,
): Html {
  switch (block.kind) {
    case "text":
      return markdown.blocks(block.markdown);
    case "formula":
      return formulas.render(block.tex, true);
    case "table":
      return block.rows.length <= mostRows ? table(block) : foldedTable(block, folds);
    case "claims":
      return claimList(block.ids, content);
    case "chart": {
      const chart = content.charts.find((one) => one.job === job && one.output === block.output);
      if (chart === undefined) {
        content.problems.push(`${job}: its section shows ${block.output}, which this run has not.`);
        return markup`<p class="missing">The chart ${block.output} is missing.</p>`;
      }
      const { caption } = block;
      return charts.figure(chart, caption === undefined ? undefined : markdown.inline(caption));
    }
  }
}

const foldedTable = (block: Extract<Block, { kind: "table" }>, folds: Folds): Html =>
  markup`<details><summary>${block.caption} (${count(block.rows.length, "row")})</summary>
${folds.place(table({ ...block, hideCaption: true }))}</details>`;

function claimList(ids: readonly string[], { ledgers }: RunContent): Html {
  const claims = new Map(
    ledgers.flatMap(({ ledger }) => ledger.claims).map((claim) => [claim.id, claim]),
  );
  const items = ids.map((id) => {
    const claim = claims.get(id);
    if (claim !== undefined) return claimChip(claim);
    return markup`<li><span class="id">${id}</span> <span>not judged in this run</span></li>`;
  });
  return markup`<ul class="claim-chips" aria-label="Claims">${items}</ul>`;
}

/** A section's chart and sentence for the head of the page; undefined if it declares none. */
export function highlightOf(
  made: JobSection,
  content: RunContent,
  { charts, markdown }: Setters,
): Html | undefined {
  const { job, section: { title, highlight } } = made;
  if (highlight === undefined) return undefined;
  const chart = content.charts.find((one) => one.job === job && one.output === highlight.chart);
  const href = `#${sectionId(made)}`;
  const picture = chart !== undefined && charts.picture(chart, "highlight");
  return markup`<li><a href="${href}"><span class="title">${highlight.title ?? title}</span>
${picture}</a><p>${markdown.inline(highlight.sentence)}</p></li>\n`;
}

/** Charts that no section shows, by job; false if there are none. */
export function otherCharts({ charts, sections }: RunContent, setters: Setters): Html | false {
  const shown = new Set(
    sections.flatMap(({ job, section }) => [
      ...section.blocks.map((block) => block.kind === "chart" ? `${job} ${block.output}` : ""),
      `${job} ${section.highlight?.chart}`,
    ]),
  );
  const others = charts.filter(({ job, output }) => !shown.has(`${job} ${output}`));
  if (others.length === 0) return false;
  return markup`<section id="charts">
<h2>${sections.length > 0 ? "Further charts" : "Charts"}</h2>
<div class="charts">${others.map((chart) => setters.charts.figure(chart))}</div>
</section>`;
}
