/** The curves of the live page: a chart for each figure that jobs measure, a line for each job. */
/// <reference lib="dom" />
import type { View } from "vega";
import type { LogLine } from "../../../schemas/event_log.ts";
import { unpack } from "./unpack.ts";
import { openView } from "./view.ts";

type Measured = Extract<LogLine, { type: "measured" }>;
type Row = { job: string; step: number; value: number };

interface Curve {
  rows: Row[];
  view: Promise<View>;
  /** Whether a drawing of the newest rows is under way or asked for. */
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
  if (value === null) return;
  const curve = curves.get(figure) ?? newCurve(figure);
  curve.rows.push({ job, step, value });
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
  const curve = { rows: [], view, waits: false };
  curves.set(name, curve);
  return curve;
}
