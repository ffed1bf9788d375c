/** Draws the main metrics of a run in its report, where no job writes a section that shows them. */
import type { MainMetric } from "../runs/main_metrics.ts";
import { count } from "../terminal/numbers.ts";
import { type Html, markup } from "./html/html.ts";
import { columnsOf, table } from "./html/page_table.ts";
import { typeset } from "./words.ts";

/** The metrics that a report shows, and how many the run has. */
export interface ShownMetrics {
  readonly main: readonly MainMetric[];
  readonly total: number;
}

export function metricsSection(
  { main, total }: ShownMetrics,
  files: string | undefined,
): Html | false {
  if (main.length === 0) return false;
  const left = total - main.length;
  const place = files === undefined
    ? markup`the run’s metrics.json`
    : markup`<a href="${files}metrics.json">metrics.json</a>`;
  const rows = table({
    caption: "Main metrics",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf("Metric", "Value#"),
    rows: main.map(({ name, value }) => [name, typeset(value)]),
  });
  return markup`
<section id="metrics">
<h2>Metrics</h2>
${rows}
${left > 0 && markup`<p>${count(left, "more metric")} in ${place}.</p>`}
</section>
`;
}
