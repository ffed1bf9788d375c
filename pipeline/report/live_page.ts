/**
 * Builds the page that follows a run. It is empty; its script fills it from the log that the server sends.
 */
import { dataBlock, markup } from "./html/html.ts";
import { page } from "./page.ts";
import type { Scripts } from "./client_script.ts";

/** Looks of lines by their place in a chart: after the last colour they go on with the next dash. */
export interface CurveLooks {
  readonly colours: readonly string[];
  readonly dashes: readonly (readonly number[])[];
}

const palette = ["#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#222222"];
const dashes = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3]];

/** One for each pair of a colour and a dash. */
const looks: CurveLooks = {
  colours: dashes.flatMap(() => palette),
  dashes: dashes.flatMap((dash) => palette.map(() => dash)),
};

/** A scale by the place of a line, without legend: the page has a key of its own. */
const byLook = (range: readonly unknown[]) => ({
  field: "look",
  type: "nominal",
  scale: { domain: range.map((_, i) => i), range },
  legend: null,
});

/** A curve for each job of a measured value; the page's script adds rows and titles. */
const curves = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  background: null,
  width: "container",
  height: 260,
  // Labels grow with the data, and the whole keeps its size.
  autosize: { type: "fit", contains: "padding", resize: true },
  padding: 8,
  data: { name: "rows" },
  config: {
    font: "Inter",
    view: { stroke: null },
    axis: {
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 400,
      gridColor: "#dddddd",
      labelColor: "#222222",
      titleColor: "#222222",
    },
  },
  encoding: {
    x: {
      field: "step",
      type: "quantitative",
      title: "Step",
      axis: { grid: false, tickCount: { expr: "ceil(width / 80)" } },
    },
    y: {
      field: "value",
      type: "quantitative",
      title: null,
      scale: { zero: false },
      axis: { tickCount: 5 },
    },
    detail: { field: "job", type: "nominal" },
    color: byLook(looks.colours),
  },
  layer: [
    { mark: { type: "line", strokeWidth: 2 }, encoding: { strokeDash: byLook(looks.dashes) } },
    {
      transform: [{ filter: "datum.dot && isValid(datum.value)" }],
      mark: { type: "point", filled: true, size: 30, opacity: 1 },
      encoding: {
        tooltip: [
          { field: "job" },
          { field: "step", type: "quantitative", format: ".4~g" },
          { field: "value", type: "quantitative", format: ".4~g" },
        ],
      },
    },
  ],
};

/** Columns of the jobs. */
const heads = markup`<th scope="col">Job</th><th scope="col">State</th>
<th scope="col" class="number">Seconds</th><th scope="col">Waits for</th>`;

export async function livePage(scripts: Scripts): Promise<string> {
  const { compile } = await import("vega-lite");
  const { spec } = compile(curves as never);
  return await page({
    title: "fanin: a run in progress",
    description: "The jobs of a run in progress, what they measured so far, and their messages.",
    style: "",
    scripts: [scripts.page],
    library: scripts.library,
    body: markup`
<div class="page live">
<nav class="contents" aria-label="Page"><p class="name" id="experiment">fanin</p>
<p id="connection" role="status">Connecting.</p>
<button type="button" class="theme" hidden>Dark</button></nav>
<main id="content">
<header class="summary"><p class="kind" id="kind">No run in progress</p><h1 id="about">Waiting for a run</h1>
<p class="when" id="when"></p>
<p id="counts"></p>
<progress id="whole" max="1" value="0" aria-label="Jobs that have ended"></progress>
<p class="links"><span id="outcome" role="status"></span>
<a id="report" href="/report" hidden>The report</a>
<a id="to-messages" href="#messages" hidden></a></p></header>
<section id="running" hidden><h2>Running</h2><ul class="running"></ul></section>
<section id="curves" hidden><h2>Measured so far</h2>
<p class="hint note">Curves appear as soon as a job measures something.</p>
<div class="curves"></div></section>
<section id="jobs" hidden><h2>Jobs</h2>
<div class="table" tabindex="0" role="region" aria-label="Jobs"><table><caption class="unseen">Jobs of the run</caption>
<thead><tr>${heads}</tr></thead>
<tbody></tbody></table></div></section>
<section id="messages" hidden><h2>Messages</h2><ol class="messages"></ol></section>
</main></div>
<div class="tooltip" role="tooltip" hidden></div>
${dataBlock("curves-data", JSON.stringify({ spec, looks }))}
`,
  });
}
