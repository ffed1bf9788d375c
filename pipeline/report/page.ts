/**
 * The page of a run as one file: its parts in order, with style, fonts, script and the chart library
 * in it, under a policy that lets nothing else be loaded or run. The same content gives the same
 * bytes.
 */
import { createHash } from "node:crypto";
import { openCharts } from "./page_charts.ts";
import type { RunContent } from "./content.ts";
import { fontStyle } from "./html/fonts.ts";
import { openFormulas } from "./html/formulas.ts";
import { dataBlock, type Html, markup, trusted } from "./html/html.ts";
import { ledgerSection } from "./claims_section.ts";
import { openMarkdown } from "./html/markdown.ts";
import { runSection } from "./run_facts.ts";
import type { Scripts } from "./client_script.ts";
import { otherCharts, sectionId, tellSection } from "./sections.ts";
import { type Card, summary } from "./head.ts";

/** Files of the style sheet, the later ones over the earlier. */
const styles = [
  "base",
  "page",
  "summary",
  "claims",
  "tables",
  "charts",
  "run",
  "narrow",
  "print",
];

/** A part of the page that comes from elsewhere: a grade, a comparison. */
export interface Supplement {
  card: Card;
  id: string;
  title: string;
  body: Html;
}

/** The whole page of a run. */
export async function runPage(
  content: RunContent,
  supplements: readonly Supplement[],
  scripts: Scripts,
): Promise<string> {
  const onProblem = (message: string) => content.problems.push(message);
  const formulas = await openFormulas(onProblem);
  const setters = {
    formulas,
    markdown: await openMarkdown(formulas),
    charts: await openCharts(onProblem),
  };
  const sections = content.sections.map((one) => ({
    id: sectionId(one.section.id),
    title: one.section.title,
    body: tellSection(one, content, setters),
  }));
  const parts: { id: string; title: string; body: Html | false }[] = [
    { id: "claims", title: "Claims", body: ledgerSection(content) },
    ...supplements,
    ...sections,
    { id: "charts", title: "Charts", body: otherCharts(content, setters) },
    { id: "run", title: "The run", body: runSection(content) },
    { id: "reproduce", title: "To get the same", body: false },
  ];
  // Last, as it tells what could not be shown.
  const head = summary(content, supplements.map(({ card }) => card));
  const shown = parts.filter(({ id, body }) => body !== false || id === "reproduce");
  const { experiment, run } = content.manifest;
  const body = shell({
    name: experiment.name,
    contents: shown,
    main: markup`${head}${parts.map(({ body }) => body)}`,
    foot: `Made by fanin from the artifacts of run ${run}.`,
  });
  const hasCharts = content.charts.length > 0;
  return await page({
    title: `${experiment.name}: ${run}`,
    body,
    style: formulas.style(),
    scripts: [scripts.page],
    library: hasCharts ? scripts.library : undefined,
  });
}

/** What every page has around its parts: contents, the switch of its look, and a foot. */
export const shell = (parts: {
  name: string;
  contents: readonly { id: string; title: string }[];
  main: Html;
  foot: string;
}): Html =>
  markup`
<a class="skip" href="#content">To the content</a>
<div class="page">
<nav class="contents" aria-label="Contents">
<p class="name">${parts.name}</p>
<ol><li><a href="#summary">Summary</a></li>${
    parts.contents.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)
  }</ol>
<button type="button" class="theme" hidden>Dark</button>
</nav>
<main id="content">
${parts.main}
</main>
<footer><p>${parts.foot}</p></footer>
</div>
<div class="tooltip" role="tooltip" hidden></div>
`;

/** A whole document: its policy names the style and scripts by their hashes. */
export async function page(parts: {
  title: string;
  body: Html;
  /** Beside the common one. */
  style: string;
  scripts: readonly string[];
  /** Run only when the page's script asks for it. */
  library?: string;
  /** Where scripts may connect to; nowhere by default. */
  connect?: string;
}): Promise<string> {
  const { title, body, scripts, library, connect } = parts;
  const sheet = styles.map((name) =>
    Deno.readTextFileSync(new URL(`./style/${name}.css`, import.meta.url))
  )
    .join("");
  const style = `${await fontStyle(title + body.text)}${parts.style}${sheet}`;
  const runnable = [...scripts, ...library === undefined ? [] : [library]];
  const policy = [
    "default-src 'none'",
    `script-src ${runnable.map(sourceOf).join(" ") || "'none'"}`,
    `style-src ${sourceOf(style)}`,
    "font-src data:",
    "img-src data:",
    ...connect === undefined ? [] : [`connect-src ${connect}`],
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>${body}${
    library !== undefined &&
    dataBlock("library", library)
  }${
    scripts.map((
      script,
    ) => markup`<script>${trusted(script)}</script>\n`)
  }</body>
</html>`.text;
}

/** A script or style as the policy names it. */
const sourceOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
