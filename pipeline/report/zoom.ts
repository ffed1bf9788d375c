/**
 * Adds zoom to charts: a selection in a Vega-Lite specification that is bound to the scales of its curves.
 * Charts with selections of their own, or nothing to zoom along, stay as they are.
 */

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Name of the selection in a chart of one view, whose signals the page's buttons set. */
const zoomName = "zoom";

const curves = ["line", "area", "trail"];

/** Marks that zooming may move out of the frame, where they are cut off. */
const cutOff = [...curves, "rule", "point", "circle", "square"];

export const markOf = ({ mark }: Json): string => String(isObject(mark) ? mark.type : mark);

const isContinuous = (channel: unknown): boolean =>
  isObject(channel) && (channel.type === "quantitative" || channel.type === "temporal") &&
  channel.bin === undefined && channel.aggregate === undefined && typeof channel.field === "string";

/** The specification with zoom for each of its views that has curves; undefined where none has. */
export function withZoom(spec: Json): Json | undefined {
  if (JSON.stringify(spec).includes('"params":')) return undefined;
  for (const composition of ["hconcat", "vconcat", "concat"]) {
    const members = spec[composition];
    if (!Array.isArray(members)) continue;
    const zoomed = members.map((member, i) =>
      isObject(member) ? zoomedView(member, `${zoomName}${i + 1}`) : undefined
    );
    if (zoomed.every((member) => member === undefined)) return undefined;
    return { ...spec, [composition]: members.map((member, i) => zoomed[i] ?? member) };
  }
  // Facets stay: drawn anew, small panels would lose the width that their title needs.
  if (spec.facet !== undefined) return undefined;
  return zoomedView(spec, zoomName);
}

/** A single view, or layers, whose curves have continuous axes. */
function zoomedView(spec: Json, name: string): Json | undefined {
  const views = Array.isArray(spec.layer) ? spec.layer.filter(isObject) : [spec];
  const shared = isObject(spec.encoding) ? spec.encoding : {};
  if (["row", "column", "facet"].some((channel) => shared[channel] !== undefined)) return undefined;
  const at = views.findIndex((view) => {
    const encoding: Json = { ...shared, ...(isObject(view.encoding) ? view.encoding : {}) };
    return curves.includes(markOf(view)) && isContinuous(encoding.x) && isContinuous(encoding.y);
  });
  if (at < 0) return undefined;
  const params = [{
    name,
    bind: "scales",
    // The wheel alone scrolls the page.
    select: {
      type: "interval",
      zoom: "wheel![event.ctrlKey || event.metaKey]",
      clear: "dblclick",
    },
  }];
  // Not cut off as long as it is not zoomed: a point at the edge is to be seen whole.
  const clip = { expr: `length(data('${name}_store')) > 0` };
  const cut = (view: Json): Json =>
    cutOff.includes(markOf(view))
      ? { ...view, mark: { ...(isObject(view.mark) ? view.mark : { type: view.mark }), clip } }
      : view;
  if (!Array.isArray(spec.layer)) return { ...cut(spec), params };
  return {
    ...spec,
    layer: views.map((view, i) => i === at ? { ...cut(view), params } : cut(view)),
  };
}
