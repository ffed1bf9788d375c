/**
 * Builds a page as one file, with style, fonts and scripts in it. Its policy lets the browser load and run
 * nothing else. The same parts give the same bytes.
 */
import { createHash } from "node:crypto";
import { fontStyle } from "./html/fonts.ts";
import { dataBlock, type Html, markup, trusted } from "./html/html.ts";
import type { Panels } from "./panels/page_panels.ts";

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
