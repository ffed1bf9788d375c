/** Chooses the main metrics of a run: those that its experiment declares, otherwise the first few. */
import type { Metrics } from "../../schemas/run/metric_values.ts";

export interface MainMetric {
  /** Name of the run's metric: of a curve, that of its last value. */
  readonly name: string;
  /** Name as declared: of a curve, with "*" for the number. */
  readonly declared: string;
  readonly value: number;
}

/** Metrics chosen of an experiment that declares none; curves count once. */
const mostUndeclared = 5;

/**
 * Returns the main metrics, in the order of their declaration. `declared` may name a curve by "*", and
 * means its last value. Those that the run does not have are left out.
 */
export function mainMetrics(
  declared: readonly string[] | undefined,
  metrics: Metrics,
): MainMetric[] {
  const names = declared ?? undeclared(metrics);
  return names.flatMap((declared) => {
    const name = declared.includes("*") ? lastOf(declared, metrics) : declared;
    return name !== undefined && Object.hasOwn(metrics, name)
      ? [{ name, declared, value: metrics[name] }]
      : [];
  });
}

const undeclared = (metrics: Metrics): string[] => {
  const names = Object.keys(metrics).map((name) => name.replace(/(?<=[-_./])\d+$/, "*"));
  return [...new Set(names)].slice(0, mostUndeclared);
};

/** The metric with the highest number in place of a curve's "*". */
function lastOf(curve: string, metrics: Metrics): string | undefined {
  const [start, end] = curve.split("*");
  const numberIn = (name: string): string => name.slice(start.length, name.length - end.length);
  const points = Object.keys(metrics).filter((name) =>
    name.startsWith(start) && name.endsWith(end) && /^\d+$/.test(numberIn(name))
  );
  return points.sort((a, b) => Number(numberIn(b)) - Number(numberIn(a)))[0];
}
