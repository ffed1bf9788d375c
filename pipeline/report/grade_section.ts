/** The grade of a run, in its report: points, and every item with what was expected and found. */
import type { Grade, ItemResult, ItemStatus } from "../../schemas/run/graded.ts";
import { markup } from "./html/html.ts";
import type { Supplement } from "./page.ts";
import { table } from "./html/page_table.ts";
import { count, percent } from "../terminal/numbers.ts";
import { typeset } from "./words.ts";

/** The class of a badge by status, as verdicts have it. */
export const itemLooks: Record<ItemStatus, string> = {
  passed: "confirmed",
  partial: "qualified",
  failed: "refuted",
  missing: "undecided",
  untrusted: "refuted",
};

function sourceWords(source: ItemResult["source"]): string {
  switch (source.from) {
    case "theory":
      return source.equation;
    case "replicates":
      return `${source.count} ${source.what}; ${
        percent(source.level)
      } prediction: ${source.method}`;
    case "document":
    case "measured":
      return source.where;
  }
}

/** Items that those who hand in are not to see have no place in a page that is handed on. */
export function gradeSupplement(
  { passed, points, maxPoints, items, expected, trust, notes }: Grade,
): Supplement {
  const shown = items.filter(({ visibility }) => visibility === "visible");
  const failing = items.filter(({ status }) => status !== "passed").length;
  const said = [...trust.problems.map(({ where, message }) => `${where}: ${message}`), ...notes];
  return {
    id: "grade",
    title: "Grade",
    card: {
      title: "Grade",
      figure: `${typeset(points, 4)} of ${typeset(maxPoints, 4)}`,
      text: failing === 0
        ? `points: all of ${count(items.length, "item")} pass`
        : `points: ${failing} of ${count(items.length, "item")} do not pass`,
      href: "#grade",
      tone: passed ? "good" : "bad",
    },
    body: markup`
<section id="grade">
<h2>Grade</h2>
<p class="lead">Held against the expected figures “${expected.title}”, ${expected.file}; each item says where its figure comes from.</p>
${
      said.length > 0 &&
      markup`<ul class="warning">${said.map((text) => markup`<li>${text}</li>`)}</ul>`
    }
<details class="items"><summary>${count(shown.length, "item")}</summary>
${
      table({
        caption: "Items of the grade",
        hideCaption: true,
        rowHeaders: true,
        columns: [
          { label: "Item", numeric: false },
          { label: "Group", numeric: false },
          { label: "Points", numeric: true },
          { label: "Status", numeric: false },
          { label: "Expected", numeric: false },
          { label: "Found", numeric: false },
          { label: "Source", numeric: false },
        ],
        rows: shown.map((item) => [
          item.title,
          item.group ?? "",
          `${typeset(item.points, 4)} of ${typeset(item.maxPoints, 4)}`,
          markup`<span class="badge ${itemLooks[item.status]}">${item.status}</span>`,
          item.expected,
          markup`${item.found}${
            item.explanation !== null &&
            markup`<br><span class="sentence">${item.explanation}</span>`
          }`,
          sourceWords(item.source),
        ]),
      })
    }</details>
</section>
`,
  };
}

/** In place of the grade of a run that has none, as it deviates from its experiment. */
export const ungradedSupplement = (reason: string): Supplement => ({
  id: "grade",
  title: "Grade",
  card: { title: "Grade", figure: "none", text: reason, href: "#grade", tone: "plain" },
  body: markup`
<section id="grade">
<h2>Grade</h2>
<p>${reason}</p>
</section>
`,
});
