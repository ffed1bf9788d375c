/** What decides on a verdict: everything, but at the level at which figures stand for the rest. */
import type { MetricComparison, OutputComparison, Rung } from "../../schemas/comparison.ts";
import type { Manifest, ManifestJob } from "../../schemas/manifest.ts";
import { agreesAt } from "./ladder.ts";

/**
 * At the level "consistent" the figures decide of which there are replicates: two trainings from other
 * seeds have other weights, and no tolerance makes them one. So an output counts only if no such
 * figure was computed from it, nor it from the job of one; and so does a metric without a spread.
 */
export function decideWhatCounts(
  { jobs }: Manifest,
  outputs: OutputComparison[],
  metrics: MetricComparison[],
  levelOf: (job: string) => Rung,
): void {
  const judged = metrics.flatMap(({ job, spread }) => job === null || spread === null ? [] : [job]);
  const covered = relatives(jobs, new Set(judged));
  for (const one of [...outputs, ...metrics]) {
    if (one.job === null || levelOf(one.job) !== "consistent") continue;
    if ("spread" in one && one.spread !== null) continue;
    one.counts = !covered.has(one.job) || agreesAt(one.rung, "within");
  }
}

/** The jobs that some were computed from or for, and these themselves. */
function relatives(jobs: readonly ManifestJob[], some: ReadonlySet<string>): Set<string> {
  const [before, after] = [new Set(some), new Set(some)];
  const needs = (job: ManifestJob) => Object.values(job.inputs).map((input) => input.job);
  for (const job of jobs) if (needs(job).some((need) => after.has(need))) after.add(job.name);
  for (const job of jobs.toReversed()) {
    if (before.has(job.name)) { for (const need of needs(job)) before.add(need); }
  }
  return before.union(after);
}
