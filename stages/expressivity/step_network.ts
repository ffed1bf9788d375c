/** Builds and evaluates networks of step neurons. */
import type { Neuron, StepNetwork } from "../../schemas/assignment/step_networks.ts";

/**
 * A hidden neuron sign · σ(Σ weights[i] · y[from[i]] + bias), or an output without σ. Adding 0 makes
 * 0 of -0, which JSON does not have.
 */
export const neuron = (
  from: number[],
  weights: number[],
  bias: number,
  sign: 1 | -1 = 1,
): Neuron => ({ from, weights: weights.map((weight) => weight + 0), bias: bias + 0, sign });

/** The output of a network over a hidden layer of which every neuron counts. */
export const sum = (weights: number[], bias = 0): Neuron =>
  neuron(weights.map((_, i) => i), weights, bias);

/** Hidden neurons by layer. */
export const hiddenNeurons = ({ hidden }: StepNetwork): number[] =>
  hidden.map((layer) => layer.length);

/** A layer's connections in one piece: those of neuron j are offsets[j] to offsets[j + 1]. */
interface Connections {
  offsets: Uint32Array;
  from: Uint32Array;
  weights: Float64Array;
  biases: Float64Array;
  signs: Float64Array;
}

function connectionsOf(layer: readonly Neuron[], width: number): Connections {
  const offsets = new Uint32Array(layer.length + 1);
  layer.forEach(({ from, weights }, j) => {
    const beyond = from.find((i) => i >= width);
    if (beyond !== undefined || from.length !== weights.length) {
      throw new RangeError(
        `step network: expected one weight for each connection, from the ${width} values before; ` +
          `found ${weights.length} weights for connections from ${from.join(", ")}`,
      );
    }
    offsets[j + 1] = offsets[j] + from.length;
  });
  return {
    offsets,
    from: Uint32Array.from(layer.flatMap(({ from }) => from)),
    weights: Float64Array.from(layer.flatMap(({ weights }) => weights)),
    biases: Float64Array.from(layer, ({ bias }) => bias),
    signs: Float64Array.from(layer, ({ sign }) => sign),
  };
}

/** Σ weights · before + bias of neuron j: the connections in their order, the bias last. */
function weightedInput(
  { offsets, from, weights, biases }: Connections,
  j: number,
  before: Float64Array,
): number {
  let total = 0;
  for (let i = offsets[j], end = offsets[j + 1]; i < end; i++) {
    total += weights[i] * before[from[i]];
  }
  return total + biases[j];
}

/**
 * The network's output at each of `points`, which holds `inputs` coordinates a point, one point after
 * the other.
 *
 * Rounding: with a weight of 1 the sign of x + b is exact (IEEE 754's gradual underflow), so a step
 * stands exactly where its bias puts it. The output sums in the order of the neurons: where each +h
 * is followed by its -h, as in `boxes`, what is past cancels to exactly 0.
 * @throws RangeError where a connection leads nowhere, or for part of a point
 */
export function evaluate(network: StepNetwork, points: Float64Array): Float64Array {
  const staircase = staircaseOf(network);
  return staircase === null
    ? evaluateEachNeuron(network, points)
    : evaluateStaircase(staircase, points);
}

/** The same of several networks. Hidden layers that all of them have are evaluated once. */
export function evaluateAll(
  networks: readonly StepNetwork[],
  points: Float64Array,
): Float64Array[] {
  const hidden = new Set(networks.map(({ inputs, hidden }) => JSON.stringify([inputs, hidden])));
  return hidden.size === 1
    ? outputsAt(networks[0], networks.map(({ output }) => output), points)
    : networks.map((network) => evaluate(network, points));
}

/** Evaluates every neuron at every point. Equals `evaluate` for every network. */
export const evaluateEachNeuron = (network: StepNetwork, points: Float64Array): Float64Array =>
  outputsAt(network, [network.output], points)[0];

/** The values of each output over the same hidden layers. */
function outputsAt(
  { inputs, hidden }: Pick<StepNetwork, "inputs" | "hidden">,
  outputs: readonly Neuron[],
  points: Float64Array,
): Float64Array[] {
  if (points.length % inputs !== 0) {
    throw new RangeError(
      `step network: expected ${inputs} coordinates a point, found ${points.length} in all`,
    );
  }
  const layers = hidden.map((layer, l) =>
    connectionsOf(layer, l === 0 ? inputs : hidden[l - 1].length)
  );
  const last = connectionsOf(outputs, hidden[hidden.length - 1].length);
  const values = layers.map(({ biases }) => new Float64Array(biases.length));
  const count = points.length / inputs;
  const results = outputs.map(() => new Float64Array(count));
  for (let p = 0; p < count; p++) {
    let before = points.subarray(p * inputs, (p + 1) * inputs);
    for (let l = 0; l < layers.length; l++) {
      const layer = layers[l];
      const after = values[l];
      for (let j = 0; j < after.length; j++) {
        after[j] = weightedInput(layer, j, before) > 0 ? layer.signs[j] : 0;
      }
      before = after;
    }
    for (let o = 0; o < results.length; o++) results[o][p] = weightedInput(last, o, before);
  }
  return results;
}

/** A network Σ_j w_j σ(x - edge_j) + b of one input, edges ascending. */
interface Staircase {
  edges: Float64Array;
  /** The output's sum over the first j neurons, from none to all. */
  sums: Float64Array;
  bias: number;
}

/** Null unless the network has that form, with every neuron counted once and in its order. */
function staircaseOf({ inputs, hidden, output }: StepNetwork): Staircase | null {
  const [layer] = hidden;
  const ofForm = inputs === 1 && hidden.length === 1 &&
    output.from.length === layer.length && output.from.every((from, i) => from === i) &&
    layer.every(({ from, weights, bias, sign }, j) =>
      from.length === 1 && from[0] === 0 && weights[0] === 1 && sign === 1 &&
      (j === 0 || bias <= layer[j - 1].bias)
    );
  if (!ofForm) return null;
  const sums = new Float64Array(layer.length + 1);
  output.weights.forEach((weight, j) => sums[j + 1] = sums[j] + weight);
  return { edges: Float64Array.from(layer, ({ bias }) => -bias), sums, bias: output.bias };
}

/**
 * The neurons that are active at x are the first ones, those with an edge below x. The others add 0
 * to the output's sum, which therefore is, to the last bit, the sum over the active ones alone.
 */
function evaluateStaircase({ edges, sums, bias }: Staircase, points: Float64Array): Float64Array {
  return points.map((x) => {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle] < x) low = middle + 1;
      else high = middle;
    }
    return sums[low] + bias;
  });
}
