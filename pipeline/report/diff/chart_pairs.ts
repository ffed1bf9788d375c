/**
 * Shows the charts of two runs: on one axis where their specifications can be merged, side by side on the
 * same scales, and as the difference. Pictures without a specification stand side by side.
 */
import type { OutputComparison } from "../../../schemas/run/comparison.ts";
import { compareImages } from "../../diff/images.ts";
import { noBounds } from "../../diff/tolerance_bounds.ts";
import { FormatError } from "../../formats/artifact_type.ts";
import { type Html, markup } from "../html/html.ts";
import { pictureOf } from "../html/svg.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { wholeOf } from "../../store/content_pieces.ts";
import { isObject, type Json } from "../zoom.ts";
import { differenceChart } from "./difference_chart.ts";
import type { Draw } from "./diff_drawing.ts";
import { fetches, overlay } from "./overlay.ts";

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
  for (const form of [specifications, drawings, images]) {
    for (const output of differing) {
      const title = `${output.job} ${output.output.replace(/\.(vl\.json|svg|png)$/, "")}`;
      if (shown.has(title)) continue;
      const read = () => bytesOf([a, b], output);
      const body = await form(output, read, `chart-${charts.length}`, draw);
      if (body === undefined) continue;
      shown.add(title);
      charts.push({ title, body });
    }
  }
  return charts;
}

/** The bytes of an output in both runs; undefined where they are not to be shown. */
function bytesOf(
  runs: readonly RunSource[],
  { job, output }: OutputComparison,
): Uint8Array<ArrayBuffer>[] | undefined {
  const sides = runs.flatMap((run) => {
    const inspected = run.inspect(job, output);
    return inspected.state === "whole" && inspected.content.size <= largest
      ? [wholeOf(inspected.content)]
      : [];
  });
  return sides.length === runs.length ? sides : undefined;
}

/** Reads only outputs of its type. */
type Form = (
  output: OutputComparison,
  read: () => Uint8Array<ArrayBuffer>[] | undefined,
  id: string,
  draw: Draw,
) => Promise<Html | undefined> | Html | undefined;

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const specifications: Form = async ({ type }, read, id, draw) => {
  const specs = type === "vega-lite-spec" ? read() : undefined;
  if (specs === undefined) return undefined;
  const [x, y] = specs.map((bytes) => JSON.parse(textOf(bytes)) as unknown);
  if (!isObject(x) || !isObject(y) || fetches(x) || fetches(y)) return undefined;
  /** Undefined for what cannot be drawn, or has what the page does not allow. */
  const drawn = async (spec: Json | undefined, name: string, label: string) => {
    try {
      return spec && drawing(pictureOf(await draw(spec), `${id}-${name}`, label).html);
    } catch {
      return undefined;
    }
  };
  const views: View[] = [];
  const merged = await drawn(overlay(x, y), "both", "The charts of both runs on one axis");
  if (merged !== undefined) {
    views.push({
      name: "On one axis",
      body: markup`${merged}
<p class="note">B's lines are dashed, its points crosses, its areas fainter.</p>`,
    });
  }
  const sides = await drawn(
    sideBySide(x, y),
    "shared",
    "The charts of A and of B on the same scales",
  );
  const [own, other] = sides === undefined
    ? [await drawn(x, "a", "The chart of A"), await drawn(y, "b", "The chart of B")]
    : [];
  if (sides !== undefined) views.push({ name: "A and B", body: sides });
  else if (own !== undefined && other !== undefined) {
    views.push({ name: "A and B", body: pair(own, other, "Each on its own scales.") });
  }
  const difference = await drawn(differenceChart(x, y), "difference", "B less A");
  if (difference !== undefined) views.push({ name: "Difference", body: difference });
  return views.length === 0 ? undefined : chosen(id, views);
};

/** Both charts, one below the other, on shared scales; undefined where scales cannot be shared. */
function sideBySide(a: Json, b: Json): Json | undefined {
  const isPlain = ({ mark, layer }: Json) => mark !== undefined || layer !== undefined;
  if (!isPlain(a) || !isPlain(b)) return undefined;
  const view = (
    { $schema: _, config: _config, background: _back, padding: _padding, autosize: _fit, ...spec }:
      Json,
    name: string,
  ) => ({ ...spec, title: name });
  return {
    $schema: a.$schema,
    ...(a.config === undefined ? {} : { config: a.config }),
    vconcat: [view(a, "A"), view(b, "B")],
    resolve: { scale: { x: "shared", y: "shared", color: "shared" } },
  };
}

const drawings: Form = ({ mediaType }, read, id) => {
  const sides = mediaType === "image/svg+xml" ? read() : undefined;
  if (sides === undefined) return undefined;
  try {
    const [x, y] = sides.map((bytes, i) =>
      drawing(pictureOf(textOf(bytes), `${id}-${i}`, `The chart of ${i === 0 ? "A" : "B"}`).html)
    );
    return pair(x, y);
  } catch {
    return undefined;
  }
};

const images: Form = async ({ mediaType }, read, id) => {
  const bytes = mediaType === "image/png" ? read() : undefined;
  if (bytes === undefined) return undefined;
  const [a, b] = bytes.map((side) => side.toBase64());
  const image = (base64: string, alt: string) =>
    markup`<img src="data:image/png;base64,${base64}" alt="${alt}">`;
  const sides = pair(image(a, "The picture of A"), image(b, "That of B"));
  const picture = await changedPixels(bytes);
  if (picture === null) return sides;
  const changes = image(picture, "Changed pixels in red");
  return chosen(id, [{ name: "A and B", body: sides }, {
    name: "Changed pixels",
    body: changes,
  }]);
};

/** A picture of what changed, in base64; null where nothing did or the files cannot be compared. */
async function changedPixels([a, b]: readonly Uint8Array[]): Promise<string | null> {
  try {
    const compared = await compareImages(a, b, noBounds, true);
    return "detail" in compared ? compared.detail.picture : null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

const drawing = (html: Html): Html =>
  markup`<figure class="chart"><div class="drawing" tabindex="0">${html}</div></figure>`;

/** Two pictures beside each other, below each other where the page is narrow. */
const pair = (a: Html, b: Html, note = ""): Html =>
  markup`<div class="pair"><div><h4>A</h4>${a}</div><div><h4>B</h4>${b}</div></div>
${note !== "" && markup`<p class="note">${note}</p>`}`;

interface View {
  name: string;
  body: Html;
}

/** Views of which a reader chooses one, without a script; all are printed. */
function chosen(id: string, views: readonly View[]): Html {
  if (views.length === 1) return views[0].body;
  const choices = views.map(({ name }, i) => {
    const checked = i === 0 && markup` checked`;
    const input = markup`<input type="radio" name="${id}" class="choice-${i}"${checked}>`;
    return markup`<label>${input}${name}</label>`;
  });
  const panels = views.map(({ body }, i) => markup`<div class="view-${i}">${body}</div>`);
  return markup`<fieldset class="views"><legend class="unseen">View</legend>
<div class="choices">${choices}</div>
${panels}</fieldset>`;
}
