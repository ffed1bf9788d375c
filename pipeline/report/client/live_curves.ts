/**
 * Draws the curves of the live page: a chart for each measured value, a line for each job, and a key with
 * the newest values. Lines differ by colour and, after the last colour, by dash.
 */
/// <reference lib="dom" />
import type { View } from "vega";
import type { LogLine } from "../../../schemas/run/logged_event.ts";
import type { CurveLooks } from "../live_page.ts";
import { inView } from "./in_view.ts";
import { unpack } from "./unpack.ts";
import { openView } from "./view.ts";

type Measured = Extract<LogLine, { type: "measured" }>;

/** A value that is not finite has no point: the line ends there. */
interface Row {
  job: string;
  /** Place of the job among those of the chart, which decides its look. */
  look: number;
  step: number;
  value: number | null;
  /** True where a point is drawn: at the end of a line, and along a short one. */
  dot: boolean;
}

interface Curve {
  figure: HTMLElement;
  key: HTMLElement;
  jobs: Map<string, Series>;
  /** Drawn when it first comes into view. */
  view: Promise<View>;
  /** True while a drawing of the newest rows is scheduled. */
  waits: boolean;
}

interface Series {
  rows: Row[];
  newest: HTMLOutputElement;
  /** True once its values have ceased to be finite, which is said once. */
  notFinite: boolean;
}

/** Milliseconds between two drawings of a chart. */
const interval = 300;

/** Lines of no more values have a point at each. */
const short = 12;

const curves = new Map<string, Curve>();

const place = (): HTMLElement => document.querySelector("#curves .curves")!;
const hint = (): HTMLElement => document.querySelector("#curves .hint")!;

const charts = unpack("curves-data").then((text) =>
  JSON.parse(text) as { spec: unknown; looks: CurveLooks }
);

export function clearCurves(): void {
  for (const { view } of curves.values()) void view.then((view) => view.finalize());
  curves.clear();
  place().replaceChildren();
  hint().hidden = false;
}

export function addMeasured({ job, metric, step, value }: Measured): void {
  const curve = curves.get(metric) ?? newCurve(metric);
  const series = curve.jobs.get(job) ?? newSeries(curve, job);
  // JSON has NaN and the infinities as texts.
  const isFinite = Number.isFinite(Number(value));
  const look = [...curve.jobs.keys()].indexOf(job);
  series.rows.push({ job, look, step, value: isFinite ? Number(value) : null, dot: true });
  series.newest.textContent = isFinite ? String(Number(Number(value).toPrecision(4))) : `${value}`;
  if (!isFinite && !series.notFinite) {
    series.notFinite = true;
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = `${job}: ${value} at step ${step}`;
    curve.figure.append(note);
  }
  if (curve.waits) return;
  curve.waits = true;
  setTimeout(async () => {
    const view = await curve.view;
    curve.waits = false;
    const rows = [...curve.jobs.values()].flatMap(({ rows }) =>
      rows.map((row, i) => ({ ...row, dot: rows.length <= short || i === rows.length - 1 }))
    );
    await view.data("rows", rows).runAsync();
  }, interval);
}

function newCurve(name: string): Curve {
  hint().hidden = true;
  const figure = document.createElement("figure");
  figure.className = "chart";
  const caption = document.createElement("figcaption");
  const drawing = document.createElement("div");
  drawing.className = "drawing";
  const key = document.createElement("ul");
  key.className = "key";
  caption.textContent = name;
  figure.append(caption, drawing, key);
  // In the page first: a chart is as wide as its place.
  place().append(figure);
  const view = inView(drawing).then(() => charts)
    .then(({ spec }) => openView(spec as never, drawing, name));
  const curve = { figure, key, jobs: new Map(), view, waits: false };
  curves.set(name, curve);
  return curve;
}

/** Adds a job to a chart, and its line to the key. */
function newSeries({ jobs, key }: Curve, job: string): Series {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const newest = document.createElement("output");
  name.textContent = job;
  const sample = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sample.setAttribute("viewBox", "0 0 32 10");
  sample.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const look = jobs.size;
  void charts.then(({ looks: { colours, dashes } }) => {
    const shape = { x1: "0", x2: "32", y1: "5", y2: "5", "stroke-width": "2.5" };
    for (const [attribute, value] of Object.entries(shape)) line.setAttribute(attribute, value);
    line.setAttribute("stroke", colours[look % colours.length]);
    line.setAttribute("stroke-dasharray", dashes[look % dashes.length].join(" "));
  });
  sample.append(line);
  item.append(sample, name, newest);
  key.append(item);
  const series = { rows: [], newest, notFinite: false };
  jobs.set(job, series);
  return series;
}
