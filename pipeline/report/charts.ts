/**
 * Charts in the page: the picture that the run drew, at once and without scripts; beside it, as data,
 * the specification compiled from Vega-Lite to Vega, from which the page's script makes the chart
 * interactive when it comes into view. Tooltips, and zoom for curves, are added here where the
 * specification has none of its own.
 */
import type { Chart } from "./content.ts";
import { type Html, jsonBlock, markup } from "./html.ts";
import { pictureOf } from "./svg.ts";

export interface Charts {
  /** The chart as a figure; `caption` is HTML. */
  figure(chart: Chart, caption?: Html): Html;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Name of the selection that zooms; the page's script looks for signals that begin with it. */
export const zoomName = "zoom";

/** Marks that show their values when pointed at. */
const pointed = ["point", "circle", "square", "bar", "rect", "tick", "arc"];

/** Loads Vega-Lite. `onProblem` hears of charts that cannot be shown as they should. */
export async function openCharts(onProblem: (message: string) => void): Promise<Charts> {
  const { compile } = await import("vega-lite");
  // What it warns of was to be seen when the chart was made; here it must not break the output.
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
        data = jsonBlock(`${id}-spec`, compiled(zoomed ?? interactive));
      } catch (error) {
        onProblem(
          `${chart.job}: ${chart.output} is shown as a still picture: ${messageOf(error)}.`,
        );
      }
      return markup`<figure class="chart" id="${id}" data-width="${size.width}" data-height="${size.height}"
${zooms && markup` data-zooms`}>
<div class="drawing"${data !== false && markup` data-spec="${id}-spec"`}>${picture}</div>
<figcaption>${
        caption ??
          false
      }<details class="alternative"><summary>Description</summary><p>${description}</p></details></figcaption>
${data}</figure>`;
    },
  };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const lines = (text: unknown): string => Array.isArray(text) ? text.join(" ") : String(text ?? "");

/** The title in one line. */
export function titleOf({ title }: Json): string {
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

/** Types of scales along which one can zoom. */
const isContinuous = (channel: unknown): boolean =>
  isObject(channel) && (channel.type === "quantitative" || channel.type === "temporal") &&
  channel.bin === undefined && channel.aggregate === undefined && typeof channel.field === "string";

/**
 * The specification with a selection that zooms and moves the axes: of a single view or layers whose
 * curves have a continuous x; undefined for others, and where there are selections already.
 */
function withZoom(spec: Json): Json | undefined {
  const views = Array.isArray(spec.layer) ? spec.layer.filter(isObject) : [spec];
  const hasOwn = spec.params !== undefined || views.some(({ params }) => params !== undefined);
  if (hasOwn || spec.facet !== undefined || views.some(({ layer }) => layer !== undefined)) return;
  const markOf = ({ mark }: Json) => isObject(mark) ? mark.type : mark;
  const shared = isObject(spec.encoding) ? spec.encoding : {};
  if (shared.row !== undefined || shared.column !== undefined || shared.facet !== undefined) return;
  const at = views.findIndex((view) => {
    const encoding: Json = { ...shared, ...(isObject(view.encoding) ? view.encoding : {}) };
    return ["line", "area", "trail"].includes(String(markOf(view))) &&
      isContinuous(encoding.x) && isContinuous(encoding.y);
  });
  if (at < 0) return;
  const params = [{
    name: zoomName,
    bind: "scales",
    // The wheel alone scrolls the page.
    select: {
      type: "interval",
      zoom: "wheel![event.ctrlKey || event.metaKey]",
      clear: "dblclick",
    },
  }];
  // Curves that leave the frame when it is zoomed are cut off at its edge.
  const clipped = (view: Json): Json => ({
    ...view,
    mark: { ...(isObject(view.mark) ? view.mark : { type: view.mark }), clip: true },
  });
  const isCurve = (view: Json) => ["line", "area", "trail", "rule"].includes(String(markOf(view)));
  if (!Array.isArray(spec.layer)) return { ...clipped(spec), params };
  return {
    ...spec,
    layer: views.map((view, i) => {
      const cut = isCurve(view) ? clipped(view) : view;
      return i === at ? { ...cut, params } : cut;
    }),
  };
}
