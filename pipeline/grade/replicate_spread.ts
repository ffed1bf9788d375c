/** How far replicates lie apart, figure by figure, as a file of expected figures has it. */
import type { Expected } from "../../schemas/run/expected.ts";

export interface Spread {
  count: number;
  mean: number;
  /** Sample standard deviation over the replicates. */
  standardDeviation: number;
}

/** The names of the metrics that a curve's "*" stands for, in order. */
export const curveMetrics = (
  { name, from, to }: { name: string; from: number; to: number },
): string[] => Array.from({ length: to - from + 1 }, (_, i) => name.replace("*", String(from + i)));

/** Metric → spread, of every metric that an item has from replicates. */
export function spreads({ items }: Expected): Map<string, Spread> {
  const found = new Map<string, Spread>();
  for (const { target, source } of items) {
    if (source.from !== "replicates") continue;
    const names = target.kind === "metric"
      ? [target.name]
      : target.kind === "curve"
      ? curveMetrics(target)
      : [];
    names.forEach((name, i) => found.set(name, { count: source.count, ...source.spread[i] }));
  }
  return found;
}
