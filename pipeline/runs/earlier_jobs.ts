/** Finds jobs in earlier runs, so that a plan can explain why a job runs. */
import { parseLines } from "../engine/key.ts";
import type { EarlierJob } from "../engine/plan.ts";
import { runDirectory } from "./read_manifest.ts";
import { runIds } from "./latest.ts";

/**
 * Finds a job in the newest run that has it, this experiment's runs first. Reads manifests only as far as
 * it must.
 */
export function earlierJobs(
  artifacts: string,
  experiment: string,
): (job: string) => EarlierJob | undefined {
  const ids = runIds(artifacts);
  const own = (id: string) => new RegExp(`-${experiment}(-\\d+)?$`).test(id);
  const order = [...ids.filter(own), ...ids.filter((id) => !own(id))];
  const opened = new Map<string, Map<string, EarlierJob>>();
  const jobsIn = (run: string) => {
    let jobs = opened.get(run);
    if (jobs === undefined) {
      const { jobs: recorded = [], sources } = runDirectory(artifacts, run).manifest ?? {};
      jobs = new Map(
        recorded.filter((job) => job.key !== undefined).map(({ name, status, lines, seconds }) => [
          name,
          { run, status, lines: parseLines(lines), seconds, sources },
        ]),
      );
      opened.set(run, jobs);
    }
    return jobs;
  };
  return (job) => {
    for (const id of order) {
      const earlier = jobsIn(id).get(job);
      if (earlier !== undefined) return earlier;
    }
  };
}
