/** Reads from a file of expected values how far two runs of other seeds lie apart, metric by metric. */
import type { Spread } from "../../schemas/run/comparison.ts";
import type { Expected } from "../../schemas/run/expected.ts";
import type { Spreads } from "../diff/metric_difference.ts";
import type { RunSource } from "../runs/run_source.ts";
import { curveMetrics } from "../../schemas/run/metric_name.ts";
import { committedFor, readExpected } from "./expected_file.ts";

/** The spreads of a file; undefined where no item comes from replicates. */
export function spreadsOf({ items }: Expected): Spreads | undefined {
  const metrics = new Map<string, Spread>();
  let least: number | undefined;
  for (const { target, source } of items) {
    if (source.from !== "replicates") continue;
    const names = target.kind === "metric"
      ? [target.name]
      : target.kind === "curve"
      ? curveMetrics(target)
      : [];
    names.forEach((name, i) => {
      const { standardDeviation, apart } = source.spread[i];
      metrics.set(name, { count: source.count, standardDeviation, limit: apart });
    });
    // Either of two runs may be the one that lies far from all.
    least = Math.min(least ?? 1, 2 * source.level - 1);
  }
  return least === undefined ? undefined : { level: least, metrics };
}

/**
 * The spreads for two runs of one experiment, from `file` or the committed file for it. Undefined where
 * there are none.
 */
export function spreadsFor(
  artifacts: string,
  a: RunSource,
  b: RunSource,
  file?: string,
): Spreads | undefined {
  const { name } = a.manifest.experiment;
  const isOne = name === b.manifest.experiment.name;
  const committed = isOne ? committedFor(artifacts, name) : undefined;
  const known = file === undefined ? committed : readExpected(file);
  return known && spreadsOf(known.expected);
}
