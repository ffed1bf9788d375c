/**
 * Measures what more inputs cost: exactness of cells, approximation errors on [-B, B]^d by N^d
 * cells, and the neurons that an error needs. Every function has Lipschitz constant 1 in the max
 * norm.
 */
import type { Dimensions, StepNetwork } from "../../schemas/assignment/step_networks.ts";
import { nextDown, nextUp } from "./adjacent.ts";
import { evenEdges, midpoints } from "./boxes.ts";
import { cells, oneLayerCell, tuples } from "./cells.ts";
import { manyInputs } from "./functions.ts";
import { fitLine } from "./line.ts";
import { evaluate, evaluateAll, hiddenNeurons } from "./step_network.ts";

/** The networks that are measured; a test hands in broken ones. */
interface Measured {
  cells(dimension: number, edges: readonly number[], heights: readonly number[]): StepNetwork;
  oneLayerCell(dimension: number, left: number, right: number): StepNetwork;
  /** Hidden neurons by layer. */
  neurons(network: StepNetwork): number[];
}

const constructions: Measured = { cells, oneLayerCell, neurons: hiddenNeurons };

const lipschitz = 1;

/** All points whose coordinates are taken from `coordinates`, one after the other. */
const lattice = (dimension: number, coordinates: readonly number[]): Float64Array =>
  Float64Array.from(tuples(dimension, coordinates.length).flat(), (i) => coordinates[i]);

/**
 * A functional Λ that is 0 on every sum of functions of single coordinates, with |Λ(g)| ≤ max |g|. So
 * no such sum comes nearer to g than |Λ(g)|. It takes a point with all coordinates inside, the d
 * points with one of them outside, and the one with all outside:
 *
 *     Λ(g) = [(d - 1) g(inside) - Σ_k g(k outside) + g(outside)] / (2d).
 */
function functional(network: StepNetwork, inside: number, outside: number): number {
  const d = network.inputs;
  const at = (isInside: (k: number) => boolean) =>
    evaluate(
      network,
      Float64Array.from({ length: d }, (_, k) => isInside(k) ? inside : outside),
    )[0];
  let total = (d - 1) * at(() => true) + at(() => false);
  for (let one = 0; one < d; one++) total -= at((k) => k !== one);
  return total / (2 * d);
}

/** The cell (left, right]^d by networks of two layers and of one. */
function measureCell(dimension: number, measured: Measured): Dimensions["cells"][number] {
  const [left, right] = [-1 / 4, 1 / 2];
  const coordinates = [
    -1,
    ...[left, right].flatMap((edge) => [nextDown(edge), edge, nextUp(edge)]),
  ];
  const points = lattice(dimension, [...coordinates, 0, 1]);
  const count = points.length / dimension;
  const indicator = Float64Array.from(
    { length: count },
    (_, p) =>
      points.subarray(p * dimension, (p + 1) * dimension).every((x) => left < x && x <= right)
        ? 1
        : 0,
  );
  const two = measured.cells(dimension, [left, right], [1]);
  const one = measured.oneLayerCell(dimension, left, right);
  const deviation = (network: StepNetwork) =>
    evaluate(network, points).reduce(
      (most, value, p) => Math.max(most, Math.abs(value - indicator[p])),
      0,
    );
  return {
    dimension,
    points: count,
    twoLayers: deviation(two),
    oneLayer: deviation(one),
    oneLayerAtLeast: Math.abs(functional(two, 0, 1) - functional(one, 0, 1)),
  };
}

function layersOf(network: StepNetwork, measured: Measured) {
  const [edges, cells] = measured.neurons(network);
  return { edges, cells };
}

/** Each function on [-halfWidth, halfWidth]^d, N cells along each axis. */
function measureErrors(
  { dimension, halfWidth, cellsPerAxis }: {
    dimension: number;
    halfWidth: number;
    cellsPerAxis: number;
  },
  measured: Measured,
): Dimensions["errors"] {
  const edges = evenEdges(halfWidth, cellsPerAxis);
  const at = (points: Float64Array, f: (x: Float64Array) => number) =>
    Array.from(
      { length: points.length / dimension },
      (_, p) => f(points.subarray(p * dimension, (p + 1) * dimension)),
    );
  const middles = lattice(dimension, midpoints(edges));
  const functions = Object.entries(manyInputs);
  const networks = functions.map(([, f]) => measured.cells(dimension, edges, at(middles, f)));
  // The corners of all cells, each approached from inside: at (l, r], just right of l, and r itself.
  const corners = lattice(
    dimension,
    edges.slice(1).flatMap((right, i) => [
      nextUp(edges[i]),
      right,
    ]),
  );
  const values = evaluateAll(networks, corners);
  return functions.map(([name, f], i) => ({
    dimension,
    function: name,
    cellsPerAxis,
    layers: layersOf(networks[i], measured),
    sup: at(corners, f).reduce(
      (most, wanted, p) => Math.max(most, Math.abs(wanted - values[i][p])),
      0,
    ),
    bound: lipschitz * halfWidth / cellsPerAxis,
  }));
}

/** Fits the growth of neurons with d at one error: a line of ln(neurons) in d, and one in ln d. */
function growthOf(
  error: number,
  needed: Dimensions["needed"],
): Dimensions["growth"][number] {
  const rows = needed.filter((row) => row.error === error);
  const exponential = fitLine(
    rows.map(({ dimension, neurons }) => [dimension, Math.log(neurons)]),
  );
  const power = fitLine(
    rows.map(({ dimension, neurons }) => [Math.log(dimension), Math.log(neurons)]),
  );
  return {
    error,
    factor: Math.exp(exponential.slope),
    slopeStandardError: exponential.slopeStandardError,
    exponential: exponential.residual,
    power: power.residual,
  };
}

/**
 * For d = 1 … `dimensions`: cells; errors for N = 1, 2, … until the least of `errors`, in units of
 * L·B, is met; neurons needed.
 */
export function measureDimensions(
  { dimensions, halfWidth, errors: relative }: {
    dimensions: number;
    halfWidth: number;
    errors: readonly number[];
  },
  measured: Measured = constructions,
): Dimensions {
  const axes = Array.from({ length: dimensions }, (_, i) => i + 1);
  const wanted = relative.map((error) => error * lipschitz * halfWidth);
  const errors: Dimensions["errors"] = [];
  const needed: Dimensions["needed"] = [];
  for (const dimension of axes) {
    const open = new Set(wanted);
    for (let cellsPerAxis = 1; open.size > 0; cellsPerAxis++) {
      // L·B/N meets the error at N = 1/error; a network that does not follow the function never would.
      if (cellsPerAxis > 4 / Math.min(...relative)) {
        throw new Error(
          `${dimension} inputs: expected an error of ${Math.min(...open)} from at most ` +
            `${cellsPerAxis - 1} cells along each axis, found ` +
            `${errors[errors.length - 1].sup}; the networks do not approximate the functions`,
        );
      }
      const rows = measureErrors({ dimension, halfWidth, cellsPerAxis }, measured);
      errors.push(...rows);
      const worst = Math.max(...rows.map(({ sup }) => sup));
      const { layers } = rows[0];
      for (const error of open) {
        if (worst > error) continue;
        open.delete(error);
        needed.push({
          error,
          dimension,
          cellsPerAxis,
          layers,
          neurons: layers.edges + layers.cells,
        });
      }
    }
  }
  return {
    halfWidth,
    lipschitz,
    cells: axes.map((dimension) => measureCell(dimension, measured)),
    errors,
    needed,
    growth: wanted.map((error) => growthOf(error, needed)),
  };
}
