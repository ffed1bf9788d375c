/**
 * What decides on a verdict: everything but what follows from inputs that agree within tolerance, and, at
 * the level at which figures stand for the rest, what they stand for.
 */
import type { MetricComparison, OutputComparison, Rung } from "../../schemas/comparison.ts";
import type { Manifest, ManifestJob } from "../../schemas/manifest.ts";
import { changesBetween } from "../key.ts";
import { agreesAt } from "./ladder.ts";

/**
 * A chart, a sentence or a verdict made from values that agree within tolerance is another text if one
 * digit of it is. So an output declared exact does not count where its job differs in nothing but such
 * inputs. Gives the outputs and metrics that this lets pass.
 */
export function letFollow(
  [a, b]: readonly Manifest[],
  outputs: readonly OutputComparison[],
  metrics: readonly MetricComparison[],
  levelOf: (job: string) => Rung,
): (OutputComparison | MetricComparison)[] {
  const others = new Map(b.jobs.map((job) => [job.name, job]));
  const compared = new Map(outputs.map((one) => [`${one.job} ${one.output}`, one]));
  const passed = new Set<OutputComparison | MetricComparison>();
  for (const job of a.jobs) {
    const other = others.get(job.name);
    if (other === undefined || !agreesAt("within", levelOf(job.name))) continue;
    const changes = changesBetween(job.lines, other.lines).map(({ label }) => label);
    const follows = changes.length > 0 && changes.every((label) => {
      const [kind, name] = label.split(" ");
      const input = kind === "input" ? job.inputs[name] : undefined;
      const from = input && compared.get(`${input.job} ${input.output}`);
      return from !== undefined && (agreesAt(from.rung, "within") || passed.has(from));
    });
    if (!follows) continue;
    for (const one of outputs) {
      const exact = one.job === job.name && one.tolerance.kind === "exact";
      const whole = one.a?.state === "whole" && one.b?.state === "whole";
      if (exact && whole && one.rung === "different") passed.add(one);
    }
    for (const one of metrics) {
      const exact = one.job === job.name && one.bounds.absolute === 0 && one.bounds.relative === 0;
      if (exact && one.rung === "different") passed.add(one);
    }
  }
  for (const one of passed) one.counts = false;
  return [...passed];
}

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
    one.counts &&= !covered.has(one.job) || agreesAt(one.rung, "within");
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
