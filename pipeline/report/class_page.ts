/**
 * Draws many grades as one HTML page that needs nothing else: a table of submissions by items, best
 * first, then what each submission fails. Each cell's tooltip has what was expected and found.
 */
import { join } from "node:path";
import type { ItemResult } from "../../schemas/run/graded.ts";
import { itemIds } from "../grade/class/class_csv.ts";
import type { NamedReason } from "../grade/class/class_entries.ts";
import type { Submission } from "../grade/class/grade_class.ts";
import { similarText } from "../grade/similarity.ts";
import { levelText } from "../grade/trust_level.ts";
import { count } from "../terminal/numbers.ts";
import { loadScripts } from "./client_script.ts";
import { itemLooks } from "./grade_section.ts";
import { escapedTexts, type Html, markup } from "./html/html.ts";
import { columnsOf, table } from "./html/page_table.ts";
import { page, shell } from "./page.ts";

/** `artifacts` has the cache of the page's script. */
export async function classPage(
  artifacts: string,
  submissions: readonly Submission[],
  _skipped: readonly NamedReason[] = [],
): Promise<string> {
  const { page: script } = await loadScripts("class", join(artifacts, "store"));
  const all = escapedTexts(submissions);
  const ranked = all.toSorted((a, b) => b.grade.points - a.grade.points);
  const expected = ranked[0]?.grade.expected;
  const title = expected?.title ?? "Grades";
  const ids = itemIds(all);
  const sizes = `${count(all.length, "submission")}, ${count(ids.length, "item")}.`;
  return await page({
    title,
    style: "",
    scripts: [script],
    body: shell({
      name: "Grades",
      contents: ranked.map(({ name }) => ({ id: anchor(name), title: name })),
      main: markup`<header id="summary" class="summary"><h1>${title}</h1>
<p>${sizes} Graded against ${expected?.file ?? "nothing"}.</p></header>
${gradesTable(ranked, ids)}
${ranked.map(details)}`,
      foot: "Made by fanin from the submissions' grades.",
    }),
  });
}

function gradesTable(submissions: readonly Submission[], ids: readonly string[]): Html {
  const items = submissions.flatMap(({ grade }) => grade.items);
  const passedBy = (id: string) =>
    items.filter((item) => item.id === id && item.status === "passed").length;
  return table({
    caption: "Submissions by items",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf(
      "Submission",
      "Points#",
      "Passed#",
      "Trust",
      "Integrity errors#",
      ...ids.map((id) => `${id}#`),
    ),
    rows: submissions.map(({ name, grade }) => {
      const own = new Map(grade.items.map((item) => [item.id, item]));
      return [
        markup`<a href="#${anchor(name)}">${name}</a>`,
        `${grade.points} of ${grade.maxPoints}`,
        `${grade.items.filter(isPassed).length} of ${grade.items.length}`,
        grade.trust.level ?? "",
        grade.trust.problems.length,
        ...ids.map((id) => cell(own.get(id))),
      ];
    }),
    foot: ["Passed by", "", "", "", "", ...ids.map(passedBy)],
  });
}

const isPassed = ({ status }: ItemResult): boolean => status === "passed";

function cell(item: ItemResult | undefined): Html | string {
  if (item === undefined) return "";
  const about = item.explanation ?? `expected ${item.expected}, found ${item.found}`;
  const look = `badge ${itemLooks[item.status]}`;
  return markup`<span class="${look}" title="${item.title}: ${about}">${item.points}</span>`;
}

const anchor = (name: string): string => `s-${encodeURIComponent(name)}`;

/** Returns a submission's failures, in sentences. */
function details({ name, grade }: Submission): Html {
  const { subject, form, points, maxPoints, notes, trust, items } = grade;
  const entries = [
    ...notes.map((note) => markup`<li>${note}</li>`),
    ...trust.similar.map((similar) => markup`<li>${similarText(similar)}</li>`),
    ...trust.problems.map(({ where, message }) =>
      markup`<li><strong>Integrity error in ${where}:</strong> ${message}</li>`
    ),
    ...items.filter((item) => !isPassed(item)).map(({ id, explanation }) =>
      markup`<li><strong>${id}</strong> ${explanation}</li>`
    ),
  ];
  const score = `Run ${subject}: ${form}; ${points} of ${maxPoints} points. ${levelText(grade)}`;
  return markup`<section id="${anchor(name)}"><h2>${name}</h2>
<p>${score}</p>
${entries.length > 0 && markup`<ul>${entries}</ul>`}</section>`;
}
