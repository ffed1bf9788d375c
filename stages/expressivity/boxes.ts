/**
 * Builds networks of one input: the box of two step neurons and its variants, a row of boxes, and
 * the same with one neuron for each edge. A step neuron is 0 at its edge, so a box holds on (l,
 * r].
 */
import type { StepNetwork } from "../../schemas/assignment/step_networks.ts";
import { neuron, sum } from "./step_network.ts";

/** σ(x - edge), or σ(edge - x) where the weight is -1. */
const step = (edge: number, weight: 1 | -1 = 1, sign: 1 | -1 = 1) =>
  neuron([0], [weight], weight === 1 ? -edge : edge, sign);

/** Returns the table's network: h·σ(x) - h·σ(x - δ), which is h on (0, δ] and 0 elsewhere. */
export const box = (height: number, width: number): StepNetwork => ({
  inputs: 1,
  hidden: [[step(0), step(width)]],
  output: sum([height, -height]),
});

/** h·σ(x) + h·σ(δ - x) - h, which is h on (0, δ) and 0 elsewhere, also at δ. */
export const exactBox = (height: number, width: number): StepNetwork => ({
  inputs: 1,
  hidden: [[step(0), step(width, -1)]],
  output: sum([height, height], -height),
});

/** The text's second hidden output, -σ(x - δ), together with the table's W22 = -h. */
export const bothSigns = (height: number, width: number): StepNetwork => ({
  inputs: 1,
  hidden: [[step(0), step(width, 1, -1)]],
  output: sum([height, -height]),
});

/** The text's second hidden output, -σ(x - δ), with W22 = h. */
export const signInTextAlone = (height: number, width: number): StepNetwork => ({
  inputs: 1,
  hidden: [[step(0), step(width, 1, -1)]],
  output: sum([height, height]),
});

/** N + 1 edges of N cells of one width on [-halfWidth, halfWidth]. */
export const evenEdges = (halfWidth: number, cells: number): number[] =>
  Array.from({ length: cells + 1 }, (_, i) => -halfWidth + 2 * halfWidth * i / cells);

/** Returns the points at which `heights` are taken. */
export const midpoints = (edges: readonly number[]): number[] =>
  edges.slice(1).map((right, i) => (edges[i] + right) / 2);

/**
 * heights[i] on (edges[i], edges[i + 1]] and 0 elsewhere, as drawn: two neurons for each box, so that
 * neighbours have an edge each at the same place. 2N hidden neurons.
 */
export const boxes = (edges: readonly number[], heights: readonly number[]): StepNetwork => ({
  inputs: 1,
  hidden: [heights.flatMap((_, i) => [step(edges[i]), step(edges[i + 1])])],
  output: sum(heights.flatMap((height) => [height, -height])),
});

/**
 * The same with boxes that are open on both sides, each an `exactBox`: 0 at every edge. For
 * contrast.
 */
export const openBoxes = (edges: readonly number[], heights: readonly number[]): StepNetwork => ({
  inputs: 1,
  hidden: [heights.flatMap((_, i) => [step(edges[i]), step(edges[i + 1], -1)])],
  output: sum(
    heights.flatMap((height) => [height, height]),
    -heights.reduce((total, height) => total + height, 0),
  ),
});

/**
 * The same function as `boxes` from N + 1 hidden neurons: at an edge that two boxes share, one
 * neuron adds the difference of their heights. Rounding leaves up to about N·2^-53·max|height|,
 * which the neurons as drawn do not.
 */
export const sharedEdges = (
  edges: readonly number[],
  heights: readonly number[],
): StepNetwork => ({
  inputs: 1,
  hidden: [edges.map((edge) => step(edge))],
  output: sum(edges.map((_, i) => (heights[i] ?? 0) - (heights[i - 1] ?? 0))),
});
