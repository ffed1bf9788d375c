/** Looks up how long jobs took before, so that a run can say how long it still takes. */
import { Failed } from "../engine/failed.ts";
import { needsOf } from "../engine/order.ts";
import type { PlannedJob } from "../engine/plan.ts";
import type { Upcoming } from "../terminal/time_left.ts";
import { earlierJobs } from "./earlier_jobs.ts";
import { readManifest } from "./read_manifest.ts";
import { hasReference, referencePath } from "./reference_run.ts";

/**
 * Returns the planned jobs, each with its seconds in the newest run that has it, else in the reference
 * run. A stored result takes none.
 */
export function expectedTimes(
  artifacts: string,
  experiment: string,
  planned: readonly PlannedJob[],
): Upcoming[] {
  const earlier = earlierJobs(artifacts, experiment);
  let reference: ReadonlyMap<string, number | undefined> | undefined;
  const inReference = (job: string) => {
    reference ??= timesInReference(artifacts);
    return reference.get(job);
  };
  return planned.map(({ job, state }) => ({
    job: job.name,
    needs: [...needsOf(job)],
    seconds: state === "cached" ? 0 : earlier(job.name)?.seconds ?? inReference(job.name),
    isOpen: state === "waits",
  }));
}

/** Job → seconds; empty where no reference can be read, which whoever compares with it reports. */
function timesInReference(artifacts: string): Map<string, number | undefined> {
  if (!hasReference(artifacts)) return new Map();
  try {
    const { jobs } = readManifest(referencePath(artifacts));
    return new Map(jobs.map(({ name, seconds }) => [name, seconds]));
  } catch (error) {
    if (error instanceof Failed) return new Map();
    throw error;
  }
}
