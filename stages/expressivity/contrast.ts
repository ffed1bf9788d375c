/**
 * Simulates how distances spread out with the dimension: the mean distance of two points, and the
 * relative contrast, by how much the farthest point is farther than the nearest. K. Beyer et al., "When
 * is nearest neighbor meaningful?" (1999), show that the contrast vanishes. Points are uniform on
 * [0, 1]^d; each d has its own stream of random numbers.
 */
import { distributions } from "../../pipeline/claims/distributions.ts";
import type { Contrasts } from "../../schemas/assignment/step_networks.ts";
import { defaultRng } from "../random/default_rng.ts";
import { streamOf } from "../random/streams.ts";
import { eachPair, level, meanOverSets, overSets, stepBetween } from "./distances.ts";

interface SetOfPoints {
  /** Mean Euclidean distance of two points. */
  distance: number;
  /** Mean over points of (farthest - nearest) / farthest, of the distances to the others. */
  contrast: number;
}

/** Compares every pair of m points; `coordinates` holds d coordinates a point, one after the other. */
export function spreadOf(coordinates: Float64Array, dimension: number): SetOfPoints {
  const m = coordinates.length / dimension;
  const nearest = new Float64Array(m).fill(Infinity);
  const farthest = new Float64Array(m);
  let total = 0;
  eachPair(coordinates, dimension, (square, i, j) => {
    const distance = Math.sqrt(square);
    total += distance;
    for (const point of [i, j]) {
      nearest[point] = Math.min(nearest[point], distance);
      farthest[point] = Math.max(farthest[point], distance);
    }
  });
  let contrast = 0;
  for (let i = 0; i < m; i++) contrast += 1 - nearest[i] / farthest[i];
  return { distance: total / (m * (m - 1) / 2), contrast: contrast / m };
}

/** Both means for each dimension, and the steps from each dimension to the next by Welch's t. */
export async function measureContrasts(
  { dimensions, points, sets, seed }: {
    dimensions: readonly number[];
    points: number;
    sets: number;
    seed: number;
  },
  measured = spreadOf,
): Promise<Contrasts> {
  const r = await distributions();
  const rows = dimensions.map((dimension, i) => {
    const random = defaultRng(streamOf(seed, "distances by dimension", i));
    const found = overSets(random, { points, dimension, sets }, measured);
    return {
      dimension,
      distance: meanOverSets(found.map(({ distance }) => distance)),
      contrast: meanOverSets(found.map(({ contrast }) => contrast)),
    };
  });
  const steps = rows.slice(1).map((upper, i) => {
    const lower = rows[i];
    const step = (of: "distance" | "contrast") => {
      const { quantile: _, ...found } = stepBetween(r, lower[of], upper[of], sets);
      return found;
    };
    return {
      from: lower.dimension,
      to: upper.dimension,
      distance: step("distance"),
      contrast: step("contrast"),
    };
  });
  return { seed, points, sets, confidence: 1 - level, rows, steps };
}
