/** Finds jobs in earlier runs, so that a plan can explain why a job runs. */
import { parseLines } from "../engine/key.ts";
import type { EarlierJob } from "../engine/plan.ts";
import { runDirectory } from "./read_manifest.ts";
import { recentRunIds } from "./latest.ts";

/**
 * Finds a job in the run that has it and that a command began or showed last, this experiment's runs first:
 * with what that one had, a user compares. Reads manifests only as far as it must.
 */
export function earlierJobs(
  artifacts: string,
  experiment: string,
): (job: string) => EarlierJob | undefined {
  const ids = recentRunIds(artifacts);
  // An id is a time, its experiment, and a number where several runs began in one second.
  const own = new RegExp(`^[^-]*-${experiment}(-\\d+)?$`);
  const isOwn = (id: string) => own.test(id);
  const order = [...ids.filter(isOwn), ...ids.filter((id) => !isOwn(id))];
  // Older runs add only jobs that no newer one has, so that many runs take no more memory than one.
  const found = new Map<string, EarlierJob>();
  const unread = order.values();
  return (name) => {
    while (!found.has(name)) {
      const { value: run, done } = unread.next();
      if (done) return undefined;
      const { jobs = [], sources } = runDirectory(artifacts, run).manifest ?? {};
      for (const { name, key, status, lines, seconds } of jobs) {
        if (key === undefined || found.has(name)) continue;
        found.set(name, { run, status, lines: parseLines(lines), seconds, sources });
      }
    }
    return found.get(name);
  };
}
