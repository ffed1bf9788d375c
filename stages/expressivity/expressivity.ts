/**
 * `expressivity`: builds the step networks of question 1 and measures where they are exact, how
 * well they approximate, and what more inputs cost.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type {
  Contrasts,
  Dimensions,
  Distances,
  Errors,
} from "../../schemas/assignment/step_networks.ts";
import { distanceContrasts, drawnMeasurements } from "./expressivity_artifacts.ts";
import { measureContrasts } from "./contrast.ts";
import { measureDimensions } from "./dimensions.ts";
import { measureDistances } from "./distances.ts";
import { measureErrors } from "./errors.ts";
import { measureExactness } from "./exactness.ts";
import { subjectNames, subjects } from "./functions.ts";
import { namedNetworks } from "./named_networks.ts";
import { sampleApproximations } from "./sample_points.ts";

const parameters = z.strictObject({
  /** h and δ of the boxes whose exactness is measured; the first is written down. */
  boxes: z.array(z.strictObject({
    height: z.number().refine((height) => height !== 0, {
      error: "expected a height other than 0",
    }),
    width: z.number().positive(),
  })).min(1).default([
    { height: 0.8, width: 0.5 },
    { height: -2.5, width: 0.3 },
    { height: 0.1, width: 0.001 },
    { height: 1000, width: 40 },
  ]),
  /** The drawn example: levels on (-B, -α), (-α, β) and (β, B). */
  levels: z.strictObject({
    halfWidth: z.number(),
    alpha: z.number(),
    beta: z.number(),
    levels: z.tuple([z.number(), z.number(), z.number()]),
  }).refine(
    ({ halfWidth, alpha, beta }) => -halfWidth < -alpha && -alpha < beta && beta < halfWidth,
    { error: "expected -halfWidth < -alpha < beta < halfWidth" },
  ).default({ halfWidth: 1, alpha: 0.25, beta: 0.5, levels: [1, -0.5, 2] }),
  /** B of the intervals and cubes on which functions are approximated. */
  halfWidth: z.number().positive().default(1),
  functions: z.array(z.enum(subjectNames)).min(1).default([...subjectNames]),
  /** Fewer than 1024 boxes leave too few errors beyond the functions' own scale to fit an order. */
  largestN: z.int().min(1024).max(65_536).default(4096),
  /** Largest number of inputs; a fit of growth takes three, and five would take minutes. */
  dimensions: z.int().min(3).max(4).default(4),
  /**
   * Errors whose cost in neurons is measured, in units of L·B. Between reciprocals of integers, so that
   * no rounding decides whether N cells meet one.
   */
  errors: z.array(z.number().positive().max(1)).min(1).default([0.45, 0.3, 0.22, 0.17]),
  nearest: z.strictObject({
    dimensions: z.int().min(2),
    points: z.array(z.int().min(2)).min(1),
    sets: z.int().min(10),
  }).default({ dimensions: 5, points: [32, 128, 512], sets: 64 }),
  /** Uniform points whose distances are compared, for each of these numbers of inputs in turn. */
  contrast: z.strictObject({
    dimensions: z.array(z.int().positive()).min(2),
    points: z.int().min(3),
    sets: z.int().min(10),
  }).default({ dimensions: [1, 2, 4, 8, 16, 32, 64, 128], points: 64, sets: 64 }),
  seed: z.int().nonnegative().default(0),
});

/** A number as part of a metric's name. */
const word = (value: number) => String(value).replaceAll(/[^0-9]+/g, "-");

function metricsOf(
  errors: Errors,
  dimensions: Dimensions,
  distances: Distances,
  contrasts: Contrasts,
) {
  return Object.fromEntries([
    ...errors.functions.flatMap(({ function: name, order, rows }) => [
      [`order.${name}`, order.fitted],
      ...rows.filter(({ boxes }) => [16, 256, 1024].includes(boxes)).flatMap((row) => [
        [`sup-error.${name}.n-${row.boxes}`, row.sup],
        [`l2-error.${name}.n-${row.boxes}`, row.l2],
      ]),
    ]),
    ...dimensions.needed.map(({ error, dimension, neurons }) => [
      `neurons.error-${word(error)}.d-${dimension}`,
      neurons,
    ]),
    ...distances.rows.map(({ points, dimension, mean }) => [
      `nearest-neighbour.m-${points}.d-${dimension}`,
      mean,
    ]),
    ...contrasts.rows.map(({ dimension, contrast }) => [
      `relative-contrast.d-${dimension}`,
      contrast.mean,
    ]),
  ]);
}

export const expressivity = defineStage({
  name: "expressivity",
  module: import.meta.url,
  about: "builds step networks and measures what they can express",
  parameters,
  outputs: {
    ...drawnMeasurements,
    contrasts: distanceContrasts,
    metrics,
  },
  // Math.exp, sin, tanh and log are the engine's.
  machine: ["arch", "v8"],
  async run({ parameters }) {
    const { boxes, levels, functions, halfWidth, largestN, nearest, contrast, seed } = parameters;
    const errors = {
      halfWidth,
      functions: functions.map((name) =>
        measureErrors(name, subjects[name], { halfWidth, largestN })
      ),
    };
    const byDimension = measureDimensions(parameters);
    const distances = await measureDistances({ ...nearest, seed });
    const contrasts = await measureContrasts({ ...contrast, seed });

    const networks = namedNetworks({ box: boxes[0], levels, halfWidth });
    return {
      networks: Object.entries(networks).map(([name, rest]) => ({ name, ...rest })),
      exactness: measureExactness(boxes, levels),
      errors,
      samples: {
        halfWidth,
        functions: functions.map((name) => sampleApproximations(name, subjects[name], halfWidth)),
      },
      dimensions: byDimension,
      distances,
      contrasts,
      metrics: metricsOf(errors, byDimension, distances, contrasts),
    };
  },
});
