/**
 * Draws the sections that the run's jobs made: text, formulas, charts, tables and claims. Charts that no
 * section shows follow in a section of their own.
 */
import type { Block } from "../../schemas/run/report_section.ts";
import type { Charts } from "./page_charts.ts";
import { idOf, type JobSection, type RunContent } from "./content.ts";
import type { Formulas } from "./html/formulas.ts";
import { type Html, markup } from "./html/html.ts";
import { claimItem } from "./claims_section.ts";
import type { Markdown } from "./html/markdown.ts";
import type { Panels } from "./panels/page_panels.ts";
import { table } from "./html/page_table.ts";

/** The libraries that draw charts, formulas and text, and the panels beside charts. */
interface Setters {
  charts: Charts;
  formulas: Formulas;
  markdown: Markdown;
  panels: Panels;
}

export const sectionId = (id: string): string => idOf("section", id);

export function drawnSection(
  { job, section }: JobSection,
  content: RunContent,
  setters: Setters,
): Html {
  const { id, title, blocks } = section;
  return markup`<section id="${sectionId(id)}">
<h2>${title}</h2>
${
    blocks.map((
      block,
    ) => [drawnBlock(block, job, content, setters), panelsBelow(id, block, setters)])
  }
<p class="told-by">Made by <a href="#${idOf("job", job)}">${job}</a>.</p>
</section>`;
}

const panelsBelow = (section: string, block: Block, { panels }: Setters): Html[] =>
  block.kind === "chart" ? panels.below(section, block.output) : [];

function drawnBlock(
  block: Block,
  job: string,
  content: RunContent,
  { charts, formulas, markdown }: Setters,
): Html {
  switch (block.kind) {
    case "text":
      return markdown.blocks(block.markdown);
    case "formula":
      return formulas.render(block.tex, true);
    case "table":
      return table(block);
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

function claimList(ids: readonly string[], { ledgers }: RunContent): Html {
  const claims = new Map(
    ledgers.flatMap(({ ledger }) => ledger.claims).map((claim) => [claim.id, claim]),
  );
  const items = ids.map((id) => {
    const claim = claims.get(id);
    if (claim !== undefined) return claimItem(claim);
    return markup`<li><span class="id">${id}</span> <span>not judged in this run</span></li>`;
  });
  return markup`<ul class="claim-list">${items}</ul>`;
}

/** Charts that no section shows, by job; false if there are none. */
export function otherCharts({ charts, sections }: RunContent, setters: Setters): Html | false {
  const shown = new Set(
    sections.flatMap(({ job, section }) =>
      section.blocks.map((block) => block.kind === "chart" ? `${job} ${block.output}` : "")
    ),
  );
  const others = charts.filter(({ job, output }) => !shown.has(`${job} ${output}`));
  if (others.length === 0) return false;
  return markup`<section id="charts">
<h2>${sections.length > 0 ? "Further charts" : "Charts"}</h2>
${others.map((chart) => setters.charts.figure(chart))}
</section>`;
}
