/**
 * Estimates how long a run still takes, from what its jobs took before: schedules the jobs that are left as
 * the run will, and gives the time at which the last one ends. All times are in seconds.
 */
import { longestPaths } from "../engine/longest_paths.ts";

/** A job that a run is going to come to. */
export interface Upcoming {
  readonly job: string;
  /** Names of the jobs before it. */
  readonly needs: readonly string[];
  /** Seconds of an earlier run of it, 0 if its result is stored; undefined if nobody knows. */
  readonly seconds?: number;
  /** True if it runs only if a job before it gives other bytes than before. */
  readonly isOpen?: boolean;
}

interface Running {
  since: number;
  /** Share that is done, from 0 to 1; undefined as long as the job reports none. */
  share?: number;
}

interface Progress {
  readonly jobs: readonly Upcoming[];
  /** Jobs that can run side by side. */
  readonly width: number;
  readonly running: ReadonlyMap<string, Running>;
  /** Job → the time it took here, 0 for one that was stored. */
  readonly ended: ReadonlyMap<string, number>;
}

/** Share of its time so far that a job is given when it takes longer than expected. */
const overtime = 0.1;

/** Seconds of jobs that must have ended until they weigh as much as the times from before. */
const inertia = 10;

/** Undefined while no job gives an idea of how long one takes. */
export function timeLeft(
  { jobs, width, running, ended }: Progress,
  now: number,
): number | undefined {
  const estimate = estimator(jobs, ended);
  const ends = new Map([...ended.keys()].map((job) => [job, 0]));
  /** Moments at which the places for jobs become free. */
  const places: number[] = [];
  const isKnown = jobs.every(({ job, seconds }) => {
    const current = running.get(job);
    if (current === undefined) return true;
    const left = leftOf(current, estimate(seconds), now);
    ends.set(job, left ?? 0);
    places.push(left ?? 0);
    return left !== undefined;
  });
  if (!isKnown) return undefined;
  // A cluster's width is unbounded; more places than jobs change nothing.
  const most = Math.min(width, jobs.length);
  while (places.length < most) places.push(0);
  const paths = longestPaths(jobs);
  // A job has a longer path than those that need it, so this order is one in which they can run.
  for (const { job, needs, seconds } of jobs.toSorted((a, b) => pathAfter(paths, a, b))) {
    if (ends.has(job)) continue;
    const takes = estimate(seconds);
    if (takes === undefined) return undefined;
    places.sort((a, b) => a - b);
    const start = Math.max(places[0], ...needs.map((need) => ends.get(need) ?? 0));
    ends.set(job, start + takes);
    if (takes > 0) places[0] = start + takes;
  }
  return Math.max(0, ...ends.values());
}

const pathAfter = (paths: ReadonlyMap<string, number>, a: Upcoming, b: Upcoming): number =>
  paths.get(b.job)! - paths.get(a.job)!;

/**
 * Turns what a job took before into what it takes here: the jobs that ended show how fast this machine is.
 * A job of which nothing is known takes as long as those do on average.
 */
function estimator(
  jobs: readonly Upcoming[],
  ended: ReadonlyMap<string, number>,
): (before: number | undefined) => number | undefined {
  const ran = jobs.filter(({ job }) => (ended.get(job) ?? 0) > 0);
  const known = ran.filter(({ seconds = 0 }) => seconds > 0);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const here = sum(known.map(({ job }) => ended.get(job)!));
  const before = sum(known.map(({ seconds }) => seconds!));
  const pace = (here + inertia) / (before + inertia);
  const all = ran.length > 0
    ? ran.map(({ job }) => ended.get(job)!)
    : jobs.flatMap(({ seconds = 0 }) => seconds > 0 ? [seconds] : []);
  const usual = all.length > 0 ? sum(all) / all.length : undefined;
  return (seconds) => seconds === undefined ? usual : seconds * pace;
}

/** Time that a running job still takes: by what it says itself, else by what is expected of it. */
function leftOf(
  { since, share }: Running,
  expected: number | undefined,
  now: number,
): number | undefined {
  const elapsed = now - since;
  if (share !== undefined && share > 0) return elapsed * (1 / share - 1);
  if (expected === undefined) return undefined;
  return Math.max(expected - elapsed, overtime * elapsed);
}
