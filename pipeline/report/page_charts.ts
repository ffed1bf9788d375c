/**
 * Puts charts into the page: the title as text, the run's picture, and the specification as data. The
 * page's script draws a chart from that, as wide as there is room, when it comes into view. Until then the
 * picture is unparsed text, which only readers without scripts see. Tooltips, and zoom for curves, are
 * added where the specification has none.
 */
import type { Chart } from "./content.ts";
import { dataBlock, type Html, markup } from "./html/html.ts";
import { type Picture, pictureOf } from "./html/svg.ts";
import { image, imagePlace, imagesIn } from "./client/still_images.ts";
import { unbroken } from "./html/unbroken.ts";
import { isObject, type Json, withZoom } from "./zoom.ts";

export interface Charts {
  /** The chart in HTML, with its title and a caption. */
  figure(chart: Chart, caption?: Html): Html;
  /** The run's picture of the chart without its title; `use` is unique for the chart in the page. */
  picture(chart: Chart, use: string): Html | false;
  /** The specifications of all charts so far, as data; false if there are none. */
  data(): Html | false;
}

/** Marks that show their values as a tooltip. */
const pointed = ["point", "circle", "square", "bar", "rect", "tick", "arc"];

/** Room around a chart in the page, in pixels. */
const padding = 4;

/** Prepares the charts of a run. `onProblem` gets a sentence for each that is not shown as it should be. */
export async function openCharts(
  charts: readonly Chart[],
  onProblem: (message: string) => void,
): Promise<Charts> {
  const refused = await refusedCharts(charts);
  const drawn = ({ id, job, output, spec, svg }: Chart, use: string): Picture | undefined => {
    if (svg === undefined) return undefined;
    try {
      return pictureOf(svg, `${id}:${use}`, titleOf(spec).title, { crop: true });
    } catch (error) {
      onProblem(`${job}: the picture of ${output} is not shown: ${messageOf(error)}.`);
    }
  };
  const specs: string[] = [];
  return {
    picture: (chart, use) => drawn(chart, use)?.html ?? false,
    figure(chart, caption) {
      const { id, job, output, spec } = chart;
      const { title, subtitle } = titleOf(spec);
      const description = typeof spec.description === "string" ? spec.description : title;
      const picture = drawn(chart, "picture");
      const interactive = withTooltips(spec);
      const zoomed = withZoom(interactive);
      const { title: _, ...rest } = zoomed ?? interactive;
      const untitled = { ...rest, padding };
      const refusal = refused.get(chart);
      if (refusal !== undefined) onProblem(`${job}: ${output} is not shown: ${refusal}.`);
      else specs.push(withoutImages(JSON.stringify(untitled), picture));
      const from = refusal === undefined &&
        markup` data-spec="${specs.length - 1}"${zoomed !== undefined && markup` data-zooms`}`;
      const still = picture !== undefined && markup`<noscript>${picture.html}</noscript>`;
      const { width, height } = picture ?? { width: 0, height: 0 };
      const size = markup` data-width="${width}" data-height="${height}"`;
      const look = isWide(spec) ? "chart wide" : "chart";
      return markup`<figure class="${look}" id="${id}"${size}${from}>
<figcaption class="title"><strong>${title}</strong>${
        subtitle !== "" && markup` <span>${subtitle}</span>`
      }</figcaption>
<div class="drawing" data-label="${title}" aria-describedby="${id}:text">${still}</div>
${caption !== undefined && markup`<p class="caption">${caption}</p>`}
<p class="unseen" id="${id}:text">${description}</p>
</figure>\n`;
    },
    data: () => specs.length > 0 && dataBlock("specs", specs.join("\n")),
  };
}

/**
 * Charts that Vega-Lite refuses, with its reason. Compiling takes a while, so it is done for those without a
 * picture: the others were drawn by their stage, and the page shows the picture where it cannot draw them.
 */
async function refusedCharts(charts: readonly Chart[]): Promise<Map<Chart, string>> {
  const refused = new Map<Chart, string>();
  const undrawn = charts.filter(({ svg }) => svg === undefined);
  if (undrawn.length === 0) return refused;
  const { compile } = await import("vega-lite");
  // The stage that made the chart has shown its warnings; here they must not break the output.
  const quiet = () => logger;
  const logger = { level: quiet, error: quiet, warn: quiet, info: quiet, debug: quiet } as never;
  for (const chart of undrawn) {
    try {
      compile(chart.spec as never, { logger });
    } catch (error) {
      refused.set(chart, messageOf(error));
    }
  }
  return refused;
}

/** A specification, as JSON, whose images are places in its picture: the page has each image once. */
function withoutImages(spec: string, picture: Picture | undefined): string {
  const images = imagesIn(picture?.html.text ?? "");
  return spec.replaceAll(image, (found) => {
    const place = images.indexOf(found);
    return place < 0 ? found : `${imagePlace}${place}`;
  });
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const lines = (text: unknown): string =>
  unbroken(Array.isArray(text) ? text.join(" ") : String(text ?? ""));

/** Title and subtitle, each in one line. */
const titleOf = ({ title }: Json): { title: string; subtitle: string } =>
  isObject(title)
    ? { title: lines(title.text), subtitle: lines(title.subtitle) }
    : { title: lines(title), subtitle: "" };

/** Most panels side by side in half a row. */
const mostPanels = 4;

/** Many panels side by side need a whole row; other charts share one where there is room. */
export function isWide(spec: Json): boolean {
  if (Array.isArray(spec.hconcat)) return spec.hconcat.length > mostPanels;
  if (isObject(spec.facet) && spec.facet.column !== undefined) return true;
  return typeof spec.columns === "number" && spec.columns > mostPanels;
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
