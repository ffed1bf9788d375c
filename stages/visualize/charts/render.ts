/**
 * Renders a Vega-Lite specification to SVG and PNG, the same bytes each time: no DOM, no system
 * fonts. Only this file loads vega and resvg, when a chart is drawn.
 */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { withResolution } from "./png_resolution.ts";
import { withTextLengths } from "./text_length.ts";
import { openTextWidth } from "./text_width.ts";
import { fontFamily } from "./chart_theme.ts";

/** npm packages of which files are read here. */
export const renderPackages = ["@expo-google-fonts/inter", "@resvg/resvg-wasm"] as const;

const fontFiles = [
  "@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf",
  "@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf",
];

/** Pixels of the PNG for one of the SVG. */
const scale = 2;

/** Pixels of an SVG, by CSS. */
const pixelsPerInch = 96;

interface Renderer {
  render(spec: ChartSpec): Promise<{ svg: string; png: Uint8Array }>;
}

/** Loads what drawing needs. */
export async function openRenderer(
  { readPackageFile }: Pick<Effects, "readPackageFile">,
): Promise<Renderer> {
  const [vega, vegaLite, resvg] = await Promise.all([
    import("vega"),
    import("vega-lite"),
    import("@resvg/resvg-wasm"),
  ]);
  const fontBuffers = await Promise.all(fontFiles.map(readPackageFile));
  const [regular, semiBold] = fontBuffers;
  // A function of vega-scenegraph, whose types vega's do not name.
  const { textMetrics } = vega as unknown as { textMetrics: { width: unknown } };
  const widthOf = await openTextWidth({ regular, semiBold });
  textMetrics.width = widthOf;
  try {
    await resvg.initWasm(await readPackageFile("@resvg/resvg-wasm/index_bg.wasm"));
  } catch (error) {
    // The module can be initialised once in a thread; an earlier job may have done so.
    if (!String(error).includes("Already initialized")) throw error;
  }
  return {
    async render(spec) {
      // Ids of clip paths and gradients count up from one view to the next.
      vega.resetSVGDefIds();
      const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
      const drawn = compact(await view.toSVG());
      view.finalize();
      const image = new resvg.Resvg(drawn, {
        font: { fontBuffers, defaultFontFamily: fontFamily, loadSystemFonts: false } as never,
        fitTo: { mode: "zoom", value: scale },
      });
      const rendered = image.render();
      const png = rendered.asPng();
      rendered.free();
      image.free();
      return {
        svg: withTextLengths(drawn, widthOf),
        png: withResolution(png, scale * pixelsPerInch),
      };
    },
  };
}

/**
 * The same picture in fewer bytes: coordinates to a hundredth of a pixel, so that the last digit of an
 * engine's sine does not decide on any; without what is the default anyway, and what is not seen.
 */
const compact = (svg: string): string =>
  svg.replace(
    /<[^>]+>/g,
    (tag) =>
      /^<path class="(background|foreground)"/.test(tag) && !/ (fill|stroke)="#/.test(tag)
        ? ""
        : tag.replace(/-?\d+\.\d{3,}(e-\d+)?/g, (long) => String(Number(Number(long).toFixed(2))))
          .replaceAll(/ (opacity="1"|aria-hidden="true")/g, ""),
  );
