/** Finds which job gives a metric, and the tolerance that its output declares for it. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import type { Tolerances } from "../../schemas/run/tolerances.ts";
import type { RunSource } from "../runs/run_source.ts";
import { wholeOf } from "../store/content_pieces.ts";
import { metricName, subjectOf } from "../runs/metric_names.ts";
import { fits } from "../engine/project/wildcard.ts";
import { boundsOf, noBounds, toleranceFor } from "./tolerance_bounds.ts";
import type { Origin } from "./metric_difference.ts";
import { pointerPart } from "../formats/json_pointer.ts";
import { validJson } from "../formats/read_json.ts";

/**
 * The metrics of a run, undefined where they are not available; of some jobs alone only those whose
 * names can be theirs.
 */
export function metricsOf(
  source: RunSource,
  jobs: ReadonlySet<string> | undefined,
): Metrics | undefined {
  const metrics = source.metrics();
  if (metrics === undefined || jobs === undefined) return metrics;
  const subjects = [...jobs].map((job) => `${subjectOf(job)}.`);
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => subjects.some((start) => name.startsWith(start))),
  );
}

/** From which job each metric comes, by the jobs' own metrics where either run has their bytes. */
export function metricOrigins(
  sources: readonly RunSource[],
  manifests: readonly Manifest[],
  tolerances: Tolerances,
): (name: string) => Origin {
  const origins = new Map<string, Origin>();
  sources.forEach((source, i) => {
    for (const { name: job, outputs } of manifests[i].jobs) {
      for (const [output, declared] of Object.entries(outputs)) {
        if (declared.type !== "metrics") continue;
        const inspected = source.inspect(job, output);
        if (inspected.state !== "whole") continue;
        const own = validJson(new TextDecoder().decode(wholeOf(inspected.content)), Metrics);
        const boundsAt = boundsOf(toleranceFor(tolerances, job, output, declared));
        for (const metric of Object.keys(own ?? {})) {
          const bounds = boundsAt(`/${pointerPart(metric)}`);
          origins.set(metricName(job, metric), { job, bounds });
        }
      }
    }
  });
  return (name) => {
    const { job = null, bounds = noBounds } = origins.get(name) ?? {};
    const given = tolerances.metrics.findLast((entry) => fits(entry.name, name));
    if (given === undefined) return { job, bounds };
    return { job, bounds: { absolute: given.absolute, relative: given.relative } };
  };
}
