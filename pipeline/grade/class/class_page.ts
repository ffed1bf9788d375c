/**
 * Many grades as one HTML page that needs nothing else: a table of submissions by items, each cell with
 * what was expected and found. Its policy lets run only its own script, by hash, which sorts the rows;
 * without scripts the page shows them by points.
 */
import type { ItemResult } from "../../../schemas/run/graded.ts";
import { harmlessHtml as text } from "../../diff/render/sanitize.ts";
import { sha256Of } from "../../store/sha256.ts";
import type { Submission } from "./grade_class.ts";
import { itemIds } from "./class_csv.ts";

export function asPage(submissions: readonly Submission[]): string {
  const ids = itemIds(submissions);
  const ranked = [...submissions].sort((a, b) => b.grade.points - a.grade.points);
  const title = submissions[0]?.grade.expected.title ?? "Grades";
  const policy =
    `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; ` +
    `base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${style}</style>
<h1>${text(title)}</h1>
<p>${submissions.length} submissions, ${ids.length} items. ${
    text(
      `Expected figures: ${submissions[0]?.grade.expected.file ?? ""}.`,
    )
  } A column's head sorts by it.</p>
<div class="scroll"><table>
<thead><tr>${
    ["Submission", "Points", "Passed", "Does not fit"].map((name) => head(name, name)).join("")
  }${ids.map((id) => head(id, titleOf(id, submissions))).join("")}</tr></thead>
<tbody>
${ranked.map((submission) => row(submission, ids)).join("\n")}
</tbody>
<tfoot><tr><th colspan="4">Passed by</th>${
    ids.map((id) => share(id, submissions)).join("")
  }</tr></tfoot>
</table></div>
${ranked.map(details).join("\n")}
<script>${script}</script>
</html>`;
}

const hashOf = (content: string): string =>
  `sha256-${
    btoa(String.fromCharCode(...sha256Of(content).match(/../g)!.map((hex) => parseInt(hex, 16))))
  }`;

const titleOf = (id: string, submissions: readonly Submission[]): string =>
  submissions.flatMap(({ grade }) => grade.items).find((item) => item.id === id)?.title ?? id;

const head = (name: string, about: string): string =>
  `<th scope="col" title="${text(about)}"><button type="button"><span>${
    text(name)
  }</span></button></th>`;

function row({ name, grade }: Submission, ids: readonly string[]): string {
  const items = new Map(grade.items.map((item) => [item.id, item]));
  const passed = grade.items.filter(({ status }) => status === "passed").length;
  const problems = grade.trust.problems.length;
  return `<tr><th scope="row"><a href="#${anchor(name)}">${text(name)}</a></th>` +
    `<td data-value="${grade.points}">${grade.points} of ${grade.maxPoints}</td>` +
    `<td data-value="${passed}">${passed} of ${grade.items.length}</td>` +
    `<td data-value="${problems}"${problems > 0 ? ' class="untrusted"' : ""}>${
      problems || ""
    }</td>` +
    ids.map((id) => cell(items.get(id))).join("") + "</tr>";
}

const marks: Record<ItemResult["status"], string> = {
  passed: "✓",
  partial: "◐",
  failed: "✗",
  missing: "–",
  untrusted: "!",
};

function cell(item: ItemResult | undefined): string {
  if (item === undefined) return `<td data-value="-1"></td>`;
  const about = item.explanation ?? `expected ${item.expected}, found ${item.found}`;
  return `<td class="${item.status}" data-value="${item.points}" title="${text(about)}">` +
    `${marks[item.status]}</td>`;
}

function share(id: string, submissions: readonly Submission[]): string {
  const items = submissions.flatMap(({ grade }) => grade.items.filter((item) => item.id === id));
  const passed = items.filter(({ status }) => status === "passed").length;
  return `<td>${passed}</td>`;
}

const anchor = (name: string): string => `s-${encodeURIComponent(name)}`;

/** What does not pass of one submission, in sentences. */
function details({ name, grade }: Submission): string {
  const failing = grade.items.filter(({ status }) => status !== "passed");
  const lines = [
    ...grade.notes.map((note) => `<li>${text(note)}</li>`),
    ...grade.trust.problems.map(({ where, message }) =>
      `<li class="untrusted"><b>${text(where)}</b> ${text(message)}</li>`
    ),
    ...failing.map(({ id, explanation }) =>
      `<li><b>${text(id)}</b> ${text(explanation ?? "")}</li>`
    ),
  ];
  return `<section id="${anchor(name)}"><h2>${text(name)}</h2><p>Run ${
    text(grade.subject)
  }: ${grade.form}; ${grade.points} of ${grade.maxPoints} points.</p>${
    lines.length === 0 ? "" : `<ul>${lines.join("")}</ul>`
  }</section>`;
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem; max-width: 100%; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .5rem; border-bottom: 1px solid #8884; text-align: left; white-space: nowrap; }
thead th { vertical-align: bottom; }
thead th:nth-child(n+5) span { writing-mode: vertical-rl; transform: rotate(180deg); }
tbody td:nth-child(n+5), tfoot td { text-align: center; }
thead button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
tbody th, thead th:first-child { position: sticky; left: 0; background: Canvas; }
.passed { background: #2a9d5a33; } .partial { background: #e9a82055; } .failed { background: #d6403a55; }
.missing { background: #8883; } .untrusted { background: #a03ad655; }
li.untrusted { background: none; } li.untrusted b { background: #a03ad655; }
`;

const script = `
"use strict";
const body = document.querySelector("tbody");
const heads = [...document.querySelectorAll("thead th")];
heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const down = head.getAttribute("aria-sort") !== "descending";
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const order = (a, b) => typeof a === "string" ? -a.localeCompare(b) : a - b;
  const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) * order(value(a), value(b)));
  body.append(...rows);
}));
`;
