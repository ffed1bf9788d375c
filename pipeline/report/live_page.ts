/**
 * Builds the page that follows a run. It is empty; its script fills it from the log that the server sends.
 */
import { dataBlock, markup } from "./html/html.ts";
import { page } from "./page.ts";
import type { Scripts } from "./client_script.ts";

/** A curve for each job of a measured value; the page's script adds rows and titles. */
const curves = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  background: null,
  width: 620,
  height: 240,
  padding: 8,
  data: { name: "rows" },
  config: {
    font: "Inter",
    view: { stroke: null },
    axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, gridColor: "#dddddd" },
    legend: { labelFontSize: 12, labelLimit: 300 },
    range: {
      category: ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000"],
    },
  },
  encoding: {
    x: { field: "step", type: "quantitative", title: "Step", axis: { grid: false, tickCount: 8 } },
    y: { field: "value", type: "quantitative", title: null, scale: { zero: false } },
    color: { field: "job", type: "nominal", title: null, sort: null },
  },
  layer: [
    { mark: { type: "line", strokeWidth: 2 } },
    { mark: { type: "point", filled: true, size: 24, tooltip: { content: "encoding" } } },
  ],
};

export async function livePage(scripts: Scripts): Promise<string> {
  const { compile } = await import("vega-lite");
  const { spec } = compile(curves as never);
  return await page({
    title: "fanin: a run in progress",
    style: "",
    scripts: [scripts.page],
    library: scripts.library,
    connect: "'self'",
    body: markup`
<div class="page">
<nav class="contents" aria-label="Page"><p class="name" id="experiment">fanin</p>
<p id="connection" role="status">Connecting.</p>
<button type="button" class="theme" hidden>Dark</button></nav>
<main id="content">
<header class="summary"><p class="kind">A run in progress</p><h1 id="about">Waiting for a run</h1>
<p class="when" id="when"></p>
<p id="counts" role="status"></p>
<progress id="whole" max="1" value="0" aria-label="Jobs that have ended"></progress>
<p><a id="report" href="/report" hidden>The report</a></p></header>
<section id="running" hidden><h2>Running</h2><ul class="running"></ul></section>
<section id="curves" hidden><h2>Measured so far</h2></section>
<section id="jobs"><h2>Jobs</h2>
<div class="table" tabindex="0" role="region" aria-label="Jobs"><table><caption class="unseen">Jobs of the run</caption>
<thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col" class="number">Seconds</th><th scope="col">Needs</th></tr></thead>
<tbody></tbody></table></div></section>
<section id="messages" hidden><h2>Messages</h2><ol class="messages"></ol></section>
</main></div>
<div class="tooltip" role="tooltip" hidden></div>
${dataBlock("curves-spec", JSON.stringify(spec))}
`,
  });
}
