/**
 * Merges two runs' charts into one: Vega-Lite specifications that differ only in their data get the data
 * of both, and dashes, shapes or opacity by run. Others cannot be merged.
 */
import { isObject, type Json, markOf } from "../zoom.ts";
import { canonicalJson } from "../../formats/json.ts";

/** The field that tells the runs apart. */
export const runField = "run (A or B)";

/** Members of a chart that are not drawn from its data. */
const said = ["data", "title", "description", "name", "$schema", "config", "datasets", "usermeta"];

const parts = ["layer", "hconcat", "vconcat", "concat"] as const;

/** Transforms that keep the fields of a datum. */
const keeping = ["calculate", "filter", "fold", "flatten"];

const without = (spec: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => !names.includes(name)));

const sameBuild = (a: unknown, b: unknown): boolean =>
  canonicalJson(a ?? null) === canonicalJson(b ?? null);

/** True if anything in a specification, however deep, names something to fetch. */
export function fetches(spec: unknown): boolean {
  if (Array.isArray(spec)) return spec.some(fetches);
  if (!isObject(spec)) return false;
  return Object.entries(spec).some(([name, value]) =>
    name === "url" || name === "href" || name === "loader" || fetches(value)
  );
}

/** One specification with the data of both; undefined where the two are built in different ways. */
export function overlay(a: unknown, b: unknown): Json | undefined {
  if (!isObject(a) || !isObject(b) || fetches(a) || fetches(b)) return undefined;
  if (a.datasets !== undefined || b.datasets !== undefined) return undefined;
  const merged = mergedView(a, b);
  if (merged === undefined) return undefined;
  return {
    ...merged,
    ...(a.$schema === undefined ? {} : { $schema: a.$schema }),
    ...(a.config === undefined ? {} : { config: a.config }),
  };
}

function mergedView(a: Json, b: Json): Json | undefined {
  const data = mergedData(a.data, b.data);
  if (data === "incomparable") return undefined;
  const own = data === undefined ? {} : { data };
  if (!keepsFields(a.transform)) return undefined;
  const list = parts.find((part) => Array.isArray(a[part]) || Array.isArray(b[part]));
  if (list !== undefined) {
    const [x, y] = [a[list], b[list]];
    if (!Array.isArray(x) || !Array.isArray(y) || x.length !== y.length) return undefined;
    if (!sameBuild(without(a, [...said, list]), without(b, [...said, list]))) return undefined;
    const views = x.map((view, i) =>
      isObject(view) && isObject(y[i]) ? mergedView(view, y[i]) : undefined
    );
    if (views.some((view) => view === undefined)) return undefined;
    return { ...without(a, [...said, list]), ...own, [list]: views };
  }
  if (!sameBuild(without(a, said), without(b, said))) return undefined;
  if (isObject(a.spec) && isObject(b.spec)) {
    const spec = mergedView(a.spec, b.spec);
    return spec && { ...without(a, said), ...own, spec };
  }
  if (covering.includes(markOf(a)) || isStacked(a)) return undefined;
  return { ...without(a, said), ...own, ...byRun(a) };
}

/** True if areas or bars of several colours are stacked, which is Vega-Lite's default. */
function isStacked(view: Json): boolean {
  const channels = isObject(view.encoding) ? view.encoding : {};
  const coloured = ["color", "fill", "detail"].some((channel) => isField(channels[channel]));
  return ["area", "bar"].includes(markOf(view)) && coloured && channels.y2 === undefined &&
    channels.x2 === undefined;
}

const isField = (channel: unknown): boolean => isObject(channel) && channel.field !== undefined;

/** Marks that would hide each other. */
const covering = ["rect", "image", "arc", "geoshape"];

const keepsFields = (transform: unknown): boolean =>
  transform === undefined ||
  Array.isArray(transform) &&
    transform.every((one) => isObject(one) && keeping.some((name) => name in one));

/** Undefined where neither has any; "incomparable" where they are not lists of objects. */
function mergedData(a: unknown, b: unknown): Json | undefined | "incomparable" {
  if (a === undefined && b === undefined) return undefined;
  const values = [a, b].map((data) => isObject(data) ? data.values : undefined);
  if (!values.every((list) => Array.isArray(list) && list.every(isObject))) return "incomparable";
  const [x, y] = values as Json[][];
  return {
    values: [
      ...x.map((datum) => ({ ...datum, [runField]: "A" })),
      ...y.map((datum) => ({ ...datum, [runField]: "B" })),
    ],
  };
}

/** The mark and encoding with a channel for the run that the chart does not use. */
function byRun({ mark, encoding }: Json): Json {
  if (mark === undefined) return {};
  const type = markOf({ mark });
  const channels = isObject(encoding) ? { ...encoding } : {};
  const run = { field: runField, type: "nominal", legend: { title: "Run" } };
  if (["line", "trail", "rule"].includes(type)) {
    const strokeDash = { ...run, scale: { domain: ["A", "B"], range: [[1, 0], [4, 3]] } };
    return { mark, encoding: { ...channels, strokeDash } };
  }
  if (type === "point" && channels.shape === undefined) {
    const shape = { ...run, scale: { domain: ["A", "B"], range: ["circle", "cross"] } };
    return { mark, encoding: { ...channels, shape } };
  }
  if (type === "bar" && channels.xOffset === undefined && isDiscrete(channels.x)) {
    return { mark, encoding: { ...channels, xOffset: { field: runField, type: "nominal" } } };
  }
  const given = isObject(mark) ? mark.opacity ?? mark.fillOpacity : undefined;
  const whole = typeof given === "number" ? given : type === "area" ? 0.5 : 0.8;
  // By value: layers share a scale, and each has an opacity of its own.
  const ofB = { test: `datum["${runField}"] === "B"`, value: whole / 2 };
  const opacity = { condition: ofB, value: whole };
  if (type === "area" || type === "bar") {
    // The runs stand beside each other, not one on the other.
    for (const axis of ["x", "y"] as const) {
      if (isObject(channels[axis])) channels[axis] = { ...channels[axis], stack: null };
    }
  }
  const detail = [channels.detail ?? [], { field: runField, type: "nominal" }].flat();
  return { mark, encoding: { ...channels, detail, opacity: channels.opacity ?? opacity } };
}

const isDiscrete = (channel: unknown): boolean =>
  isObject(channel) && (channel.type === "nominal" || channel.type === "ordinal");
