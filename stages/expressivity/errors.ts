/**
 * Measures approximation errors by N boxes on [-B, B], for functions of one input. The heights are
 * the function's values at the boxes' midpoints.
 */
import type { Approximation, StepNetwork } from "../../schemas/assignment/step_networks.ts";
import { nextDown, nextUp } from "./adjacent.ts";
import * as constructions from "./boxes.ts";
import type { Subject } from "./functions.ts";
import { fitLine } from "./line.ts";
import { evaluate, hiddenNeurons } from "./step_network.ts";

/** A network with heights[i] between edges[i] and edges[i + 1]. */
type Row = (edges: readonly number[], heights: readonly number[]) => StepNetwork;

/** The networks that are measured; a test hands in broken ones. */
interface Rows {
  boxes: Row;
  sharedEdges: Row;
  openBoxes: Row;
}

/** L2 errors are integrated over at least this many panels, by Gauss and Legendre's three nodes. */
const panels = 2048;
const gaussNodes = [[-Math.sqrt(3 / 5), 5 / 9], [0, 8 / 9], [Math.sqrt(3 / 5), 5 / 9]] as const;

/** Nodes and weights for ∫ over [edges[0], edges[N]]; no panel has an edge or a turn inside. */
function quadrature(edges: readonly number[], turns: readonly number[]) {
  const cuts = [...new Set([...edges, ...turns])].sort((a, b) => a - b);
  const parts = Math.ceil(panels / (cuts.length - 1));
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let c = 0; c + 1 < cuts.length; c++) {
    const half = (cuts[c + 1] - cuts[c]) / parts / 2;
    for (let part = 0; part < parts; part++) {
      for (const [node, weight] of gaussNodes) {
        nodes.push(cuts[c] + (2 * part + 1 + node) * half);
        weights.push(weight * half);
      }
    }
  }
  return { nodes: Float64Array.from(nodes), weights };
}

/** max |target - values| over points. */
const largest = (values: Float64Array, target: ArrayLike<number>): number =>
  values.reduce((most, value, i) => Math.max(most, Math.abs(target[i] - value)), 0);

/**
 * One row of the table. Where f turns, at both sides of every edge and at every edge but the first:
 * between two such points f is monotone and the network constant, so the largest error over them is
 * the supremum over (-B, B], but for the step from an edge to the next float64.
 */
export function measureRow(
  { f, lipschitz, turns }: Subject,
  halfWidth: number,
  count: number,
  rows: Rows,
): Approximation["rows"][number] {
  const edges = constructions.evenEdges(halfWidth, count);
  const heights = constructions.midpoints(edges).map(f);
  const drawn = rows.boxes(edges, heights);
  const shared = rows.sharedEdges(edges, heights);

  const turning = turns(halfWidth);
  const borders = Float64Array.from(edges.slice(1, -1));
  const telling = Float64Array.from([
    ...edges.slice(0, -1).map(nextUp),
    ...edges.slice(1).flatMap((edge) => [nextDown(edge), edge]),
    ...constructions.midpoints(edges),
    ...turning,
  ]);
  const values = evaluate(drawn, telling);
  const { nodes, weights } = quadrature(edges, turning);
  const atNodes = evaluate(drawn, nodes);
  const squares = atNodes.reduce(
    (total, value, i) => total + weights[i] * (f(nodes[i]) - value) ** 2,
    0,
  );
  const [asDrawn] = hiddenNeurons(drawn);
  const [ofShared] = hiddenNeurons(shared);
  return {
    boxes: count,
    sup: largest(values, telling.map(f)),
    atBorders: borders.length === 0 ? null : largest(evaluate(drawn, borders), borders.map(f)),
    l2: Math.sqrt(squares),
    bound: lipschitz * halfWidth / count,
    neurons: { asDrawn, sharedEdges: ofShared },
    sharedEdgesResidue: largest(evaluate(shared, telling), values),
  };
}

/**
 * p in sup ~ N^-p over the larger half of the numbers of boxes: with fewer, cells may be wider than
 * what they should follow.
 */
function orderOf(rows: Approximation["rows"]): Approximation["order"] {
  const fitted = rows.slice(Math.floor(rows.length / 2));
  const { slope, slopeStandardError } = fitLine(
    fitted.map(({ boxes, sup }) => [Math.log(boxes), Math.log(sup)]),
  );
  const local = fitted.slice(1).map(({ sup }, i) => Math.log2(fitted[i].sup / sup));
  return {
    fitted: -slope,
    standardError: slopeStandardError,
    from: fitted[0].boxes,
    to: fitted[fitted.length - 1].boxes,
    local: { low: Math.min(...local), high: Math.max(...local) },
  };
}

/** The largest error at the borders between open boxes, at each of which they give 0. */
function contrastOpenBoxes(
  { f }: Subject,
  halfWidth: number,
  rows: Rows,
): Approximation["openBoxes"] {
  const count = 256;
  const edges = constructions.evenEdges(halfWidth, count);
  const network = rows.openBoxes(edges, constructions.midpoints(edges).map(f));
  const borders = Float64Array.from(edges.slice(1, -1));
  return { boxes: count, atBorders: largest(evaluate(network, borders), borders.map(f)) };
}

/** Errors of `subject` for N = 1, 2, 4, … up to `largestN` boxes. */
export function measureErrors(
  name: string,
  subject: Subject,
  { halfWidth, largestN }: { halfWidth: number; largestN: number },
  rows: Rows = constructions,
): Approximation {
  const counts: number[] = [];
  for (let count = 1; count <= largestN; count *= 2) counts.push(count);
  const measured = counts.map((count) => measureRow(subject, halfWidth, count, rows));
  const edges = constructions.evenEdges(halfWidth, counts[counts.length - 1]);
  const network = rows.boxes(edges, constructions.midpoints(edges).map(subject.f));
  return {
    function: name,
    formula: subject.formula,
    character: subject.character,
    lipschitz: subject.lipschitz,
    rows: measured,
    leftEnd: {
      wanted: subject.f(-halfWidth),
      network: evaluate(network, Float64Array.of(-halfWidth))[0],
    },
    openBoxes: contrastOpenBoxes(subject, halfWidth, rows),
    order: orderOf(measured),
  };
}
