/**
 * What the run's jobs tell, section by section: text, formulas, charts, tables and the claims that
 * belong there. Charts that no section shows follow in one of their own.
 */
import type { Block } from "../../schemas/run/report_section.ts";
import type { Charts } from "./page_charts.ts";
import type { JobSection, RunContent } from "./content.ts";
import { idOf } from "./content.ts";
import type { Formulas } from "./html/formulas.ts";
import { type Html, markup } from "./html/html.ts";
import { badge, claimId } from "./claims_section.ts";
import type { Markdown } from "./html/markdown.ts";
import { table } from "./html/page_table.ts";

export interface Setters {
  charts: Charts;
  formulas: Formulas;
  markdown: Markdown;
}

export const sectionId = (id: string): string => idOf("section", id);

export function tellSection(
  { job, section }: JobSection,
  content: RunContent,
  setters: Setters,
): Html {
  return markup`<section id="${sectionId(section.id)}">
<h2>${section.title}</h2>
${section.blocks.map((block) => tellBlock(block, job, content, setters))}
<p class="told-by">Told by <a href="#${idOf("job", job)}">${job}</a>.</p>
</section>`;
}

function tellBlock(
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
  return markup`<ul class="claim-list">${
    ids.map((id) => {
      const claim = claims.get(id);
      return claim === undefined
        ? markup`<li><span class="id">${id}</span> <span>not judged in this run</span></li>`
        : markup`<li><a class="id" href="#${claimId(id)}">${id}</a>${
          badge(claim.verdict)
        }<span class="told"><span class="statement">${claim.statement}</span> <span class="sentence">${claim.sentence}</span></span></li>`;
    })
  }</ul>`;
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
