/** Draws the curves of the live page: a chart for each measured value, a line for each job. */
/// <reference lib="dom" />
import type { View } from "vega";
import type { LogLine } from "../../../schemas/run/logged_event.ts";
import { unpack } from "./unpack.ts";
import { openView } from "./view.ts";

type Measured = Extract<LogLine, { type: "measured" }>;
/** A value that is not finite has no point: the line ends there. */
type Row = { job: string; step: number; value: number | null };

interface Curve {
  figure: HTMLElement;
  rows: Row[];
  /** Jobs whose values have ceased to be finite, which is said once. */
  notFinite: Set<string>;
  view: Promise<View>;
  /** True while a drawing of the newest rows is scheduled. */
  waits: boolean;
}

/** Milliseconds between two drawings of a chart. */
const interval = 300;

const curves = new Map<string, Curve>();

const place = (): HTMLElement => document.getElementById("curves")!;

export function clearCurves(): void {
  for (const { view } of curves.values()) void view.then((view) => view.finalize());
  curves.clear();
  for (const figure of place().querySelectorAll("figure")) figure.remove();
  place().hidden = true;
}

export function addMeasured({ job, figure, step, value }: Measured): void {
  const curve = curves.get(figure) ?? newCurve(figure);
  // JSON has NaN and the infinities as texts.
  const isFinite = Number.isFinite(Number(value));
  curve.rows.push({ job, step, value: isFinite ? Number(value) : null });
  if (!isFinite && !curve.notFinite.has(job)) {
    curve.notFinite.add(job);
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
    await view.data("rows", curve.rows.map((row) => ({ ...row }))).runAsync();
  }, interval);
}

function newCurve(name: string): Curve {
  place().hidden = false;
  const figure = document.createElement("figure");
  figure.className = "chart";
  const caption = document.createElement("figcaption");
  const drawing = document.createElement("div");
  drawing.className = "drawing";
  caption.textContent = name;
  figure.append(caption, drawing);
  place().append(figure);
  const view = unpack("curves-spec").then((spec) => openView(JSON.parse(spec), drawing, name));
  const curve = { figure, rows: [], notFinite: new Set<string>(), view, waits: false };
  curves.set(name, curve);
  return curve;
}
