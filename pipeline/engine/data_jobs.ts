/**
 * Finds the jobs that give data: what every run of an experiment has alike, so that a run can be shared
 * without it.
 */
import type { Job } from "./dag.ts";
import { needsOf } from "./order.ts";

/** True for a job that reads own data, or reaches for data outside of the project. */
export const bringsData = ({ data, stage }: Job): boolean =>
  data !== undefined || Object.values(stage.access ?? {}).some((places) => places.length > 0);

/**
 * Names of the jobs that bring data, and of those that make more of them from nothing else: without
 * seeds, steps or facts of a machine, so that every machine makes the same. A program may make anything, so
 * what it makes is a result. In the order of `jobs`, which must have each job after those that it needs.
 */
export function dataJobs(
  jobs: readonly Job[],
  seeds: readonly { job: string }[] = [],
): Set<string> {
  const found = new Set<string>();
  for (const job of jobs) {
    const needs = [...needsOf(job)];
    const isMade = needs.length > 0 && needs.every((need) => found.has(need)) &&
      job.stage.steps === undefined && job.stage.program === undefined &&
      (job.stage.machine ?? []).length === 0 &&
      !seeds.some((seed) => seed.job === job.name);
    if (bringsData(job) || isMade) found.add(job.name);
  }
  return found;
}
