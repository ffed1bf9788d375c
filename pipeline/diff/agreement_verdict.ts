/**
 * Decides whether two runs agree. One difference decides, whatever else is unknown. They agree only if
 * everything that counts was compared or has the same hash.
 */
import type {
  ClaimComparison,
  Comparison,
  MetricComparison,
  OutputComparison,
} from "../../schemas/run/comparison.ts";
import { differsAt, isKnown, type Level } from "./agreement.ts";

/** Everything that was found of two runs, as far as the verdict depends on it. */
export interface Found {
  outputs: readonly OutputComparison[];
  metrics: readonly MetricComparison[];
  claims: {
    differing: readonly ClaimComparison[];
    /** One run has none on file, and its claims may be others than those of the other. */
    unknown: boolean;
    /** They decide. */
    count: boolean;
  };
  /** Jobs that have no outputs in either run because they failed. */
  unfinished: readonly string[];
}

/** `levelOf`: the level at which an output or metric of a job must agree. */
export function verdictOf(
  { outputs, metrics, claims, unfinished }: Found,
  levelOf: (job: string | null) => Level,
): Comparison["verdict"] {
  const deciding = [...outputs, ...metrics].filter(({ counts }) => counts);
  // A claim judged otherwise is a difference, whatever the metrics behind it.
  const differ = (claims.count && claims.differing.length > 0) ||
    deciding.some(({ agreement, job }) => differsAt(agreement, levelOf(job)));
  if (differ) return "differ";
  const undecided = (claims.count && claims.unknown) || unfinished.length > 0 ||
    deciding.some(({ agreement }) => !isKnown(agreement));
  return undecided ? "undecided" : "agree";
}

/** Names of everything that was not compared, whether it counts or not. */
export function notComparedIn({ outputs, metrics, claims, unfinished }: Found): string[] {
  const unknown = <T extends OutputComparison | MetricComparison>(all: readonly T[]) =>
    all.filter(({ agreement }) => !isKnown(agreement));
  return [
    ...unknown(outputs).map(({ job, output }) => `${job} ${output}`),
    ...unknown(metrics).map(({ name }) => `metric ${name}`),
    ...(claims.unknown ? ["claims"] : []),
    ...unfinished.map((job) => `${job} (no result in either run)`),
  ];
}
