/**
 * Fits a chart's specification to the width there is: panels grow and shrink, stand below each other where
 * they would become too narrow, and legends take more lines. Charts that place marks by pixels are scaled
 * as pictures instead.
 */
import { isObject, type Json } from "../zoom.ts";

/** Panels narrower than this stand below each other, in pixels. */
const leastPanel = 105;

/** No panel is narrower, in pixels. */
const least = 48;

/**
 * Reads how a chart is resized: as a picture, whose parts have fixed sizes, or in its width alone.
 * Others become lower too.
 */
const resizeOf = ({ usermeta }: Json): unknown => isObject(usermeta) ? usermeta.resize : undefined;

/** Least height of a shrunken chart, in pixels, and the share of its height that it keeps. */
const lower = { height: 200, share: 0.62 };

/** Mean advance of an axis title's letters, and the narrowest line that it is broken into, in pixels. */
const letter = 6.2;
const leastLine = 110;

/** A text in lines of about the same length, none wider than `width` if its words allow that. */
function inLines(text: string, width: number): string | string[] {
  const count = Math.ceil(text.length * letter / Math.max(leastLine, width));
  if (count < 2) return text;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const isFull = last === undefined || last.length + word.length / 2 > text.length / count;
    if (isFull && lines.length < count) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}

/** A view whose title below the x axis is no wider than the view, because it would keep it narrow. */
function withTitleInLines(view: Json, width: number): Json {
  const result = { ...view };
  if (isObject(view.encoding) && isObject(view.encoding.x)) {
    const { x } = view.encoding;
    const axis = isObject(x.axis) && typeof x.axis.title === "string"
      ? { axis: { ...x.axis, title: inLines(x.axis.title, width) } }
      : {};
    const title = typeof x.title === "string" ? { title: inLines(x.title, width) } : {};
    result.encoding = { ...view.encoding, x: { ...x, ...title, ...axis } };
  }
  if (Array.isArray(view.layer)) {
    result.layer = view.layer.map((one) => isObject(one) ? withTitleInLines(one, width) : one);
  }
  return result;
}

/** A specification with every panel's width times `factor`; a narrow one is lower too, if it may. */
export function stretched(
  spec: Json,
  factor: number,
  isLowered = resizeOf(spec) !== "width",
): Json {
  const width = typeof spec.width === "number" ? Math.max(least, spec.width * factor) : undefined;
  const result: Json = width === undefined ? { ...spec } : withTitleInLines(spec, width);
  if (width !== undefined) result.width = width;
  if (isLowered && typeof spec.height === "number" && spec.height > lower.height && factor < 1) {
    result.height = Math.max(lower.height, spec.height * Math.max(lower.share, factor));
  }
  if (isObject(spec.spec)) result.spec = stretched(spec.spec, factor, isLowered);
  for (const composition of ["hconcat", "vconcat", "concat"]) {
    const members = spec[composition];
    if (!Array.isArray(members)) continue;
    result[composition] = members.map((one) =>
      isObject(one) ? stretched(one, factor, isLowered) : one
    );
  }
  return result;
}

/** Widths of panels in a row; empty where they are not known. */
function panelsOf(spec: Json): number[] {
  const widthOf = (one: unknown) => isObject(one) && typeof one.width === "number" ? one.width : 0;
  if (Array.isArray(spec.hconcat)) return spec.hconcat.map(widthOf);
  if (typeof spec.columns !== "number") return [];
  const member = isObject(spec.spec) ? spec.spec : Array.isArray(spec.concat) ? spec.concat[0] : {};
  return Array.from({ length: spec.columns }, () => widthOf(member));
}

/** The specification with fewer panels in a row, where at `factor` they would be too narrow. */
export function stacked(spec: Json, factor: number): Json {
  const panels = panelsOf(spec);
  if (panels.length < 2 || Math.min(...panels) === 0) return spec;
  const sum = panels.reduce((all, one) => all + one, 0);
  return inColumns(spec, Math.max(1, Math.floor(sum * factor / leastPanel)));
}

/** The specification with no more panels in a row; those of a list stand in one row or one column. */
function inColumns(spec: Json, columns: number): Json {
  if (columns >= panelsOf(spec).length) return spec;
  if (Array.isArray(spec.hconcat)) {
    const { hconcat, ...rest } = spec;
    return { ...rest, vconcat: hconcat };
  }
  return panelCount(spec) % columns === 0
    ? { ...spec, columns }
    : withOwnAxes({ ...spec, columns });
}

/** Number of the panels that a facet makes of its data; where it is not known, of those in a row. */
function panelCount({ columns, facet, data }: Json): number {
  const values = isObject(data) && Array.isArray(data.values) ? data.values.filter(isObject) : [];
  const field = isObject(facet) && typeof facet.field === "string" ? facet.field : undefined;
  const panels = field === undefined ? 0 : new Set(values.map((value) => value[field])).size;
  return panels || Number(columns);
}

/**
 * The specification with an x axis below each panel. Where the last row is not full, the one of a whole
 * column would be below an empty place.
 */
function withOwnAxes(spec: Json): Json {
  const resolve = isObject(spec.resolve) ? spec.resolve : {};
  const axis = isObject(resolve.axis) ? resolve.axis : {};
  return { ...spec, resolve: { ...resolve, axis: { ...axis, x: "independent" } } };
}

/** The specification with one column less in each legend; undefined where all have one. */
export function narrowerLegends(spec: Json): Json | undefined {
  let changed = false;
  const narrowed = (value: unknown, key = ""): unknown => {
    if (Array.isArray(value)) return value.map((one) => narrowed(one));
    if (!isObject(value) || key === "data" || key === "datasets") return value;
    const result = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, narrowed(v, k)]));
    if (key === "legend" && typeof value.columns === "number" && value.columns > 1) {
      changed = true;
      result.columns = value.columns - 1;
    }
    return result;
  };
  const result = narrowed(spec) as Json;
  return changed ? result : undefined;
}

/** Pixels by which a chart may be narrower than its place. */
const slack = 8;

/** Most drawings of one chart. */
const most = 8;

/**
 * Draws a specification until it is as wide as `available`, or cannot be. `natural` is its width as it is;
 * `draw` shows a specification and returns its width, all in pixels.
 */
export async function fit(
  spec: Json,
  { available, natural }: { available: number; natural: number },
  draw: (spec: Json) => Promise<number>,
): Promise<void> {
  if (resizeOf(spec) === "picture" || !(natural > 0)) {
    await draw(spec);
    return;
  }
  // A picture may be as wide as its title; panels in a row are measured without.
  if (panelsOf(spec).length > 1) natural = await draw(spec);
  let current = stacked(spec, available / natural);
  let factor = current === spec ? available / natural : 1;
  let before: { factor: number; width: number } | undefined;
  for (let i = 0; i < most; i++) {
    const width = await draw(stretched(current, factor));
    if (width <= available && width >= available - slack) return;
    // The width is linear in the factor; a legend that is too wide is not.
    const slope = before === undefined || before.factor === factor
      ? natural
      : (width - before.width) / (factor - before.factor);
    const next = factor + (available - slack / 2 - width) / slope;
    const isStuck = !(slope > natural / 20) || !(next > 0.02);
    const panels = panelsOf(current);
    if (
      width > available && panels.length > 1 && (isStuck || Math.min(...panels) * next < leastPanel)
    ) {
      // Texts above the panels keep them apart: fewer in a row get more room.
      natural *= (panels.length - 1) / panels.length;
      current = inColumns(current, panels.length - 1);
      factor = available / natural;
      before = undefined;
      continue;
    }
    if (isStuck && width <= available) return;
    const narrower = isStuck ? narrowerLegends(current) : undefined;
    if (isStuck && narrower === undefined) return;
    before = isStuck ? undefined : { factor, width };
    current = narrower ?? current;
    factor = isStuck ? available / natural : next;
  }
}
