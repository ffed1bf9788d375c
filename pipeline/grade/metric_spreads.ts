/** How far runs with other seeds lie apart: from a file of expected figures, which has it of replicates. */
import { committedFor, readExpected } from "./expected_file.ts";
import { spreads } from "./replicate_spread.ts";
import type { RunSource } from "../runs/run_source.ts";
import type { MetricSpread } from "../diff/metric_difference.ts";

/**
 * Metric → spread, from the file that is named or, of two runs of one experiment, from the committed
 * one for it. Empty where there is none.
 */
export function spreadsFor(
  artifacts: string,
  a: RunSource,
  b: RunSource,
  file?: string,
): ReadonlyMap<string, MetricSpread> {
  const { name } = a.manifest.experiment;
  const known = file !== undefined
    ? readExpected(file)
    : name === b.manifest.experiment.name
    ? committedFor(artifacts, name)
    : undefined;
  return known === undefined ? new Map() : spreads(known.expected);
}
