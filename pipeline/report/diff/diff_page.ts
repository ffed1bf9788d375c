/**
 * Builds the page of a comparison: its sentence, the causes, the distance by step, both runs' charts over
 * each other, and every verdict.
 */
import type { Comparison, Divergence } from "../../../schemas/run/comparison.ts";
import { Agreement } from "../../../schemas/run/agreement_level.ts";
import { escapedTexts, type Html, markup } from "../html/html.ts";
import { openFolds } from "../html/folds.ts";
import { page, shell } from "../page.ts";
import { pictureOf } from "../html/svg.ts";
import { columnsOf, table } from "../html/page_table.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { count } from "../../terminal/numbers.ts";
import { escaped } from "../../terminal/escape.ts";
import { type ComparedChart, comparedCharts } from "./chart_pairs.ts";
import {
  arrayWords,
  claimCells,
  countWords,
  metricCells,
  outputCells,
  tensorsOf,
  verdictWords,
} from "../../diff/render/describe.ts";
import { curveSpec, divergenceSpec, type Draw, openDrawing } from "./diff_drawing.ts";
import { stepCells } from "../../diff/render/divergence_words.ts";
import { factsOf, screenOf, spreadWords } from "../../diff/render/diff_terminal.ts";

/** Rows and drawings of one kind; more are counted. */
const most = { rows: 500, tensors: 60, curves: 12 };

/** Those of one kind that are open; the others are folded. */
const open = { rows: 25, steps: 10, divergences: 2, charts: 2, curves: 4, lines: 60 };

/** The style of a comparison, added to that of every page. */
const comparisonStyle = `
.views{border:0;padding:0;margin:1rem 0;min-width:0}
.choices{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.9rem}
.choices label{display:flex;gap:.35rem;align-items:center;min-height:1.9rem}
.views>[class^=view-]{display:none}
.views:has(.choice-0:checked)>.view-0,.views:has(.choice-1:checked)>.view-1,
.views:has(.choice-2:checked)>.view-2{display:block}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,40rem),1fr));gap:1rem}
.pair>div,.small>div{min-width:0}
.comparison .chart{margin:1rem 0}
.more{margin:.25rem 0}
.more>summary{padding:.2rem 0;color:var(--soft)}
.more>summary:hover{color:var(--ink)}
.comparison .chart svg{background:#fff}
.pair .chart svg{max-width:max(100%,40rem)}
.small{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 1.5rem}
.small .chart svg{max-width:100%}
.comparison img{max-width:100%;height:auto;background:#fff}
.patch{overflow-x:auto;padding:.75rem;background:var(--raised);font-size:.8125rem;line-height:1.4}
.patch ins{color:var(--confirmed);text-decoration:none}
.patch del{color:var(--refuted);text-decoration:none}
.screen{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1.25rem;margin:1rem 0}
.screen dt{color:var(--soft)}
.screen dd{margin:0;min-width:0;overflow-wrap:anywhere}
.screen ul{margin:0;padding:0;list-style:none}
.screen li{padding-left:1.2em;text-indent:-1.2em}
@media (max-width:34rem){.screen{grid-template-columns:1fr}.screen dt{margin-top:.5rem}}
@media (max-width:40rem){.stacked .table :is(table,caption,tbody){display:block;width:100%;min-width:0}
.stacked thead{position:absolute;clip-path:inset(50%)}
.stacked tr{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.5rem 0;border-bottom:1px solid var(--rule)}
.stacked td{padding:0;border:0;text-align:left;white-space:normal;min-width:0;overflow-wrap:anywhere}
.stacked td:is(:first-child,:last-child){flex:1 0 100%}
.stacked td:first-child{font-weight:600}
.stacked.metrics td:nth-child(3)::before{content:"A: "}
.stacked.metrics td:nth-child(4)::before{content:"B: "}
.stacked.metrics td:nth-child(5)::before{content:"difference: "}
.stacked.artifacts td:nth-child(3)::before,.stacked.metrics td:nth-child(6)::before{content:"tolerance: "}}
@media print{.views>[class^=view-]{display:block}.choices{display:none}}
.agreement-different,.agreement-missing{color:var(--refuted);font-weight:600}
.agreement-unknown{color:var(--undecided);font-weight:600}
.agreement-consistent{color:var(--qualified)}
.agreement-within,.agreement-equal,.agreement-identical{color:var(--confirmed)}
`;

const verdictTitles: Record<Comparison["verdict"], string> = {
  agree: "They agree",
  differ: "They differ",
  undecided: "It is not known whether they agree",
};

/** Puts content under a line that opens it. */
type Fold = (summary: string, content: Html | Html[]) => Html;

/**
 * The whole page of two runs. The report's scripts open what is folded and make tables sortable. Without
 * scripts all is in the page.
 */
export async function comparisonPage(
  comparison: Comparison,
  a: RunSource,
  b: RunSource,
  scripts: readonly string[] = [],
): Promise<string> {
  const { verdict, level, outputs } = comparison;
  const draw = await openDrawing();
  const charts = await comparedCharts(a, b, outputs, draw);
  const folds = openFolds(markup`This part opens with scripts. The command
<code>deno task diff ${a.manifest.run} ${b.manifest.run} --json</code> prints the same.`);
  const fold: Fold = (summary, content) =>
    markup`<details class="more"><summary>${summary}</summary>${
      scripts.length === 0 ? content : folds.place(markup`${content}`)
    }</details>`;
  const body = await comparisonBody(
    escapedTexts(comparison),
    comparison.patch,
    charts,
    draw,
    fold,
  );
  return await page({
    title: `${comparison.a.run} and ${comparison.b.run}`,
    description: `Comparison of the runs ${comparison.a.run} and ${comparison.b.run}: ${
      verdictTitles[verdict].toLowerCase()
    }. ${countWords(comparison)}`,
    style: comparisonStyle,
    letters: folds.text(),
    scripts,
    body: shell({
      name: "Two runs",
      contents: [
        { id: "cause", title: "Causes" },
        { id: "charts", title: "Charts" },
        ...(comparison.patch ? [{ id: "patch", title: "Changed source files" }] : []),
        { id: "artifacts", title: "Artifacts" },
        { id: "metrics", title: "Metrics" },
      ],
      main: markup`<header id="summary" class="summary"><p class="kind">Comparison of two runs</p>
<h1>${verdictTitles[verdict]} at the level “${level}”</h1>
<p>${countWords(comparison)}</p></header>
${body}${folds.data()}`,
      foot: "Made by fanin from the artifacts of both runs.",
    }),
  });
}

async function comparisonBody(
  comparison: Comparison,
  patch: string | null,
  charts: readonly ComparedChart[],
  draw: Draw,
  fold: Fold,
): Promise<Html> {
  const { outputs, metrics, claims, spreadLevel } = comparison;
  const drawn: Drawn = async (spec, id, label) =>
    markup`<figure class="chart"><div class="drawing" tabindex="0">${
      pictureOf(await draw(spec), id, label).html
    }</div></figure>`;
  return markup`<section id="cause" class="comparison"><h2 class="unseen">Causes</h2>
${screen(comparison)}
${await divergences(comparison.divergences, drawn, fold)}</section>
<section id="charts" class="comparison"><h2>Charts</h2>
${charts.length === 0 && markup`<p>No chart that both runs have differs.</p>`}
${
    charts.map(({ title, body }, i) =>
      i < open.charts ? markup`<h3>${escaped(title)}</h3>${body}` : fold(escaped(title), body)
    )
  }
${await curveCharts(comparison.curves, drawn, fold)}
</section>
${patch !== null && patch !== "" && patchSection(patch, fold)}
<section id="artifacts" class="comparison"><h2>Artifacts</h2>
${outputTable(outputs, fold)}${tensorTables(outputs, fold)}</section>
<section id="metrics" class="comparison"><h2>Metrics</h2>
${metricTable(metrics, fold)}
${spreadLevel !== null && markup`<p class="note">${spreadWords(spreadLevel)}</p>`}
${claims.length > 0 && claimTable(claims)}</section>`;
}

/** The facts of both runs, the causes, where they diverge and by how much. */
function screen(comparison: Comparison): Html {
  const facts = factsOf(comparison).map(([label, words]): [string, string[]] => [label, [words]]);
  const parts = [...facts, ...screenOf(comparison, true)].map(([label, texts]) =>
    markup`<dt>${label}</dt><dd><ul>${texts.map((text) => markup`<li>${text}</li>`)}</ul></dd>`
  );
  return markup`<dl class="screen">${parts}</dl>`;
}

function patchSection(patch: string, fold: Fold): Html {
  const lines = patch.trimEnd().split("\n").map((line) =>
    line.startsWith("+")
      ? markup`<ins>${line}</ins>\n`
      : line.startsWith("-")
      ? markup`<del>${line}</del>\n`
      : markup`${line}\n`
  );
  const shown = (some: readonly Html[]) =>
    markup`<pre class="patch" tabindex="0"><code>${some}</code></pre>`;
  const left = lines.length - open.lines;
  return markup`<section id="patch" class="comparison"><h2>Changed source files</h2>
${shown(lines.slice(0, open.lines))}
${left > 0 && fold(count(left, "more line"), shown(lines.slice(open.lines)))}</section>`;
}

type Drawn = (spec: Record<string, unknown>, id: string, label: string) => Promise<Html>;

async function divergences(
  all: readonly Divergence[],
  drawn: Drawn,
  fold: Fold,
): Promise<Html[]> {
  const diverging = all.filter(({ first }) => first !== null);
  const parts = await Promise.all(diverging.map(async (one, i) => {
    const points = one.rows.filter(({ absolute }) => absolute !== null && absolute > 0);
    const label = `Distance by ${one.unit} in ${one.job}`;
    const chart = points.length > 1 && await drawn(divergenceSpec(one), `divergence-${i}`, label);
    const table = divergenceTable(one);
    return markup`<h3>${one.job}, by ${one.unit}, from its ${one.from}</h3>
${chart && markup`<div class="small"><div>${chart}</div></div>`}
${
      one.rows.length > open.steps
        ? fold(`${count(one.rows.length, one.unit)} as a table`, table)
        : table
    }`;
  }));
  const left = parts.slice(open.divergences);
  return [
    ...parts.slice(0, open.divergences),
    ...left.length > 0 ? [fold(`${count(left.length, "more job")} by step`, left)] : [],
  ];
}

/** Charts of the longest curves. */
async function curveCharts(
  curves: Comparison["curves"],
  drawn: Drawn,
  fold: Fold,
): Promise<Html | false> {
  if (curves.length === 0) return false;
  const bySize = curves.toSorted((x, y) => y.points.length - x.points.length);
  const charts = bySize.slice(0, most.curves).map(async (curve, i) =>
    markup`<div><h4>${curve.name}</h4>${await drawn(
      curveSpec(curve),
      `curve-${i}`,
      `${curve.name} of both runs`,
    )}</div>`
  );
  const all = await Promise.all(charts);
  const small = (some: readonly Html[]) => markup`<div class="small">${some}</div>`;
  const left = all.length - open.curves;
  return markup`<h3>Curves</h3>${small(all.slice(0, open.curves))}${
    left > 0 && fold(count(left, "more curve"), small(all.slice(open.curves)))
  }${rest(curves.length, most.curves)}`;
}

const claimTable = (claims: Comparison["claims"]): Html =>
  table({
    caption: "Claims that are judged differently",
    columns: columnsOf("Claim", "A", "B"),
    rows: claims.map(claimCells),
  });

const badge = (agreement: Agreement, counts: boolean): Html =>
  markup`<span class="agreement-${agreement}">${verdictWords(agreement, counts)}</span>`;

const rest = (all: number, shown: number): Html | false =>
  all > shown && markup`<p>And ${all - shown} more.</p>`;

function divergenceTable({ job, unit, rows }: Divergence): Html {
  return table({
    caption: `Distance of the states of ${job}`,
    hideCaption: true,
    columns: columnsOf(
      `${unit}#`,
      "Furthest tensor",
      "Distance#",
      "Absolute#",
      "Elements that differ#",
    ),
    rows: rows.slice(0, most.rows).map((row) => [row.step, ...stepCells(row)]),
  });
}

/** A table of rows, the worst first, and those after the first ones folded. */
function foldedRows<Row extends { agreement: Agreement }>(
  rows: readonly Row[],
  fold: Fold,
  { noun, caption, columns, cells }: {
    noun: string;
    caption: string;
    /** Labels, as `columnsOf` takes them. */
    columns: readonly string[];
    cells: (row: Row) => readonly (string | Html)[];
  },
): Html {
  const part = (some: readonly Row[], caption: string) =>
    markup`<div class="stacked ${noun}s">${
      table({ caption, columns: columnsOf(...columns), rows: some.map(cells) })
    }</div>`;
  const worstFirst = rows.toSorted((a, b) =>
    Agreement.options.indexOf(b.agreement) - Agreement.options.indexOf(a.agreement)
  );
  const shown = worstFirst.slice(0, most.rows);
  const left = shown.slice(open.rows);
  const more = count(left.length, `more ${noun}`);
  return markup`${part(shown.slice(0, open.rows), caption)}${
    left.length > 0 && fold(more, part(left, more))
  }${rest(rows.length, most.rows)}`;
}

function outputTable(outputs: Comparison["outputs"], fold: Fold): Html {
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  if (apart.length === 0) return markup`<p>Every artifact has the same bytes.</p>`;
  const whole = `${count(apart.length, "artifact")} of ${outputs.length} without the same bytes`;
  return foldedRows(apart, fold, {
    noun: "artifact",
    caption: whole,
    columns: ["Artifact", "Verdict", "Tolerance", "Difference"],
    cells: (one) => {
      const [name, , ...cells] = outputCells(one);
      return [name, badge(one.agreement, one.counts), ...cells];
    },
  });
}

/** The tensors of each output, under one line: there is an output for each step of a training. */
function tensorTables(outputs: Comparison["outputs"], fold: Fold): Html | false {
  const all = outputs.flatMap((one) => {
    const tensors = tensorsOf(one);
    if (tensors.length === 0) return [];
    const shown = table({
      caption: `Tensors of ${one.job} ${one.output}`,
      columns: columnsOf("Tensor", "Verdict", "Difference"),
      rows: tensors.slice(0, most.tensors)
        .map((tensor) => [tensor.name, badge(tensor.agreement, true), arrayWords(tensor, false)]),
    });
    return [markup`${shown}${rest(tensors.length, most.tensors)}`];
  });
  return all.length > 0 && fold(`Tensors of ${count(all.length, "artifact")}`, all);
}

function metricTable(metrics: Comparison["metrics"], fold: Fold): Html {
  const apart = metrics.filter(({ agreement }) => agreement !== "identical");
  if (apart.length === 0) return markup`<p>Every metric is the same.</p>`;
  const whole = `${count(apart.length, "metric")} of ${metrics.length} that differ`;
  return foldedRows(apart, fold, {
    noun: "metric",
    caption: whole,
    columns: ["Metric", "Verdict", "A#", "B#", "Difference#", "Tolerance"],
    cells: (metric) => {
      const [name, , ...cells] = metricCells(metric);
      return [name, badge(metric.agreement, metric.counts), ...cells];
    },
  });
}
