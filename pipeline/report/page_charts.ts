/**
 * Puts charts into the page: the run's picture, which needs no script, and beside it the specification as
 * data. From that the page's script makes the chart interactive when it comes into view. Tooltips, and
 * zoom for curves, are added where the specification has none.
 */
import type { Chart } from "./content.ts";
import { dataBlock, type Html, markup } from "./html/html.ts";
import { pictureOf } from "./html/svg.ts";
import { isObject, type Json, withZoom } from "./zoom.ts";

export interface Charts {
  /** The chart in HTML, with a caption. */
  figure(chart: Chart, caption?: Html): Html;
}

/** Marks that show their values as a tooltip. */
const pointed = ["point", "circle", "square", "bar", "rect", "tick", "arc"];

/** Loads Vega-Lite. `onProblem` gets a sentence for each chart that is not shown as it should be. */
export async function openCharts(onProblem: (message: string) => void): Promise<Charts> {
  const { compile } = await import("vega-lite");
  // The stage that made the chart has shown its warnings; here they must not break the output.
  const quiet = () => logger;
  const logger = { level: quiet, error: quiet, warn: quiet, info: quiet, debug: quiet } as never;
  const compiled = (spec: Json): unknown => compile(spec as never, { logger }).spec;
  return {
    figure(chart, caption) {
      const { id, spec } = chart;
      const title = titleOf(spec);
      const description = typeof spec.description === "string" ? spec.description : title;
      let picture: Html | false = false;
      let size = { width: 0, height: 0 };
      if (chart.svg !== undefined) {
        try {
          const drawn = pictureOf(chart.svg, id, title);
          picture = drawn.html;
          size = drawn;
        } catch (error) {
          onProblem(
            `${chart.job}: the picture of ${chart.output} is not shown: ${messageOf(error)}.`,
          );
        }
      }
      let data: Html | false = false;
      let zooms = false;
      try {
        const interactive = withTooltips(spec);
        const zoomed = withZoom(interactive);
        zooms = zoomed !== undefined;
        data = dataBlock(`${id}-spec`, JSON.stringify(compiled(zoomed ?? interactive)));
      } catch (error) {
        onProblem(
          `${chart.job}: ${chart.output} is shown as a still picture: ${messageOf(error)}.`,
        );
      }
      const { width, height } = size;
      const marks = zooms && markup` data-zooms`;
      const from = data !== false && markup` data-spec="${id}-spec"`;
      return markup`<figure class="chart" id="${id}" data-width="${width}" data-height="${height}"${marks}>
<div class="drawing"${from}>${picture}</div>
<figcaption>${caption ?? false}<details class="alternative"><summary>Description</summary>
<p>${description}</p></details></figcaption>
${data}</figure>`;
    },
  };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const lines = (text: unknown): string => Array.isArray(text) ? text.join(" ") : String(text ?? "");

/** The title in one line. */
function titleOf({ title }: Json): string {
  return lines(isObject(title) ? title.text : title);
}

/** Points, bars and cells show what they encode, unless the specification says otherwise. */
function withTooltips(spec: Json): Json {
  const config = isObject(spec.config) ? spec.config : {};
  const shown = Object.fromEntries(pointed.map((mark) => [mark, {
    tooltip: { content: "encoding" },
    ...(isObject(config[mark]) ? config[mark] : {}),
  }]));
  return { ...spec, config: { ...config, ...shown } };
}
