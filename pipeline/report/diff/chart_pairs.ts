/**
 * The charts of two runs, each pair as it can best be compared: laid over each other where their
 * specifications can be merged, otherwise the two pictures on one spot, to be blended.
 */
import type { OutputComparison } from "../../../schemas/run/comparison.ts";
import { type Html, markup } from "../html/html.ts";
import { pictureOf } from "../html/svg.ts";
import type { RunSource } from "../../runs/run_source.ts";
import type { Draw } from "./diff_drawing.ts";
import { overlay } from "./overlay.ts";

export interface ComparedChart {
  /** The job and the chart's name. */
  title: string;
  body: Html;
}

/** A specification or picture that is larger, in bytes, is not shown. */
const largest = 4 << 20;

/** Charts that differ, in the data's way; each is shown once, by the best of its forms. */
export async function comparedCharts(
  a: RunSource,
  b: RunSource,
  outputs: readonly OutputComparison[],
  draw: Draw,
): Promise<ComparedChart[]> {
  const apart = outputs.filter(({ a, b, agreement }) =>
    a !== null && b !== null && agreement !== "identical"
  );
  const shown = new Set<string>();
  const charts: ComparedChart[] = [];
  for (const form of [overlaid, blendedDrawings, blendedImages]) {
    for (const output of apart) {
      const title = `${output.job} ${output.output.replace(/\.(vl\.json|svg|png)$/, "")}`;
      if (shown.has(title)) continue;
      const read = (source: RunSource) => {
        const inspected = source.inspect(output.job, output.output);
        const { bytes } = inspected.state === "whole" ? inspected : {};
        return bytes !== undefined && bytes.length <= largest ? bytes : undefined;
      };
      const body = await form(output, read(a), read(b), `chart-${charts.length}`, draw);
      if (body === undefined) continue;
      shown.add(title);
      charts.push({ title, body });
    }
  }
  return charts;
}

type Form = (
  output: OutputComparison,
  a: Uint8Array<ArrayBuffer> | undefined,
  b: Uint8Array<ArrayBuffer> | undefined,
  id: string,
  draw: Draw,
) => Promise<Html | undefined> | Html | undefined;

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const overlaid: Form = async ({ type }, a, b, id, draw) => {
  if (type !== "vega-lite-spec" || a === undefined || b === undefined) return undefined;
  try {
    const merged = overlay(JSON.parse(textOf(a)), JSON.parse(textOf(b)));
    if (merged === undefined) return undefined;
    const { html } = pictureOf(await draw(merged), id, "The charts of both runs, overlaid");
    return markup`<div class="drawing">${html}</div>
<p class="note">A and B in one chart: B's lines are dashed, its points crosses, its areas fainter.</p>`;
  } catch {
    // It cannot be drawn, or has what the page does not allow: its pictures are shown instead.
    return undefined;
  }
};

const blendedDrawings: Form = ({ mediaType }, a, b, id) => {
  if (mediaType !== "image/svg+xml" || a === undefined || b === undefined) return undefined;
  try {
    const [x, y] = [a, b].map((bytes, i) =>
      pictureOf(textOf(bytes), `${id}-${i}`, `The chart of ${i === 0 ? "A" : "B"}`).html
    );
    return blended(id, x, y);
  } catch {
    return undefined;
  }
};

const blendedImages: Form = ({ mediaType, detail }, a, b, id) => {
  if (mediaType !== "image/png" || a === undefined || b === undefined) return undefined;
  const image = (base64: string, alt: string) =>
    markup`<img src="data:image/png;base64,${base64}" alt="${alt}">`;
  const picture = detail?.kind === "image" ? detail.picture : null;
  return markup`${blended(id, image(a.toBase64(), "A"), image(b.toBase64(), "B"))}${
    picture !== null && markup`<h4>What changed</h4>${image(picture, "Changed pixels in red")}`
  }`;
};

/** Two pictures on one spot; which is seen how well is chosen without a script. */
function blended(id: string, a: Html, b: Html): Html {
  const steps = ["A", "3 : 1", "1 : 1", "1 : 3", "B"];
  return markup`<fieldset class="blend"><legend>Blend</legend>
${
    steps.map((step, i) =>
      markup`<label><input type="radio" name="${id}" class="blend-${i}"${
        i === 2 && markup` checked`
      }>${step}</label>`
    )
  }
<div class="blended"><div class="under">${a}</div><div class="over">${b}</div></div></fieldset>`;
}
