/** Counts the jobs of a run by what became of them. */
import type { ManifestJob } from "../../schemas/run/manifest.ts";
import { count } from "../terminal/numbers.ts";

/** The state of a job, or where its cached result came from. */
export const stateOf = ({ status, from }: ManifestJob): string => from ?? status;

/** "64 jobs: 7 ran, 57 cached" */
export function jobCounts(jobs: readonly ManifestJob[]): string {
  const by = (state: string) => jobs.filter((job) => stateOf(job) === state).length;
  const states = Object.entries({
    ran: "ran",
    cached: "cached",
    remote: "from the remote",
    failed: "failed",
    skipped: "skipped",
    interrupted: "interrupted",
  }).filter(([state]) => by(state) > 0).map(([state, words]) => `${by(state)} ${words}`);
  return `${count(jobs.length, "job")}: ${states.join(", ")}`;
}
