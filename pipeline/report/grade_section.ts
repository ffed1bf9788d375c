/** Draws a run's grade in its report: points, and every item with what was expected and found. */
import type { Grade, GroupResult, ItemResult, ItemStatus } from "../../schemas/run/graded.ts";
import { groupName, percentOf } from "../grade/subtotals.ts";
import { levelText } from "../grade/trust_level.ts";
import { type Html, markup, warnings } from "./html/html.ts";
import type { ExtraSection } from "./run_page.ts";
import { columnsOf, table } from "./html/page_table.ts";
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
      return `predicted from ${source.count} runs, ${source.what}; a right run passes all items from ` +
        `them at once with probability ${percent(source.level)}: ${source.method}`;
    case "document":
    case "measured":
      return source.where;
  }
}

/** Leaves out items that are not visible, because a page is passed on. */
export function gradeSection(grade: Grade): ExtraSection {
  const { passed, points, maxPoints, groups, items, expected, trust, notes } = grade;
  const shown = items.filter(({ visibility }) => visibility === "visible");
  const failing = items.filter(({ status }) => status !== "passed").length;
  const all = count(items.length, "item");
  const lead = `Graded against “${expected.title}”, ${expected.file}. ` +
    `Each item says where its expected value comes from. ${levelText(grade)}`;
  return {
    id: "grade",
    title: "Grade",
    card: {
      title: "Grade",
      value: `${typeset(points, 4)} of ${typeset(maxPoints, 4)}`,
      text: failing === 0
        ? `points: all of ${all} pass`
        : `points: ${failing} of ${all} do not pass`,
      href: "#grade",
      tone: passed ? "good" : "bad",
    },
    body: markup`
<section id="grade">
<h2>Grade</h2>
<p class="lead">${lead}</p>
${warnings([...trust.problems.map(({ where, message }) => `${where}: ${message}`), ...notes])}
${groups.length > 1 && groupsTable(groups)}
<details class="items"><summary>${count(shown.length, "item")}</summary>
${itemsTable(shown)}</details>
</section>
`,
  };
}

const groupsTable = (groups: readonly GroupResult[]): Html =>
  table({
    caption: "Points by group",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf("Group", "Passed#", "Points#", "Share#"),
    rows: groups.map((one) => [
      groupName(one.group),
      `${one.passed} of ${one.items}`,
      `${typeset(one.points, 4)} of ${typeset(one.maxPoints, 4)}`,
      `${percentOf(one)} %`,
    ]),
  });

function itemsTable(items: readonly ItemResult[]): Html {
  const hasGroups = items.some(({ group }) => group !== null);
  return table({
    caption: "Items of the grade",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf(
      "Item",
      ...(hasGroups ? ["Group"] : []),
      "Points#",
      "Status",
      "Expected",
      "Found",
      "Source",
    ),
    rows: items.map((item) => {
      const { title, group, points, maxPoints, status, expected, found, explanation } = item;
      const why = explanation !== null &&
        markup`<br><span class="sentence">${explanation}</span>`;
      return [
        title,
        ...(hasGroups ? [group ?? ""] : []),
        `${typeset(points, 4)} of ${typeset(maxPoints, 4)}`,
        markup`<span class="badge ${itemLooks[status]}">${status}</span>`,
        expected,
        markup`${found}${why}`,
        sourceWords(item.source),
      ];
    }),
  });
}

/** Says why a run that deviates from its experiment has no grade. */
export const ungradedSection = (reason: string): ExtraSection => ({
  id: "grade",
  title: "Grade",
  card: { title: "Grade", value: "none", text: reason, href: "#grade", tone: "plain" },
  body: markup`
<section id="grade">
<h2>Grade</h2>
<p>${reason}</p>
</section>
`,
});
