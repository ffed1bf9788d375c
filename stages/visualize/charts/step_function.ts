/**
 * Draws networks of one input as steps. A full circle marks the value that holds at a step, a
 * hollow one the other.
 */
import type { ChartSpec } from "../chart_outputs.ts";
import type { StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { evaluate } from "../../expressivity/step_network.ts";
import { rounded, significant } from "./chart_numbers.ts";
import { type Chart, colours, marks, panelFacet, themed } from "./chart_theme.ts";

/** A network's function on an interval. */
interface StepFunction {
  /** The value between two edges. */
  segments: { x: number; x2: number; y: number }[];
  /** At each edge: the value there, and what it is just left and just right of it. */
  edges: { x: number; y: number; left: number; right: number }[];
}

const at = (network: StepNetwork, x: number): number => evaluate(network, Float64Array.of(x))[0];

/** Cuts [from, to] where a hidden neuron of the one hidden layer switches. */
export function stepFunctionOf(network: StepNetwork, from: number, to: number): StepFunction {
  const switches = network.hidden[0].map(({ weights: [weight], bias }) => 0 - bias / weight);
  const inside = [...new Set(switches)].filter((x) => x > from && x < to).sort((a, b) => a - b);
  const cuts = [from, ...inside, to];
  const segments = cuts.slice(1).map((x2, i) => ({
    x: cuts[i],
    x2,
    y: at(network, (cuts[i] + x2) / 2),
  }));
  return {
    segments,
    edges: inside.map((x, i) => ({
      x,
      y: at(network, x),
      left: segments[i].y,
      right: segments[i + 1].y,
    })),
  };
}

interface Panel {
  label: string;
  network: StepNetwork;
}

interface StepPanels {
  panels: Panel[];
  /** Range of the x axis. */
  from: number;
  to: number;
  /** x of the ticks, with what stands there. */
  ticks: { x: number; label: string }[];
  /** Panels beside each other, each this many pixels wide and high. */
  columns: number;
  size: { width: number; height: number };
}

/** Panels on common axes. Rounding of the drawn values is left to the eye. */
export function stepPanels(
  chart: Chart,
  { panels, from, to, ticks, columns, size }: StepPanels,
): ChartSpec {
  const functions = panels.map(({ label, network }) => ({
    label,
    ...stepFunctionOf(network, from, to),
  }));
  const naming = ticks.map(({ x, label }) => `datum.value == ${x} ? '${label}' : `).join("");
  const x = {
    field: "x",
    type: "quantitative",
    title: "x",
    scale: { domain: [from, to], nice: false, zero: false },
    axis: {
      values: ticks.map(({ x }) => x),
      labelExpr: `${naming}datum.label`,
      grid: false,
      labelFlush: false,
    },
  };
  const values = functions.flatMap(({ segments }) => segments.map(({ y }) => y));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = (most - least) / 6;
  const y = {
    field: "y",
    type: "quantitative",
    title: "Output",
    axis: { tickCount: 4 },
    scale: { domain: [rounded(least - room), rounded(most + room)], nice: false },
  };
  const tooltip = [
    { field: "panel", title: "network" },
    { field: "x", type: "quantitative" },
    { field: "y", type: "quantitative", title: "output" },
  ];
  return themed(chart, {
    data: { values: functions.flatMap(rowsOf) },
    facet: panelFacet(panels.map(({ label }) => label), size.width),
    columns,
    spacing: { row: 18, column: 28 },
    spec: {
      ...size,
      encoding: { x, y, tooltip },
      layer: layers,
    },
  });
}

const rowsOf = ({ label, segments, edges }: StepFunction & { label: string }) => [
  ...segments.map((segment) => ({ panel: label, is: "segment", ...segment })),
  ...edges.flatMap(({ x, y, left, right }) => [
    { panel: label, is: "value", x, y, note: significant(y) },
    ...[left, right].filter((limit) => limit !== y)
      .map((y) => ({ panel: label, is: "limit", x, y })),
    ...(left === y && right === y ? [] : [{
      panel: label,
      is: "jump",
      x,
      y: Math.min(left, y, right),
      y2: Math.max(left, y, right),
    }]),
  ]),
];

const of = (is: string) => [{ filter: { field: "is", equal: is } }];

const layers = [
  {
    transform: of("jump"),
    mark: marks.guide,
    encoding: { y2: { field: "y2" } },
  },
  {
    transform: of("segment"),
    mark: { type: "rule", color: colours.blue, strokeWidth: 2.5 },
    encoding: { x2: { field: "x2" } },
  },
  {
    transform: of("limit"),
    mark: { ...marks.hollow, stroke: colours.blue },
  },
  { transform: of("value"), mark: { type: "point", filled: true, color: colours.blue } },
  {
    transform: of("value"),
    mark: { ...marks.note, align: "left", dx: 7, dy: -9 },
    encoding: { text: { field: "note" } },
  },
];
