/** How a run compares with another, in the report: with the reference run, and of two runs a page of its own. */
import type { Comparison, Rung } from "../../schemas/comparison.ts";
import type { ReferenceVerdict } from "../comparison/against_reference.ts";
import { markdownText } from "../comparison/markdown.ts";
import { openFormulas } from "./formulas.ts";
import { markup, trusted } from "./html.ts";
import { openMarkdown } from "./markdown.ts";
import { page, shell, type Supplement } from "./page.ts";
import type { Scripts } from "./script.ts";
import { listed } from "./words.ts";

/** What is said of so many artifacts on each rung of the ladder. */
const rungWords: Record<Rung, string> = {
  identical: "the same bytes",
  equal: "the same values",
  within: "within tolerance",
  consistent: "as other seeds differ",
  different: "different",
  missing: "not to be compared",
};

/** The card and section of a run's report on the reference run. */
export function referenceSupplement({ agrees, text, report }: ReferenceVerdict): Supplement {
  const rungs = Object.entries(report.rungs) as [Rung, number][];
  const [first, ...rest] = text.split("\n").map((line) => line.trim());
  return {
    id: "reference",
    title: "The reference run",
    card: {
      title: "Reference run",
      figure: !report.compared ? "not compared" : agrees ? "agrees" : "differs",
      text: rungs.length === 0
        ? report.sentence
        : listed(rungs.map(([rung, number]) => `${number} ${rungWords[rung]}`)),
      href: "#reference",
      tone: !agrees ? "bad" : report.compared ? "good" : "plain",
    },
    body: markup`
<section id="reference">
<h2>The reference run</h2>
<p>${first}</p>
${rest.length > 0 && markup`<ul>${rest.map((line) => markup`<li>${line}</li>`)}</ul>`}
</section>
`,
  };
}

/** The page of two runs. */
export async function comparisonPage(comparison: Comparison, scripts: Scripts): Promise<string> {
  const { a, b, verdict, sentence } = comparison;
  const markdown = await openMarkdown(await openFormulas(() => {}));
  // The names of the runs and the sentence stand at the head already.
  const told = markdown.blocks(markdownText(comparison)).text
    .replaceAll(
      "<table>",
      `<div class="table" tabindex="0" role="region" aria-label="Table"><table>`,
    )
    .replaceAll("</table>", "</table></div>");
  const words = { agree: "They agree", differ: "They differ", undecided: "It cannot be told" };
  return await page({
    title: `${a.run} and ${b.run}`,
    style: "",
    scripts: [scripts.page],
    body: shell({
      name: "Two runs",
      contents: [{ id: "comparison", title: "Comparison" }],
      main: markup`
<header id="summary" class="summary"><p class="kind">How two runs compare</p>
<h1>${words[verdict]}</h1>
<p class="when">${a.run} and ${b.run}</p></header>
<section id="comparison"><h2>${sentence}</h2>
${trusted(told)}</section>
`,
      foot: `Made by fanin from the artifacts of the runs ${a.run} and ${b.run}.`,
    }),
  });
}
