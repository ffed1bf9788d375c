/**
 * Draws charts for the page of a comparison: overlaid charts, curves, and distances by step. Expressions
 * are interpreted, not compiled, and nothing is fetched.
 */
import type { CurveComparison, Growth } from "../../../schemas/run/comparison.ts";

import { axisOf } from "../../diff/curve_difference.ts";

type Json = Record<string, unknown>;

/** Draws a Vega-Lite specification as SVG. Throws where it cannot be drawn. */
export type Draw = (spec: Json) => Promise<string>;

export async function openDrawing(): Promise<Draw> {
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import("vega"),
    import("vega-lite"),
    import("vega-interpreter"),
  ]);
  const refuse = () => Promise.reject(new Error("a chart of a run fetches nothing"));
  const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };
  const quiet = () => logger;
  const logger = { level: quiet, error: quiet, warn: quiet, info: quiet, debug: quiet } as never;
  return async (spec) => {
    vega.resetSVGDefIds();
    const runtime = vega.parse(compile(spec as never, { logger }).spec, {}, { ast: true });
    const view = new vega.View(runtime, {
      renderer: "none",
      expr: expressionInterpreter,
      loader: loader as never,
      logger,
    });
    try {
      return await view.toSVG();
    } finally {
      view.finalize();
    }
  };
}

const look = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  width: 560,
  height: 240,
  padding: 8,
  config: {
    font: "Inter",
    background: "#ffffff",
    view: { stroke: null },
    axis: {
      gridColor: "#dddddd",
      domainColor: "#222222",
      tickColor: "#222222",
      titleFontWeight: 400,
    },
    line: { strokeWidth: 2 },
    legend: { orient: "bottom", title: null },
  },
};

const runScale = { domain: ["A", "B"], range: ["#0072b2", "#d55e00"] };

/** NaN and the infinities have no place on an axis: null makes a gap in the line. */
const drawable = (value: number): number | null => Number.isFinite(value) ? value : null;

/** Both runs' values, by what the curve counts. */
export const curveSpec = ({ name, points }: CurveComparison): Json => ({
  ...look,
  data: {
    values: points.flatMap(({ at, a, b }) => [
      ...(a === null ? [] : [{ at, value: drawable(a), run: "A" }]),
      ...(b === null ? [] : [{ at, value: drawable(b), run: "B" }]),
    ]),
  },
  mark: { type: "line", point: { size: 20 } },
  encoding: {
    x: {
      field: "at",
      type: "quantitative",
      title: axisOf(name),
      axis: { tickMinStep: 1, grid: false },
    },
    y: { field: "value", type: "quantitative", title: null, scale: { zero: false } },
    color: { field: "run", type: "nominal", scale: runScale },
    strokeDash: {
      field: "run",
      type: "nominal",
      scale: { domain: ["A", "B"], range: [[1, 0], [4, 3]] },
    },
  },
});

/** The largest distance after each step, on a logarithmic scale; steps without a distance have no point. */
export const divergenceSpec = ({ unit, rows }: Growth): Json => ({
  ...look,
  height: 200,
  data: {
    values: rows.filter(({ absolute }) => absolute !== null && absolute > 0)
      .map(({ step, absolute }) => ({ step, absolute })),
  },
  mark: { type: "line", point: true, color: "#000000" },
  encoding: {
    x: { field: "step", type: "quantitative", title: unit, axis: { tickMinStep: 1, grid: false } },
    y: {
      field: "absolute",
      type: "quantitative",
      title: "largest |A - B|",
      scale: { type: "log" },
      axis: { format: ".0e", tickCount: 5 },
    },
  },
});
