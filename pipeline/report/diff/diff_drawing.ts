/**
 * Draws charts for the page of a comparison: overlaid charts, curves, and distances by step. Expressions
 * are interpreted, not compiled, and nothing is fetched.
 */
import type { CurveComparison, Divergence } from "../../../schemas/run/comparison.ts";
import { axisOf } from "../../diff/curve_difference.ts";
import type { Json } from "../zoom.ts";

/** Draws a Vega-Lite specification as SVG. Throws where it cannot be drawn. */
export type Draw = (spec: Json) => Promise<string>;

/** Mean advance of the page's letters over their size: regular, and semi-bold from a weight of 600 on. */
const advance = { regular: 0.56, bold: 0.59 };

/** Without a canvas vega would guess widths nearly twice as large, and charts would shrink to fit. */
const textWidth = (
  { fontSize = 11, fontWeight = 400 }: { fontSize?: number; fontWeight?: string | number },
  text: unknown,
): number => {
  const isBold = fontWeight === "bold" || Number(fontWeight) >= 600;
  return String(text ?? "").length * fontSize * (isBold ? advance.bold : advance.regular);
};

export async function openDrawing(): Promise<Draw> {
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import("vega"),
    import("vega-lite"),
    import("vega-interpreter"),
  ]);
  (vega as unknown as { textMetrics: { width: unknown } }).textMetrics.width = textWidth;
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
  width: 380,
  height: 220,
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
      labelFontSize: 12,
      titleFontSize: 12,
    },
    line: { strokeWidth: 2 },
    legend: { orient: "bottom", title: null, labelFontSize: 12 },
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
export const divergenceSpec = ({ unit, rows }: Divergence): Json => ({
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
