/**
 * Makes a chart interactive when it comes into view: draws it anew from its specification in the place
 * of the still picture, with buttons for zooming where it can. A chart that fails stays the still
 * picture.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { View } from "vega";
import { unpack } from "./unpack.ts";
import { openView } from "./view.ts";

/** Each press of a button zooms by so much. */
const step = 1.5;

/** Distance from the view at which a chart is prepared. */
const ahead = "300px";

export function enliven(figures: Iterable<HTMLElement>): void {
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      draw(target as HTMLElement).catch((error) => {
        (target as HTMLElement).dataset.state = "still";
        console.warn(`${target.id} stays a still picture:`, error);
      });
    }
  }, { rootMargin: ahead });
  for (const figure of figures) watcher.observe(figure);
}

async function draw(figure: HTMLElement): Promise<void> {
  const drawing = figure.querySelector<HTMLElement>(".drawing[data-spec]");
  if (drawing === null) return;
  const spec = JSON.parse(await unpack(drawing.dataset.spec!));
  const still = drawing.querySelector("svg");
  const live = document.createElement("div");
  live.className = "live";
  live.hidden = still !== null;
  drawing.append(live);
  let view: View;
  try {
    view = await openView(spec, live, still?.getAttribute("aria-label") ?? "");
  } catch (error) {
    live.remove();
    throw error;
  }
  still?.remove();
  live.hidden = false;
  figure.dataset.state = "live";
  if (figure.dataset.zooms !== undefined) addZoom(drawing, live, view);
}

/** The signals of the selection that `../charts.ts` adds are the ones that the wheel sets too. */
function addZoom(drawing: HTMLElement, live: HTMLElement, view: View): void {
  live.dataset.zoomable = "";
  const { signals } = view.getState({ signals: (name) => name === "zoom_tuple_fields" });
  const fields: { field: string; channel: "x" | "y" }[] = signals.zoom_tuple_fields ?? [];
  const middle = (channel: "x" | "y") => {
    const scale = view.scale(channel);
    const [from, to] = scale.range();
    return scale.invert((from + to) / 2);
  };
  // The declared type leaves out the options: the same factor twice has to zoom twice.
  const setSignal = view.signal.bind(view) as (
    name: string,
    value: unknown,
    options: unknown,
  ) => void;
  const zoom = (factor: number) => {
    view.signal("zoom_zoom_anchor", { x: middle("x"), y: middle("y") });
    setSignal("zoom_zoom_delta", factor, { force: true });
    return view.runAsync();
  };
  const reset = () => {
    for (const { field } of fields) view.signal(`zoom_${field}`, null);
    return view.runAsync();
  };
  const bar = document.createElement("div");
  bar.className = "zoom";
  const buttons = [
    ["+", "Zoom in", () => zoom(1 / step)],
    ["−", "Zoom out", () => zoom(step)],
    ["Reset", "Reset to the whole chart", reset],
  ] as const;
  // In a chart of several views the signals are out of reach, and there are the wheel and dragging.
  for (const [text, label, action] of fields.length > 0 ? buttons : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => void action());
    bar.append(button);
  }
  const hint = document.createElement("span");
  hint.textContent = "Ctrl and the wheel zoom, dragging moves, a double click resets.";
  bar.append(hint);
  drawing.after(bar);
}
