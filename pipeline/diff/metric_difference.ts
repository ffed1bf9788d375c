/**
 * Compares metrics by name: within the tolerance of their output, and within the spread of replicates
 * where there are any.
 */
import type { CurveComparison, MetricComparison, Spread } from "../../schemas/run/comparison.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { distributions } from "../claims/distributions.ts";
import { absoluteDistance, isWithin } from "./tolerance_bounds.ts";
import { curvePointOf, gatherCurves } from "./curve_difference.ts";

/** Spread of a metric over replicates. */
export interface MetricSpread {
  count: number;
  standardDeviation: number;
}

/** The job that gives a metric, and the bounds that hold for it. */
export interface Origin {
  job: string | null;
  bounds: Bounds;
}

/**
 * The largest difference of each metric that is within the spread of the replicates:
 * |a - b| <= t(n-1, 1 - α/(2m))·s·√2, as the difference of two independent runs has the variance 2σ²,
 * and s is its estimate from n replicates. α is divided by the number m of metrics (Bonferroni), so that
 * all of them pass at once with probability `level` at least if the runs differ in their seeds alone.
 */
export async function spreadLimits(
  spreads: ReadonlyMap<string, MetricSpread>,
  names: readonly string[],
  level: number,
): Promise<Map<string, Spread>> {
  const known = names.filter((name) => spreads.has(name));
  const limits = new Map<string, Spread>();
  if (known.length === 0) return limits;
  const { qt } = await distributions();
  for (const name of known) {
    const { count, standardDeviation } = spreads.get(name)!;
    const t = qt(1 - (1 - level) / (2 * known.length), count - 1) as number;
    const limit = t * standardDeviation * Math.SQRT2;
    limits.set(name, { count, standardDeviation, limit });
  }
  return limits;
}

/**
 * Compares every metric that either run has. One that a run lacks is missing; of a run whose metrics
 * are not available (undefined) every metric is unknown.
 */
export function compareMetrics(
  a: Metrics | undefined,
  b: Metrics | undefined,
  originOf: (name: string) => Origin,
  limits: ReadonlyMap<string, Spread>,
): { metrics: MetricComparison[]; curves: CurveComparison[] } {
  const curves = gatherCurves();
  const isAvailable = a !== undefined && b !== undefined;
  const names = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].sort();
  const metrics = names.map((name): MetricComparison => {
    const [x, y] = [a, b].map((all = {}) => Object.hasOwn(all, name) ? all[name] : null);
    const { job, bounds } = originOf(name);
    const spread = limits.get(name) ?? null;
    const distance = x === null || y === null ? null : absoluteDistance(x, y);
    const agreement = !isAvailable
      ? "unknown"
      : distance === null
      ? "missing"
      : Object.is(x, y)
      ? "identical"
      : distance === 0
      ? "equal"
      : isWithin(x!, y!, bounds)
      ? "within"
      : spread !== null && distance <= spread.limit
      ? "consistent"
      : "different";
    const absolute = distance === null || !Number.isFinite(distance) ? null : distance;
    const point = curvePointOf(name);
    if (point !== undefined && agreement !== "unknown") {
      curves.add(point.curve, { at: point.at, a: x, b: y, agreement });
    }
    return { name, job, agreement, counts: true, a: x, b: y, absolute, bounds, spread };
  });
  return { metrics, curves: curves.differing() };
}
