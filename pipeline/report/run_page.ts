/** Builds the report of a run: its head, the sections of its jobs, claims, charts and facts, as one page. */
import { openCharts } from "./page_charts.ts";
import type { RunContent } from "./content.ts";
import { openFolds } from "./html/folds.ts";
import { openFormulas } from "./html/formulas.ts";
import { type Html, markup } from "./html/html.ts";
import { claimsSection } from "./claims_section.ts";
import { metricsSection, type ShownMetrics } from "./metrics_section.ts";
import { openMarkdown } from "./html/markdown.ts";
import { reproduceSection, runSection } from "./run_facts.ts";
import type { Scripts } from "./client_script.ts";
import { drawnSection, highlightOf, otherCharts, sectionId } from "./sections.ts";
import { type Card, summary } from "./head.ts";
import { page, shell } from "./page.ts";
import { openPanels, type PreparedPanel } from "./panels/page_panels.ts";

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
    metrics = { main: [], total: 0 },
    panels: prepared = [],
  }: {
    /** The project's experiments, the default first. */
    experiments: readonly string[];
    metrics?: ShownMetrics;
    panels?: readonly PreparedPanel[];
  },
): Promise<string> {
  const onProblem = (message: string) => content.problems.push(message);
  const formulas = await openFormulas(onProblem);
  const markdown = await openMarkdown(formulas);
  const folds = openFolds(foldsNote(content.files));
  const panels = openPanels(prepared, markdown);
  const charts = await openCharts(content.charts, onProblem);
  const setters = { formulas, folds, markdown, charts, panels };
  const sections = content.sections.map((one) => ({
    id: sectionId(one),
    title: one.section.title,
    body: drawnSection(one, content, setters),
  }));
  const parts: { id: string; title: string; body: Html | false }[] = [
    ...sections,
    { id: "charts", title: "Charts", body: otherCharts(content, setters) },
    { id: "claims", title: "Claims", body: claimsSection(content, folds) },
    {
      id: "metrics",
      title: "Metrics",
      body: sections.length === 0 && metricsSection(metrics, content.files),
    },
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
