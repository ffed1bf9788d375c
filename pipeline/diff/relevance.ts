/**
 * Decides which differences count: all but those that follow from inputs within tolerance, those that
 * metrics with replicates stand for, and those that the caller leaves out.
 */
import type { MetricComparison, OutputComparison } from "../../schemas/run/comparison.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { changesBetween, parseLines } from "../engine/key.ts";
import { agreesAt, isKnown, type Level } from "./agreement.ts";

export interface Relevance {
  /** Level at which a job must agree; undefined: what it gives is compared and does not decide. */
  levelOf(job: string): Level | undefined;
  /** B may have outputs and metrics that A has not. */
  mayHaveMore?: boolean;
  /** Jobs whose outputs need not be compared where bytes are not available. */
  mayBeUnknown?(job: string): boolean;
}

/**
 * Sets `counts` of every output and metric. What is missing counts, wherever the runs were made: no
 * seed and no machine loses a file. At the level "consistent" the metrics decide of which there are
 * replicates: two trainings from other seeds have other weights, and no tolerance makes them one. So
 * what such a metric was computed from, or what was computed from its job, does not count.
 */
export function decideWhatCounts(
  { jobs }: Manifest,
  outputs: readonly OutputComparison[],
  metrics: readonly MetricComparison[],
  { levelOf, mayHaveMore = false, mayBeUnknown = () => false }: Relevance,
): void {
  const judged = metrics.flatMap(({ job, spread }) => job === null || spread === null ? [] : [job]);
  const covered = relatives(jobs, new Set(judged));
  // Metrics follow from these bytes, so that of equal ones the metrics need no file to be known.
  const sameMetrics = new Set(
    outputs.filter(({ type, agreement }) => type === "metrics" && agreement === "identical")
      .map(({ job }) => job),
  );
  const decides = (one: OutputComparison | MetricComparison): boolean => {
    const { job, agreement } = one;
    if (agreement === "missing") return !(mayHaveMore && one.a === null);
    const level = levelOf(job ?? "");
    if (level === undefined) return false;
    const isMetric = "spread" in one;
    if (job === null || (isMetric && one.spread !== null)) return true;
    if (level === "consistent" && covered.has(job)) return false;
    return isKnown(agreement) || !(isMetric ? sameMetrics.has(job) : mayBeUnknown(job));
  };
  for (const one of [...outputs, ...metrics]) {
    one.counts = agreesAt(one.agreement, "within") || decides(one);
  }
}

/**
 * A chart, a sentence or a verdict made from values that agree within tolerance is another text if one
 * digit of it is. So an output declared exact does not count where its job differs in nothing but such
 * inputs. Gives the outputs and metrics that this lets pass.
 */
export function letFollow(
  [a, b]: readonly Manifest[],
  outputs: readonly OutputComparison[],
  metrics: readonly MetricComparison[],
  { levelOf }: Relevance,
): (OutputComparison | MetricComparison)[] {
  const others = new Map(b.jobs.map((job) => [job.name, job]));
  const compared = new Map(outputs.map((one) => [`${one.job} ${one.output}`, one]));
  const outputsOf = Map.groupBy(outputs, ({ job }) => job);
  const metricsOf = Map.groupBy(metrics, ({ job }) => job);
  const passed = new Set<OutputComparison | MetricComparison>();
  for (const job of a.jobs) {
    const other = others.get(job.name);
    const level = levelOf(job.name);
    if (other === undefined || level === undefined || !agreesAt("within", level)) continue;
    const changes = changesBetween(parseLines(job.lines), parseLines(other.lines));
    const follows = changes.length > 0 && changes.every(({ kind, name }) => {
      const input = kind === "input" ? job.inputs[name] : undefined;
      const from = input && compared.get(`${input.job} ${input.output}`);
      return from !== undefined &&
        (agreesAt(from.agreement, "within") || passed.has(from) || mayStayUnknown(from));
    });
    if (!follows) continue;
    for (const one of outputsOf.get(job.name) ?? []) {
      const exact = one.tolerance.kind === "exact";
      const whole = one.a?.state === "whole" && one.b?.state === "whole";
      if (exact && whole && one.agreement === "different") passed.add(one);
    }
    for (const one of metricsOf.get(job.name) ?? []) {
      const exact = one.bounds.absolute === 0 && one.bounds.relative === 0;
      if (exact && one.agreement === "different") passed.add(one);
    }
  }
  for (const one of passed) one.counts = false;
  return [...passed];
}

const mayStayUnknown = ({ agreement, counts }: OutputComparison): boolean =>
  !isKnown(agreement) && !counts;

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
