/**
 * Simulates the mean distance of a point to its nearest neighbour, among m points uniform on [0,
 * 1]^d. Sets of points are independent; each m and d has its own stream of random numbers.
 */
import type { Distances } from "../../schemas/assignment/step_networks.ts";
import { type Distributions, distributions } from "../../pipeline/claims/distributions.ts";
import { defaultRng, type Generator } from "../random/default_rng.ts";
import { streamOf } from "../random/streams.ts";

/**
 * Two-sided error probability of each interval. If the mean did not grow with d, every condition's
 * interval would have to say so wrongly, each with a probability of at most half of this.
 */
export const level = 1e-4;

/** A mean over independent sets. */
interface Mean {
  mean: number;
  standardError: number;
}

/**
 * Visits every pair of m points with its squared Euclidean distance. `coordinates` holds d coordinates
 * a point, one point after the other.
 */
export function eachPair(
  coordinates: Float64Array,
  dimension: number,
  visit: (squaredDistance: number, i: number, j: number) => void,
): void {
  const m = coordinates.length / dimension;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) {
      let square = 0;
      for (let k = 0; k < dimension; k++) {
        const difference = coordinates[i * dimension + k] - coordinates[j * dimension + k];
        square += difference * difference;
      }
      visit(square, i, j);
    }
  }
}

/** The mean over m points of the distance to the nearest of the others, Euclidean. */
export function meanNearestDistance(coordinates: Float64Array, dimension: number): number {
  const m = coordinates.length / dimension;
  const nearest = new Float64Array(m).fill(Infinity);
  eachPair(coordinates, dimension, (square, i, j) => {
    if (square < nearest[i]) nearest[i] = square;
    if (square < nearest[j]) nearest[j] = square;
  });
  let total = 0;
  for (let i = 0; i < m; i++) total += Math.sqrt(nearest[i]);
  return total / m;
}

/** A value of each of so many independent sets of uniform points. */
export function overSets<T>(
  random: Generator,
  { points, dimension, sets }: { points: number; dimension: number; sets: number },
  measured: (coordinates: Float64Array, dimension: number) => T,
): T[] {
  const coordinates = new Float64Array(points * dimension);
  return Array.from(
    { length: sets },
    () => measured(random.fillRandom(coordinates), dimension),
  );
}

/** Mean over sets with its standard error; points in one set are not independent, sets are. */
export function meanOverSets(values: readonly number[]): Mean {
  const sets = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / sets;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (sets - 1) / sets) };
}

/** The difference of two means over as many sets each, by Welch's t. */
export function stepBetween({ pt, qt }: Distributions, lower: Mean, upper: Mean, sets: number) {
  const difference = upper.mean - lower.mean;
  const [a, b] = [upper.standardError ** 2, lower.standardError ** 2];
  const standardError = Math.sqrt(a + b);
  // Welch and Satterthwaite's degrees of freedom.
  const freedom = (a + b) ** 2 * (sets - 1) / (a * a + b * b);
  const quantile = qt(1 - level / 2, freedom);
  const t = difference / standardError;
  return {
    difference,
    standardError,
    interval: {
      low: difference - quantile * standardError,
      high: difference + quantile * standardError,
    },
    p: Math.min(1, 2 * pt(Math.abs(t), freedom, undefined, false)),
    quantile,
  };
}

/**
 * Nearest neighbours for d = 1 … `dimensions` and each number of points, and the steps from d to
 * d + 1 by Welch's t. Tests measure other distances than `meanNearestDistance`.
 */
export async function measureDistances(
  { dimensions, points, sets, seed }: {
    dimensions: number;
    points: readonly number[];
    sets: number;
    seed: number;
  },
  measured = meanNearestDistance,
): Promise<Distances> {
  const r = await distributions();
  const { gamma, pnorm, qt } = r;
  /**
   * Returns the mean distance in a Poisson process of m points a unit volume (P. Hertz 1909); V_d is the
   * unit ball's volume.
   */
  const predicted = (m: number, d: number) =>
    gamma(1 + 1 / d) * (m * Math.PI ** (d / 2) / gamma(1 + d / 2)) ** (-1 / d);

  const rows = points.flatMap((m, i) =>
    Array.from({ length: dimensions }, (_, k) => {
      const dimension = k + 1;
      const { mean, standardError } = meanOverSets(overSets(
        defaultRng(streamOf(seed, "nearest neighbours", i * dimensions + k)),
        { points: m, dimension, sets },
        measured,
      ));
      const margin = qt(1 - level / 2, sets - 1) * standardError;
      return {
        points: m,
        dimension,
        mean,
        standardError,
        interval: { low: mean - margin, high: mean + margin },
        predicted: predicted(m, dimension),
      };
    })
  );

  const steps = rows.slice(1).flatMap((upper, i) => {
    const lower = rows[i];
    if (lower.points !== upper.points) return [];
    const { quantile, ...step } = stepBetween(r, lower, upper, sets);
    return [{
      points: lower.points,
      dimension: lower.dimension,
      ...step,
      power: pnorm((upper.predicted - lower.predicted) / step.standardError - quantile),
    }];
  });
  return { seed, sets, confidence: 1 - level, rows, steps };
}
