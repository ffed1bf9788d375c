/**
 * Draws many grades as one HTML page that needs nothing else: a table of submissions by groups, best first,
 * then how many pass each item, then what each submission fails.
 */
import type { GroupResult } from "../../schemas/run/graded.ts";
import {
  comparedGroups,
  expectedFiles,
  groupNames,
  groupOf,
  itemIds,
  levelOf,
} from "../grade/class/class_columns.ts";
import type { NamedReason } from "../grade/class/class_entries.ts";
import type { Submission } from "../grade/class/grade_class.ts";
import { isPassed, runErrors } from "../grade/formats/format.ts";
import { similarTexts } from "../grade/similarity.ts";
import { groupName, percentOf, pointsText } from "../grade/subtotals.ts";
import { levelText } from "../grade/trust_level.ts";
import { count, listed, someOf } from "../terminal/numbers.ts";
import { loadScripts, type PageProject } from "./client_script.ts";
import { itemLooks } from "./grade_section.ts";
import { escapedTexts, type Html, markup } from "./html/html.ts";
import { columnsOf, table } from "./html/page_table.ts";
import { page, shell } from "./page.ts";

/** A submission with the id of its part of the page. */
interface Ranked extends Submission {
  id: string;
}

/** `skipped` are entries that are no submissions. */
export async function classPage(
  project: PageProject,
  submissions: readonly Submission[],
  skipped: readonly NamedReason[] = [],
): Promise<string> {
  const { page: script } = await loadScripts("class", project);
  const all = escapedTexts(submissions).toSorted((a, b) => percentOf(b.grade) - percentOf(a.grade))
    .map((one, i): Ranked => ({ ...one, id: `submission-${i + 1}` }));
  const [first] = all;
  const title = first?.grade.expected.title ?? "Grades";
  return await page({
    title,
    description: `${title}: grades of ${count(all.length, "submission")}, by item and question.`,
    style: Deno.readTextFileSync(new URL("./style/class.css", import.meta.url)),
    scripts: [script],
    body: shell({
      name: "Grades",
      contents: [
        { id: "grades", title: "Grades" },
        { id: "items", title: "Items" },
        { id: "submissions", title: "Submissions" },
      ],
      main: markup`<header id="summary" class="summary"><h1>${title}</h1>
${summary(all, escapedTexts(skipped))}</header>
<section id="grades" class="class"><h2>Grades</h2>
${gradesTable(all)}</section>
<section id="items" class="class"><h2>Items</h2>
${itemsTable(all)}</section>
<section id="submissions"><h2>Submissions</h2>
${all.map(details)}</section>`,
      foot: "Made by fanin from the submissions' grades.",
    }),
  });
}

/** Median of some numbers; undefined if there are none. */
function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) && middle > 0
    ? (sorted[middle - 1] + sorted[middle]) / 2
    : sorted[Math.floor(middle)];
}

function summary(submissions: readonly Ranked[], skipped: readonly NamedReason[]): Html {
  const counted = (what: string, is: (one: Ranked) => boolean) => {
    const found = submissions.filter(is).length;
    return found === 0 ? [] : [`${found} ${what}`];
  };
  const middle = median(submissions.map(({ grade }) => percentOf(grade)));
  const parts = [
    ...counted("passed", ({ grade }) => grade.passed),
    ...counted("claimed metrics alone", ({ grade }) => grade.form === "metrics-alone"),
    ...counted("with integrity errors", ({ grade }) => grade.trust.problems.length > 0),
    ...counted("cannot be read", ({ grade }) => grade.form === "unreadable"),
  ];
  const others = someOf(skipped.map(({ name, why }) => `${name} (${why})`), 10);
  return markup`<p>${count(submissions.length, "submission")}: ${listed(parts)}. \
Median ${middle?.toFixed(1) ?? "none"} %. Graded against ${listed(expectedFiles(submissions))}.</p>
${skipped.length > 0 && markup`<p>No submissions: ${others}.</p>`}`;
}

function gradesTable(submissions: readonly Ranked[]): Html {
  const isMixed = expectedFiles(submissions).length > 1;
  const groups = comparedGroups(submissions);
  return table({
    caption: "Submissions by groups of items",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf(
      "Submission",
      "%#",
      "Points#",
      "Trust",
      ...groups.map((group) => `${groupName(group)}#`),
      ...(isMixed ? ["Graded as"] : []),
    ),
    rows: submissions.map(({ id, name, grade }) => [
      markup`<a href="#${id}">${name}</a>`,
      markup`<span class="share">${percentOf(grade).toFixed(1)}</span>`,
      `${grade.points} of ${grade.maxPoints}`,
      trust({ name, grade }),
      ...groups.map((group) => groupCell(groupOf(grade, group))),
      ...(isMixed ? [grade.expected.experiment] : []),
    ]),
  });
}

/** The level of a submission, or why it does not pass, whatever its points. */
function trust({ grade }: Submission): Html | string {
  if (grade.form === "unreadable") return markup`<span class="badge refuted">unreadable</span>`;
  const errors = grade.trust.problems.length;
  if (errors > 0) {
    return markup`<span class="badge refuted">${count(errors, "integrity error")}</span>`;
  }
  if (runErrors(grade).length > 0) {
    return markup`<span class="badge refuted">does not pass</span>`;
  }
  const level = levelOf(grade);
  if (level === "claimed") return markup`<span class="badge qualified">claimed</span>`;
  return level;
}

function groupCell(group: GroupResult | undefined): Html | string {
  if (group === undefined) return "";
  const look = group.points === group.maxPoints
    ? "confirmed"
    : group.points > 0
    ? "qualified"
    : "refuted";
  const about = `${group.passed} of ${count(group.items, "item")} passed`;
  return markup`<span class="badge ${look}" title="${about}">${group.points} of ${group.maxPoints}</span>`;
}

/** The items, each with the number of submissions that pass it. */
function itemsTable(submissions: readonly Ranked[]): Html {
  const hasGroups = groupNames(submissions).length > 0;
  const results = Map.groupBy(submissions.flatMap(({ grade }) => grade.items), ({ id }) => id);
  return table({
    caption: "Items by submissions that pass",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf(
      "Item",
      ...(hasGroups ? ["Group"] : []),
      "Passed by#",
      "Mean points#",
      "Of#",
    ),
    rows: itemIds(submissions).map((id) => {
      const all = results.get(id)!;
      const [{ title, group, maxPoints }] = all;
      const mean = all.reduce((sum, { points }) => sum + points, 0) / all.length;
      return [
        title,
        ...(hasGroups ? [group ?? ""] : []),
        `${all.filter(isPassed).length} of ${all.length}`,
        mean.toFixed(2),
        maxPoints,
      ];
    }),
  });
}

/** Cap on the integrity errors that the page lists of a submission. */
const mostProblems = 10;

/** A submission's failures in sentences, by group, to be opened. */
function details({ id, name, grade }: Ranked): Html {
  const { subject, form, notes, trust, items, groups } = grade;
  const left = trust.problems.length - mostProblems;
  const remarks = [
    ...[...notes, ...runErrors(grade)].map((note) => markup`<li>${note}</li>`),
    ...similarTexts(trust.similar).map((text) => markup`<li>${text}</li>`),
    ...trust.problems.slice(0, mostProblems).map(({ where, message }) =>
      markup`<li><strong>Integrity error in ${where}:</strong> ${message}</li>`
    ),
    ...(left > 0 ? [markup`<li>${count(left, "more integrity error")}.</li>`] : []),
  ];
  const failed = groups.map(({ group, ...points }) => {
    const failing = items.filter((item) => item.group === group && !isPassed(item));
    const list = form !== "unreadable" && failing.length > 0 &&
      markup`<ul>${
        failing.map(({ title, status, explanation }) =>
          markup`<li><span class="badge ${itemLooks[status]}">${status}</span> \
<strong>${title}</strong> ${explanation}</li>\n`
        )
      }</ul>`;
    const head = groups.length > 1 && markup`<p>${groupName(group)}: ${pointsText(points)}</p>`;
    return markup`${head}${list}`;
  });
  return markup`<details class="submission" id="${id}"><summary><strong>${name}</strong>: ${
    pointsText(grade)
  }</summary>
<p>Run ${subject}: ${form}. ${levelText(grade)}</p>
${remarks.length > 0 && markup`<ul>${remarks}</ul>`}
${failed}</details>
`;
}
