/**
 * Builds the page of a comparison: its sentence, the causes, the distance by step, both runs' charts over
 * each other, and every verdict.
 */
import type { Comparison, Growth } from "../../../schemas/run/comparison.ts";
import type { Agreement } from "../../../schemas/run/agreement_level.ts";
import { escapedTexts, type Html, markup } from "../html/html.ts";
import { page, shell } from "../page.ts";
import { pictureOf } from "../html/svg.ts";
import { columnsOf, table } from "../html/page_table.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { compact, count, percent } from "../../terminal/numbers.ts";
import { escaped } from "../../terminal/escape.ts";
import { toleranceWords } from "../../diff/tolerance_bounds.ts";
import { lineWords } from "../../diff/cause.ts";
import { type ComparedChart, comparedCharts } from "./chart_pairs.ts";
import {
  arrayWords,
  claimCells,
  metricCells,
  outputWords,
  tensorsOf,
  verdictLine,
  verdictWords,
} from "../../diff/render/describe.ts";
import { curveSpec, divergenceSpec, type Draw, openDrawing } from "./diff_drawing.ts";
import { distanceWords } from "../../diff/render/sentence.ts";
import { runWords, spreadWords } from "../../diff/render/diff_terminal.ts";

/** Rows and drawings of one kind; more are counted. */
const most = { rows: 500, tensors: 60, curves: 12 };

/** The style of a comparison, added to that of every page. */
const comparisonStyle = `
.blend{border:0;padding:0;margin:1rem 0}
.blend label{margin-right:1rem;font-size:.9rem}
.blended{display:grid;background:#fff;margin-top:.5rem}
.blended>div{grid-area:1/1}
.blended img,.comparison img,.comparison .drawing svg,.blended svg{max-width:100%;height:auto;background:#fff}
.blended .over{opacity:.5}
.blend:has(.blend-0:checked) .over{opacity:0}
.blend:has(.blend-1:checked) .over{opacity:.25}
.blend:has(.blend-3:checked) .over{opacity:.75}
.blend:has(.blend-4:checked) .over{opacity:1}
.blend:has(.blend-4:checked) .under{opacity:0}
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

/** The whole page of two runs. It needs no script; those of the report make its tables sortable. */
export async function comparisonPage(
  comparison: Comparison,
  a: RunSource,
  b: RunSource,
  scripts: readonly string[] = [],
): Promise<string> {
  const { verdict, level, outputs } = comparison;
  const draw = await openDrawing();
  const charts = await comparedCharts(a, b, outputs, draw);
  return await page({
    title: `${comparison.a.run} and ${comparison.b.run}`,
    style: comparisonStyle,
    scripts,
    body: shell({
      name: "Two runs",
      contents: [
        { id: "cause", title: "First divergences" },
        { id: "charts", title: "Charts" },
        { id: "artifacts", title: "Artifacts" },
        { id: "metrics", title: "Metrics" },
      ],
      main: markup`<header id="summary" class="summary"><p class="kind">Comparison of two runs</p>
<h1>${verdictTitles[verdict]} at the level “${level}”</h1></header>
${await comparisonBody(escapedTexts(comparison), charts, draw)}`,
      foot: "Made by fanin from the artifacts of both runs.",
    }),
  });
}

async function comparisonBody(
  comparison: Comparison,
  charts: readonly ComparedChart[],
  draw: Draw,
): Promise<Html> {
  const { a, b, sentence, outputs, metrics, claims, spreadLevel, notes } = comparison;
  const notesBelow = spreadLevel === null ? notes : [spreadWords(spreadLevel), ...notes];
  const drawn: Drawn = async (spec, id, label) =>
    markup`<div class="drawing">${pictureOf(await draw(spec), id, label).html}</div>`;
  return markup`<section id="cause" class="comparison"><h2>${sentence}</h2>
<p>A: ${runWords(a)}<br>B: ${runWords(b)}</p>
${causeList(comparison.causes)}
${await divergences(comparison.growth, drawn)}
${notesBelow.map((note) => markup`<p class="note">${note}</p>`)}</section>
<section id="charts" class="comparison"><h2>Charts</h2>
${charts.length === 0 && markup`<p>No chart that both runs have differs.</p>`}
${charts.map(({ title, body }) => markup`<h3>${escaped(title)}</h3>${body}`)}
${await curveCharts(comparison.curves, drawn)}
</section>
<section id="artifacts" class="comparison"><h2>Artifacts</h2>
<p>${verdictLine(comparison)}</p>
${outputTable(outputs)}${tensorTables(outputs)}</section>
<section id="metrics" class="comparison"><h2>Metrics</h2>
${metricTable(metrics)}
${claims.length > 0 && claimTable(claims)}</section>`;
}

type Drawn = (spec: Record<string, unknown>, id: string, label: string) => Promise<Html>;

function causeList(causes: Comparison["causes"]): Html | false {
  const items = causes.map(({ job, words, lines }) => {
    const single = lines.map((line) => markup`<li>${lineWords(line)}</li>`);
    return markup`<li>${job}: ${words}${lines.length > 1 && markup`<ul>${single}</ul>`}</li>`;
  });
  return items.length > 0 &&
    markup`<h3>First divergences, in the order of the data</h3><ol>${items}</ol>`;
}

async function divergences(all: readonly Growth[], drawn: Drawn): Promise<Html[]> {
  return await Promise.all(all.map(async (one, i) => {
    const points = one.rows.filter(({ absolute }) => absolute !== null && absolute > 0);
    const label = `Distance by ${one.unit} in ${one.job}`;
    const chart = points.length > 1 && await drawn(divergenceSpec(one), `divergence-${i}`, label);
    return markup`<h3>${one.job}, by ${one.unit}, from its ${one.from}</h3>
${chart}
${divergenceTable(one)}`;
  }));
}

/** Charts of the longest curves. */
async function curveCharts(curves: Comparison["curves"], drawn: Drawn): Promise<Html | false> {
  if (curves.length === 0) return false;
  const bySize = curves.toSorted((x, y) => y.points.length - x.points.length);
  const charts = bySize.slice(0, most.curves).map(async (curve, i) =>
    markup`<h4>${curve.name}</h4>${await drawn(
      curveSpec(curve),
      `curve-${i}`,
      `${curve.name} of both runs`,
    )}`
  );
  return markup`<h3>Curves</h3>${await Promise.all(charts)}${rest(curves.length, most.curves)}`;
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

function divergenceTable({ job, unit, rows }: Growth): Html {
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
    rows: rows.slice(0, most.rows).map((row) => [
      row.step,
      row.tensor,
      row.absolute === 0 ? "none" : distanceWords(row),
      row.absolute === null ? "infinite" : compact(row.absolute),
      `${percent(row.share)}`,
    ]),
  });
}

function outputTable(outputs: Comparison["outputs"]): Html {
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  if (apart.length === 0) return markup`<p>Every artifact has the same bytes.</p>`;
  return markup`${
    table({
      caption: `${count(apart.length, "artifact")} of ${outputs.length} without the same bytes`,
      columns: ["Artifact", "Verdict", "Tolerance", "Difference"]
        .map((label) => ({ label, numeric: false })),
      rows: apart.slice(0, most.rows).map((one) => [
        `${one.job} ${one.output}`,
        badge(one.agreement, one.counts),
        toleranceWords(one.tolerance),
        outputWords(one),
      ]),
    })
  }${rest(apart.length, most.rows)}`;
}

const tensorTables = (outputs: Comparison["outputs"]): Html[] =>
  outputs.flatMap((one) => {
    const tensors = tensorsOf(one);
    if (tensors.length === 0) return [];
    return [markup`<details><summary>Tensors of ${one.job} ${one.output}</summary>${
      table({
        caption: `Tensors of ${one.job} ${one.output}`,
        hideCaption: true,
        columns: columnsOf("Tensor", "Verdict", "Difference"),
        rows: tensors.slice(0, most.tensors)
          .map((tensor) => [tensor.name, badge(tensor.agreement, true), arrayWords(tensor, false)]),
      })
    }${rest(tensors.length, most.tensors)}</details>`];
  });

function metricTable(metrics: Comparison["metrics"]): Html {
  const apart = metrics.filter(({ agreement }) => agreement !== "identical");
  if (apart.length === 0) return markup`<p>Every metric is the same.</p>`;
  return markup`${
    table({
      caption: `${count(apart.length, "metric")} of ${metrics.length} that differ`,
      columns: ["Metric", "Verdict", "A", "B", "Difference", "Tolerance"]
        .map((label) => ({ label, numeric: ["A", "B", "Difference"].includes(label) })),
      rows: apart.slice(0, most.rows).map((metric) => {
        const [name, , ...cells] = metricCells(metric);
        return [name, badge(metric.agreement, metric.counts), ...cells];
      }),
    })
  }${rest(apart.length, most.rows)}`;
}
