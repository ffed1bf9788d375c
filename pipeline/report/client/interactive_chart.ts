/**
 * Draws a chart from its specification when it comes into view, as wide as its place, with buttons for
 * zooming where it can. Far from the view it is taken out again, so that the page stays small. A chart
 * that fails shows the still picture and says why; a printed one shows it too.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Spec, View } from "vega";
import { fit } from "./fitted_chart.ts";
import { withImages } from "./still_images.ts";
import { unpack } from "./unpack.ts";
import { libraries } from "./vega_library.ts";
import { openView } from "./view.ts";

/** Each press of a button zooms by so much. */
const step = 1.5;

/** Distances from the view at which a chart is drawn, and at which it is taken out. */
const near = "400px";
const far = "2500px";

/** Changes of a place's width that are no reason to draw anew, in pixels. */
const tolerated = 12;

interface State {
  view?: View;
  /** Width of the place that it was drawn for, in pixels. */
  width: number;
  isNear: boolean;
}

const states = new WeakMap<HTMLElement, State>();

/** Drawings wait for each other, so that the page stays responsive. */
let queue: Promise<void> = Promise.resolve();

let unpacked: Promise<string[]> | undefined;

/** The specification of each chart, as JSON. */
const specs = (): Promise<string[]> =>
  unpacked ??= unpack("specs").then((text) => text.split("\n"));

const placeOf = (figure: HTMLElement): HTMLElement =>
  figure.querySelector<HTMLElement>(":scope > .drawing")!;

const stateOf = (figure: HTMLElement): State => {
  const state = states.get(figure) ?? { width: 0, isNear: false };
  states.set(figure, state);
  return state;
};

export function enliven(all: Iterable<HTMLElement>): void {
  const figures = [...all].filter(({ dataset }) => dataset.spec !== undefined);
  const observe = (rootMargin: string, act: (figure: HTMLElement, isIn: boolean) => void) => {
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) act(target as HTMLElement, isIntersecting);
    }, { rootMargin });
    for (const figure of figures) watcher.observe(figure);
  };
  observe(near, (figure, isIn) => {
    stateOf(figure).isNear = isIn;
    if (isIn) redraw(figure);
  });
  observe(far, (figure, isIn) => {
    if (!isIn) takeOut(figure);
  });
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) redraw(target as HTMLElement);
  });
  for (const figure of figures) {
    reserve(figure);
    resized.observe(figure);
  }
  const print = () => {
    for (const figure of figures) if (stateOf(figure).view === undefined) showStill(figure);
  };
  addEventListener("beforeprint", print);
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) print();
  });
}

/** Keeps the room that the still picture would take. */
function reserve(figure: HTMLElement): void {
  const { width, height } = figure.dataset;
  if (Number(width) > 0) placeOf(figure).style.aspectRatio = `${width} / ${height}`;
}

/** Draws a chart that is near the view, unless it was drawn for this width. */
function redraw(figure: HTMLElement): void {
  queue = queue.then(async () => {
    const state = stateOf(figure);
    // First, because asking for a width lays out what is far from the view.
    if (!state.isNear) return;
    const { clientWidth } = placeOf(figure);
    const isDrawn = Math.abs(clientWidth - state.width) <= tolerated;
    if (clientWidth === 0 || isDrawn) return;
    state.width = clientWidth;
    await draw(figure, state).catch((error) => {
      fail(figure, error);
    });
  });
}

/** Shows the run's picture in the place of a chart that cannot be drawn, with the reason. */
function fail(figure: HTMLElement, error: Error): void {
  console.warn(`${figure.id}:`, error);
  figure.dataset.state = "still";
  showStill(figure);
  figure.querySelector(".failure")?.remove();
  const note = document.createElement("p");
  note.className = "caption failure";
  note.textContent = placeOf(figure).querySelector("svg") === null
    ? `This browser cannot draw the chart: ${error.message}`
    : `The run’s picture, because this browser cannot draw the chart: ${error.message}`;
  placeOf(figure).after(note);
}

function takeOut(figure: HTMLElement): void {
  const state = stateOf(figure);
  if (state.view === undefined) return;
  const place = placeOf(figure);
  place.style.minHeight = `${place.clientHeight}px`;
  state.view.finalize();
  place.querySelector(".live")?.remove();
  figure.querySelector(".zoom")?.remove();
  delete figure.dataset.state;
  state.view = undefined;
  state.width = 0;
}

/** Shows the run's own picture. */
function showStill(figure: HTMLElement): void {
  const place = placeOf(figure);
  const still = place.querySelector("noscript")?.textContent;
  if (!still || place.querySelector("svg") !== null) return;
  place.style.aspectRatio = "";
  place.insertAdjacentHTML("beforeend", still);
}

async function draw(figure: HTMLElement, state: State): Promise<void> {
  const place = placeOf(figure);
  const still = place.querySelector("noscript")?.textContent ?? "";
  const line = (await specs())[Number(figure.dataset.spec)];
  const spec = JSON.parse(withImages(line, still));
  const { vegaLite } = await libraries();
  let shown: { view: View; live: HTMLElement } | undefined;
  const remove = () => {
    shown?.view.finalize();
    shown?.live.remove();
  };
  const show = async (fitted: Record<string, unknown>) => {
    const live = document.createElement("div");
    // In the place, so that its style counts, but not in sight before the last one.
    live.className = "live draft";
    place.append(live);
    const compiled = vegaLite.compile(fitted as never).spec as Spec;
    const view = await openView(compiled, live, place.dataset.label ?? "");
    remove();
    shown = { view, live };
    return Number(live.querySelector("svg")!.getAttribute("width"));
  };
  const size = { available: state.width, natural: Number(figure.dataset.width) };
  try {
    await fit(spec, size, show);
  } catch (error) {
    remove();
    for (const draft of place.querySelectorAll(".draft")) draft.remove();
    throw error;
  }
  const { view, live } = shown!;
  state.view?.finalize();
  place.querySelector(".live:not(.draft)")?.remove();
  place.querySelector(":scope > svg")?.remove();
  figure.querySelector(".zoom")?.remove();
  figure.querySelector(".failure")?.remove();
  place.style.aspectRatio = "";
  place.style.minHeight = "";
  live.className = "live";
  state.view = view;
  figure.dataset.state = "live";
  if (figure.dataset.zooms !== undefined) addZoom(place, live, view);
}

/** The signals of the selection that `../zoom.ts` adds are the ones that the wheel sets too. */
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
  bar.title = "Ctrl and the wheel zoom, dragging moves, a double click resets.";
  drawing.after(bar);
}
