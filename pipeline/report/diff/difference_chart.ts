/**
 * Makes a chart of the difference B − A from two specifications of one build: each measured value of B less
 * that of A at the same place. Gives nothing where a chart has no such value in its data.
 */
import { isObject, type Json, markOf } from "../zoom.ts";
import { canonicalJson } from "../../formats/json.ts";
import { fetches } from "./overlay.ts";

/** The field that holds the difference. */
const differenceField = "B − A";

const lists = ["hconcat", "vconcat", "concat"] as const;

/** The chart of the differences; undefined where there is none. */
export function differenceChart(a: unknown, b: unknown): Json | undefined {
  if (!isObject(a) || !isObject(b) || fetches(a) || fetches(b)) return undefined;
  const view = viewOf(a, b, valuesOf(a), valuesOf(b));
  return view && {
    ...view,
    ...(a.$schema === undefined ? {} : { $schema: a.$schema }),
    ...(a.config === undefined ? {} : { config: a.config }),
  };
}

/** The data of a view, if they are in it. */
function valuesOf({ data }: Json, inherited?: Json[]): Json[] | undefined {
  if (data === undefined) return inherited;
  const values = isObject(data) ? data.values : undefined;
  return Array.isArray(values) && values.every(isObject) ? values as Json[] : undefined;
}

function viewOf(
  a: Json,
  b: Json,
  valuesA: Json[] | undefined,
  valuesB: Json[] | undefined,
  outer: Json = {},
): Json | undefined {
  const flat = [[a, valuesA], [b, valuesB]] as const;
  const [flatA, flatB] = flat.map(([{ transform }, values]) => flattened(values, transform));
  if (flatA === "unknown" || flatB === "unknown") return undefined;
  [valuesA, valuesB] = [flatA, flatB];
  const below = (x: unknown, y: unknown, encoding: Json) =>
    isObject(x) && isObject(y)
      ? viewOf(x, y, valuesOf(x, valuesA), valuesOf(y, valuesB), encoding)
      : undefined;
  const list = lists.find((one) => Array.isArray(a[one]) && Array.isArray(b[one]));
  if (list !== undefined) {
    const [x, y] = [a[list] as unknown[], b[list] as unknown[]];
    const views = x.flatMap((one, i) => below(one, y[i], outer) ?? []);
    return views.length === 0 ? undefined : { [list]: views };
  }
  const encoding = { ...outer, ...isObject(a.encoding) ? a.encoding : {} };
  const size = Object.fromEntries(
    ["width", "height"].filter((name) => a[name] !== undefined).map((name) => [name, a[name]]),
  );
  if (isObject(a.spec) && isObject(b.spec) && isObject(a.facet)) {
    // A facet is a channel of the one view that is left.
    const facets = a.facet.field === undefined ? a.facet : { facet: a.facet };
    return below(a.spec, b.spec, { ...outer, ...facets });
  }
  if (Array.isArray(a.layer) && Array.isArray(b.layer)) {
    const others = b.layer;
    // The first layer that has a measured value: others explain it.
    for (const [i, layer] of a.layer.entries()) {
      const view = below(layer, others[i], encoding);
      if (view !== undefined) return { ...size, ...view };
    }
    return undefined;
  }
  if (a.mark === undefined || valuesA === undefined || valuesB === undefined) return undefined;
  const measured = measuredChannel(encoding, a.mark);
  if (measured === undefined) return undefined;
  const [channel, field] = measured;
  const values = differences(valuesA, valuesB, field, keyFields(encoding, field));
  // Another layer may differ.
  if (values.every((datum) => datum[differenceField] === 0)) return undefined;
  const kept = Object.entries(encoding).filter(([name]) => !["y2", "x2", "tooltip"].includes(name));
  return {
    ...size,
    data: { values },
    mark: a.mark,
    encoding: { ...Object.fromEntries(kept), [channel]: differenceChannel(channel) },
  };
}

/** Data with the lists in some of their fields spread out; "unknown" after any other transformation. */
function flattened(
  values: Json[] | undefined,
  transform: unknown,
): Json[] | undefined | "unknown" {
  if (transform === undefined || values === undefined) return values;
  if (!Array.isArray(transform)) return "unknown";
  for (const one of transform) {
    if (!isObject(one) || Object.keys(one).join() !== "flatten" || !Array.isArray(one.flatten)) {
      return "unknown";
    }
    const fields = one.flatten as string[];
    values = values.flatMap((datum) => {
      const lists = fields.map((field) => datum[field]);
      if (!lists.every(Array.isArray)) return [];
      return (lists[0] as unknown[]).map((_, i) => ({
        ...datum,
        ...Object.fromEntries(fields.map((field, k) => [field, (lists[k] as unknown[])[i]])),
      }));
    });
  }
  return values;
}

const isNumeric = (channel: unknown): channel is Json & { field: string } =>
  isObject(channel) && channel.type === "quantitative" && typeof channel.field === "string" &&
  channel.aggregate === undefined && channel.bin === undefined;

/** The channel that shows the measured value, and its field: the height, a cell's colour, a bar's length. */
function measuredChannel(
  encoding: Json,
  mark: unknown,
): [channel: string, field: string] | undefined {
  const type = markOf({ mark });
  if (["text", "rule", "errorbar", "errorband", "image", "geoshape", "arc"].includes(type)) {
    return undefined;
  }
  const order = type === "rect" ? ["color", "fill"] : ["y", "x"];
  for (const channel of order) {
    const found = encoding[channel];
    if (isNumeric(found)) return [channel, found.field];
  }
}

/** Fields by which a datum of B is that of A: all that are encoded but the measured one. */
function keyFields(encoding: Json, measured: string): string[] {
  const channels = Object.entries(encoding).filter(([name]) =>
    !["tooltip", "y2", "x2"].includes(name)
  )
    .flatMap(([, channel]) => channel);
  const fields = channels.flatMap((channel) =>
    isObject(channel) && typeof channel.field === "string" ? [channel.field] : []
  );
  return [...new Set(fields)].filter((field) => field !== measured);
}

function differences(
  a: readonly Json[],
  b: readonly Json[],
  field: string,
  keys: readonly string[],
): Json[] {
  const keyOf = (datum: Json) => canonicalJson(keys.map((key) => datum[key] ?? null));
  const before = new Map(a.map((datum) => [keyOf(datum), datum[field]]));
  // One value a place, or it is not known which to compare.
  if (before.size !== a.length) return [];
  return b.flatMap((datum) => {
    const [x, y] = [before.get(keyOf(datum)), datum[field]];
    return typeof x === "number" && typeof y === "number"
      ? [{ ...datum, [differenceField]: y - x }]
      : [];
  });
}

/** The difference on a scale of its own, which has zero in its middle for colours. */
function differenceChannel(channel: string): Json {
  const own = { field: differenceField, type: "quantitative", title: differenceField };
  return channel === "color" || channel === "fill"
    ? { ...own, scale: { scheme: "blueorange", domainMid: 0 } }
    : { ...own, stack: null };
}
