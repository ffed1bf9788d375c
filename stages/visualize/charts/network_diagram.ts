/**
 * Draws a network layer by layer from left to right: neurons as circles with their biases,
 * connections as lines with their weights. For networks of a few dozen connections.
 */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Neuron, StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { colours, resized, themed } from "./chart_theme.ts";

interface Diagram {
  title: string;
  subtitle: string;
  network: StepNetwork;
}

/** Pixels. */
const radius = 24;
const rowHeight = 58;
const columnWidth = 320;
const margin = 40;

interface Node {
  x: number;
  y: number;
  /** Function of the neuron, or the input's name. */
  symbol: string;
  /** Null for an input. */
  bias: string | null;
}

/** Three significant digits, with a minus sign. */
const digits = (value: number): string =>
  String(Number(value.toPrecision(3))).replace("-", "\u2212");

const subscript = (index: number): string =>
  String(index).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));

interface Connection {
  x: number;
  y: number;
  x2: number;
  y2: number;
  weight: string;
  labelX: number;
  labelY: number;
  sign: keyof typeof colourOf;
}

const colourOf = {
  positive: colours.blue,
  negative: colours.vermilion,
  zero: "#767676",
} as const;

/**
 * Returns the position of a weight on its connection, from 0 at the beginning to 1 at the end. It is near
 * the end at which lines lie further apart.
 */
const labelPlace = (neuronsAfter: number): number => neuronsAfter === 1 ? 0.28 : 0.77;

function connectionsInto(
  layer: readonly Neuron[],
  from: readonly Node[],
  to: readonly Node[],
): Connection[] {
  return layer.flatMap((neuron, j) =>
    neuron.from.map((i, rank) => {
      const [a, b] = [from[i], to[j]];
      const place = labelPlace(to.length);
      const weight = neuron.weights[rank];
      return {
        x: a.x,
        y: a.y,
        x2: b.x,
        y2: b.y,
        weight: digits(weight),
        labelX: a.x + place * (b.x - a.x),
        labelY: a.y + place * (b.y - a.y),
        sign: weight < 0 ? "negative" : weight > 0 ? "positive" : "zero",
      } as const;
    })
  );
}

/** Describes the drawing for readers who cannot see it. */
function inWords({ inputs, hidden, output }: StepNetwork): string {
  const layers = [...hidden, [output]].map((layer, l) => {
    const name = l === hidden.length ? "output" : `hidden layer ${l + 1}`;
    const neurons = layer.map(({ from, weights, bias, sign }) =>
      `${sign === -1 ? "minus " : ""}(${
        from.map((i, k) => `${digits(weights[k])}·[${i + 1}]`).join(" + ")
      }; bias ${digits(bias)})`
    );
    return `${name}: ${neurons.join(", ")}`;
  });
  return `${inputs} input${inputs === 1 ? "" : "s"}; ${layers.join("; ")}.`;
}

/** The inputs and the neurons of each layer, from left to right. */
function nodesOf({ inputs, hidden, output }: StepNetwork, height: number): Node[][] {
  const place = (column: number, row: number, rows: number) => ({
    x: margin + column * columnWidth,
    y: height / 2 + (row - (rows - 1) / 2) * (height - margin) / rows,
  });
  return [
    Array.from({ length: inputs }, (_, k) => ({
      ...place(0, k, inputs),
      symbol: inputs === 1 ? "x" : `x${subscript(k + 1)}`,
      bias: null,
    })),
    ...[...hidden, [output]].map((layer, l) =>
      layer.map(({ bias, sign }, j) => ({
        ...place(l + 1, j, layer.length),
        symbol: l === hidden.length ? "Σ" : sign === -1 ? "\u2212σ" : "σ",
        bias: digits(bias),
      }))
    ),
  ];
}

/** Neurons show σ, or −σ where the output is negated; the output neuron sums. */
export function networkDiagram({ title, subtitle, network }: Diagram): ChartSpec {
  const { inputs, hidden, output } = network;
  const layers = [...hidden, [output]];
  const tallest = Math.max(inputs, ...layers.map((layer) => layer.length));
  const height = tallest * rowHeight + margin;
  const width = layers.length * columnWidth + 2 * margin;
  const columns = nodesOf(network, height);
  const connections = layers.flatMap((layer, l) =>
    connectionsInto(layer, columns[l], columns[l + 1])
  );
  return themed({ title, subtitle, description: `${title}. ${inWords(network)}` }, {
    ...resized("width"),
    width,
    height,
    layer: layersOf(columns, connections, { width, height }),
  });
}

const label = { type: "text", fontSize: 12 };
const inLineColour = {
  field: "sign",
  type: "nominal",
  scale: { domain: Object.keys(colourOf), range: Object.values(colourOf) },
  legend: null,
};
/** A white edge behind the letters keeps lines out of them. */
const halo = { stroke: "#ffffff", strokeWidth: 7, strokeJoin: "round", color: "#ffffff" };

function layersOf(
  columns: readonly Node[][],
  connections: readonly Connection[],
  { width, height }: { width: number; height: number },
) {
  const along = (field: string, end: number) => ({
    field,
    type: "quantitative",
    axis: null,
    scale: { domain: [0, end], nice: false, zero: false },
  });
  const downwards = (field: string) => {
    const channel = along(field, height);
    return { ...channel, scale: { ...channel.scale, reverse: true } };
  };
  const at = (x: string, y: string) => ({ x: along(x, width), y: downwards(y) });
  const nodes = { data: { values: columns.flat() } };
  const neurons = { data: { values: columns.slice(1).flat() } };
  const lines = { data: { values: connections } };
  const weights = { ...at("labelX", "labelY"), text: { field: "weight", type: "nominal" } };
  return [
    {
      ...lines,
      mark: { type: "rule", strokeWidth: 1.5 },
      encoding: {
        ...at("x", "y"),
        x2: { field: "x2" },
        y2: { field: "y2" },
        color: inLineColour,
      },
    },
    {
      ...nodes,
      mark: {
        type: "point",
        filled: true,
        opacity: 1,
        fill: "#ffffff",
        stroke: "#222222",
        strokeWidth: 1.5,
        size: Math.PI * radius * radius,
      },
      encoding: at("x", "y"),
    },
    {
      data: { values: columns.slice(0, 1).flat() },
      mark: { ...label, fontSize: 16 },
      encoding: { ...at("x", "y"), text: { field: "symbol", type: "nominal" } },
    },
    {
      ...neurons,
      mark: { ...label, fontSize: 16, dy: -7 },
      encoding: { ...at("x", "y"), text: { field: "symbol", type: "nominal" } },
    },
    {
      ...neurons,
      mark: { ...label, dy: 10 },
      encoding: { ...at("x", "y"), text: { field: "bias", type: "nominal" } },
    },
    { ...lines, mark: { ...label, ...halo }, encoding: weights },
    { ...lines, mark: label, encoding: { ...weights, color: inLineColour } },
  ];
}
