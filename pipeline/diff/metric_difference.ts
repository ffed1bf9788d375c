/**
 * Compares metrics by name: within the tolerance of their output, and within the spread of replicates
 * where there are any.
 */
import type { CurveComparison, MetricComparison, Spread } from "../../schemas/run/comparison.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { naturalOrder } from "../terminal/natural_order.ts";
import { absoluteDistance, isWithin } from "./tolerance_bounds.ts";
import { curvePointOf, gatherCurves } from "./curve_difference.ts";

/** Spreads of metrics over replicates, and the level of them all. */
export interface Spreads {
  /** The probability that two runs that differ in their seeds alone lie within all of them at once. */
  level: number;
  metrics: ReadonlyMap<string, Spread>;
}

/** The job that gives a metric, and the bounds that hold for it. */
export interface Origin {
  job: string | null;
  bounds: Bounds;
}

/**
 * Compares every metric that either run has. One that a run lacks is missing; of a run whose metrics
 * are not available (undefined) every metric is unknown.
 */
export function compareMetrics(
  a: Metrics | undefined,
  b: Metrics | undefined,
  originOf: (name: string) => Origin,
  spreads: Spreads["metrics"],
): { metrics: MetricComparison[]; curves: CurveComparison[] } {
  const curves = gatherCurves();
  const isAvailable = a !== undefined && b !== undefined;
  const names = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].sort(naturalOrder);
  const metrics = names.map((name): MetricComparison => {
    const [x, y] = [a, b].map((all = {}) => Object.hasOwn(all, name) ? all[name] : null);
    const { job, bounds } = originOf(name);
    const spread = spreads.get(name) ?? null;
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
