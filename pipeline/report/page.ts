/**
 * Builds the page of a run as one file, with style, fonts, script and the chart library in it. Its policy
 * lets the browser load and run nothing else. The same content gives the same bytes.
 */
import { createHash } from "node:crypto";
import { openCharts } from "./page_charts.ts";
import type { RunContent } from "./content.ts";
import { fontStyle } from "./html/fonts.ts";
import { openFolds } from "./html/folds.ts";
import { openFormulas } from "./html/formulas.ts";
import { dataBlock, type Html, markup, trusted } from "./html/html.ts";
import { claimsSection } from "./claims_section.ts";
import { openMarkdown } from "./html/markdown.ts";
import { reproduceSection, runSection } from "./run_facts.ts";
import type { Scripts } from "./client_script.ts";
import { drawnSection, highlightOf, otherCharts, sectionId } from "./sections.ts";
import { type Card, summary } from "./head.ts";
import { openPanels, type Panels, type PreparedPanel } from "./panels/page_panels.ts";

/** Files of the style sheet, the later ones over the earlier. */
const styles = [
  "base",
  "page",
  "summary",
  "claims",
  "tables",
  "charts",
  "panels",
  "run",
  "live",
  "narrow",
  "print",
];

/** A section that is not made by a job of the run: a grade, a comparison. */
export interface ExtraSection {
  card: Card;
  id: string;
  title: string;
  body: Html;
}

/** The whole page of a run. */
export async function runPage(
  content: RunContent,
  extra: readonly ExtraSection[],
  scripts: Scripts,
  {
    experiments,
    panels: prepared = [],
  }: {
    /** The project's experiments, the default first. */
    experiments: readonly string[];
    panels?: readonly PreparedPanel[];
  },
): Promise<string> {
  const onProblem = (message: string) => content.problems.push(message);
  const formulas = await openFormulas(onProblem);
  const markdown = await openMarkdown(formulas);
  const folds = openFolds(foldsNote(content.files));
  const panels = await openPanels(prepared, markdown);
  const charts = await openCharts(onProblem);
  const setters = { formulas, folds, markdown, charts, panels };
  const sections = content.sections.map((one) => ({
    id: sectionId(one.section.id),
    title: one.section.title,
    body: drawnSection(one, content, setters),
  }));
  const parts: { id: string; title: string; body: Html | false }[] = [
    ...sections,
    { id: "charts", title: "Charts", body: otherCharts(content, setters) },
    { id: "claims", title: "Claims", body: claimsSection(content, folds) },
    ...extra,
    { id: "run", title: "The run", body: runSection(content, folds) },
    {
      id: "reproduce",
      title: "How to reproduce",
      body: reproduceSection(content, experiments),
    },
  ];
  const highlights = content.sections.flatMap((one) => highlightOf(one, content, setters) ?? []);
  // Last, because it lists what could not be shown.
  const head = summary(content, highlights, extra.map(({ card }) => card));
  const shown = parts.filter(({ body }) => body !== false);
  const { experiment, run } = content.manifest;
  const body = shell({
    name: experiment.name,
    contents: shown,
    main: markup`${head}${parts.map(({ body }) => body)}${folds.data()}${charts.data()}`,
    foot: `Made by fanin from the artifacts of run ${run}.`,
  });
  const hasCharts = content.charts.length > 0;
  return await page({
    title: `${experiment.name}: ${run}`,
    description: `Report of the run ${run}: ${experiment.about}`,
    body,
    style: await formulas.style(),
    letters: folds.text(),
    scripts: [scripts.page],
    library: hasCharts ? scripts.library : undefined,
    panels,
  });
}

/** Says where the folded content is for readers without scripts, and on paper. */
const foldsNote = (files: string | undefined): Html =>
  markup`This part opens with scripts. The same is in ${
    files === undefined
      ? "the run’s claims.json and manifest.json"
      : markup`<a href="${files}claims.json">claims.json</a> and <a href="${files}manifest.json">manifest.json</a>`
  }.`;

/** Returns a page's frame around its main part: contents, switch of colours, foot. */
export function shell({ name, contents, main, foot }: {
  name: string;
  contents: readonly { id: string; title: string }[];
  main: Html;
  foot: string;
}): Html {
  const entries = [{ id: "summary", title: "Summary" }, ...contents]
    .map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`);
  return markup`
<a class="skip" href="#content">To the content</a>
<div class="page">
<nav class="contents" aria-label="Contents">
<p class="name">${name}</p>
<ol>${entries}</ol>
<button type="button" class="theme" hidden>Dark</button>
</nav>
<main id="content">
${main}
</main>
<footer><p>${foot}</p></footer>
</div>
<div class="tooltip" role="tooltip" hidden></div>
`;
}

/** A whole document. Its policy names the style and scripts by their hashes. */
export async function page(parts: {
  title: string;
  /** One sentence, for whoever lists pages. */
  description: string;
  body: Html;
  /** Added to the style of every page. */
  style: string;
  /** Text besides the body's that the font must have the letters of. */
  letters?: string;
  scripts: readonly string[];
  /** Runs only when the page's script asks for it. */
  library?: string;
  /** Run when they come into view. */
  panels?: Pick<Panels, "scripts" | "usesModules" | "letters">;
}): Promise<string> {
  const { title, description, body, letters = "", scripts, library, panels } = parts;
  const sheets = styles.map((name) => new URL(`./style/${name}.css`, import.meta.url));
  const shown = [title, body.text, letters, panels?.letters ?? ""];
  const style = (await fontStyle(shown.join(""))) + parts.style +
    sheets.map((sheet) => Deno.readTextFileSync(sheet)).join("");
  const runnable = [
    ...scripts,
    ...library === undefined ? [] : [library],
    ...panels?.scripts ?? [],
  ];
  const sources = [
    ...runnable.map(sourceOf),
    ...panels?.usesModules ? ["'wasm-unsafe-eval'"] : [],
  ];
  const policy = [
    "default-src 'none'",
    `script-src ${sources.join(" ") || "'none'"}`,
    `style-src ${sourceOf(style)}`,
    "font-src data:",
    "img-src data:",
    // The live page follows its server. Tools that check a served page read robots.txt through it.
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const data = library !== undefined && dataBlock("library", library);
  const run = scripts.map((script) => markup`<script>${trusted(script)}</script>\n`);
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${description}">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>${body}${data}${run}</body>
</html>`.text;
}

/** A script or style as the policy names it. */
const sourceOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
