/** Declares and draws the charts of one stage, each in three forms. */
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { chartPng, type ChartSpec, chartSpec, chartSvg } from "../chart_outputs.ts";
import { openRenderer } from "./render.ts";

/** Output types of charts by these names: `NAME.vl.json`, `NAME.svg` and `NAME.png`. */
type ChartOutputs<Name extends string> =
  & { [N in `${Name}.vl.json`]: typeof chartSpec }
  & { [N in `${Name}.svg`]: typeof chartSvg }
  & { [N in `${Name}.png`]: typeof chartPng };

/** Values of those outputs. */
type DrawnCharts<Name extends string> =
  & { [N in `${Name}.vl.json`]: ChartSpec }
  & { [N in `${Name}.svg`]: string }
  & { [N in `${Name}.png`]: Uint8Array };

export const chartOutputs = <const Name extends string>(
  names: readonly Name[],
): ChartOutputs<Name> =>
  Object.fromEntries(names.flatMap((name) => [
    [`${name}.vl.json`, chartSpec],
    [`${name}.svg`, chartSvg],
    [`${name}.png`, chartPng],
  ])) as ChartOutputs<Name>;

/** Draws them one after the other, as what is drawn is large. */
export async function drawCharts<Name extends string>(
  specs: Readonly<Record<Name, ChartSpec>>,
  effects: Pick<Effects, "readPackageFile" | "progress">,
): Promise<DrawnCharts<Name>> {
  const renderer = await openRenderer(effects);
  const all = Object.entries<ChartSpec>(specs);
  const outputs: [string, ChartSpec | string | Uint8Array][] = [];
  for (const [i, [name, spec]] of all.entries()) {
    const { svg, png } = await renderer.render(spec);
    outputs.push([`${name}.vl.json`, spec], [`${name}.svg`, svg], [`${name}.png`, png]);
    effects.progress(i + 1, all.length, "charts");
  }
  return Object.fromEntries(outputs) as DrawnCharts<Name>;
}
