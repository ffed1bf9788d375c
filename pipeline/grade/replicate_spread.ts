/** Reads from a file of expected values how far replicates lie apart, metric by metric. */
import type { Expected } from "../../schemas/run/expected.ts";
import type { MetricSpread } from "../diff/metric_difference.ts";
import type { RunSource } from "../runs/run_source.ts";
import { curveMetrics } from "../../schemas/run/metric_name.ts";
import { committedFor, readExpected } from "./expected_file.ts";

/** Metric → spread, of every metric that an item has from replicates. */
export function spreads({ items }: Expected): Map<string, MetricSpread & { mean: number }> {
  const found: ReturnType<typeof spreads> = new Map();
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

/**
 * Metric → spread, from `file` or, for two runs of one experiment, from the committed file for it.
 * Empty where there is none.
 */
export function spreadsFor(
  artifacts: string,
  a: RunSource,
  b: RunSource,
  file?: string,
): ReadonlyMap<string, MetricSpread> {
  const { name } = a.manifest.experiment;
  const isOne = name === b.manifest.experiment.name;
  const committed = isOne ? committedFor(artifacts, name) : undefined;
  const known = file === undefined ? committed : readExpected(file);
  return known === undefined ? new Map() : spreads(known.expected);
}
