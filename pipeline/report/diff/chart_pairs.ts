/**
 * Pairs the charts of two runs: overlaid where their specifications can be merged, otherwise two pictures
 * on one spot that a reader blends.
 */
import type { OutputComparison } from "../../../schemas/run/comparison.ts";
import { type Html, markup } from "../html/html.ts";
import { pictureOf } from "../html/svg.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { wholeOf } from "../../store/content_pieces.ts";
import type { Draw } from "./diff_drawing.ts";
import { overlay } from "./overlay.ts";

export interface ComparedChart {
  /** The job and the chart's name. */
  title: string;
  body: Html;
}

/** Cap on a specification or picture, in bytes; a larger one is not shown. */
const largest = 4 << 20;

/** Charts that differ, in the order of the data; each once, in the best of its forms. */
export async function comparedCharts(
  a: RunSource,
  b: RunSource,
  outputs: readonly OutputComparison[],
  draw: Draw,
): Promise<ComparedChart[]> {
  const differing = outputs.filter(({ a, b, agreement }) =>
    a !== null && b !== null && agreement !== "identical"
  );
  const shown = new Set<string>();
  const charts: ComparedChart[] = [];
  for (const form of [overlaid, blendedDrawings, blendedImages]) {
    for (const output of differing) {
      const title = `${output.job} ${output.output.replace(/\.(vl\.json|svg|png)$/, "")}`;
      if (shown.has(title)) continue;
      const read = (source: RunSource) => {
        const inspected = source.inspect(output.job, output.output);
        return inspected.state === "whole" && inspected.content.size <= largest
          ? wholeOf(inspected.content)
          : undefined;
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
  const changes = picture !== null &&
    markup`<h4>What changed</h4>${image(picture, "Changed pixels in red")}`;
  return markup`${blended(id, image(a.toBase64(), "A"), image(b.toBase64(), "B"))}${changes}`;
};

/** Two pictures on one spot. A choice without a script says how much of each shows. */
function blended(id: string, a: Html, b: Html): Html {
  const choices = ["A", "3 : 1", "1 : 1", "1 : 3", "B"].map((step, i) => {
    const checked = i === 2 && markup` checked`;
    const input = markup`<input type="radio" name="${id}" class="blend-${i}"${checked}>`;
    return markup`<label>${input}${step}</label>`;
  });
  return markup`<fieldset class="blend"><legend>Blend</legend>
${choices}
<div class="blended"><div class="under">${a}</div><div class="over">${b}</div></div></fieldset>`;
}
