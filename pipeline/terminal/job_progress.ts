/** Follows the events of a run: what runs, what has ended, which jobs a failed one keeps from running. */
import type { Event } from "../engine/event.ts";
import { duration } from "./numbers.ts";
import { timeLeft, type Upcoming } from "./time_left.ts";

export interface Running {
  /** In seconds of the clock that is given. */
  since: number;
  done: number;
  total: number;
  unit: string;
  why: readonly string[];
}

export interface JobProgress {
  /** In the order of their start. */
  readonly running: ReadonlyMap<string, Readonly<Running>>;
  /** Jobs of the run, 0 where the work is no run. */
  total(): number;
  ended(): number;
  failed(): number;
  /** Seconds since the jobs were announced. */
  elapsed(): number;
  /** Seconds until all have ended; undefined while nothing is known of that. */
  left(): number | undefined;
  /** True if some of the jobs that are left may turn out to need no time. */
  mayEndSooner(): boolean;
  note(event: Event): void;
  /** Jobs that do not run because a job failed: all that need it. */
  keptBack(job: string): number;
}

/**
 * Jobs of a run from which on the time left is estimated once a second, and not for each line: an estimate
 * schedules all of them, which for 10,000 takes longer than a small job.
 */
const many = 1000;

/** Start and done share of a running job; the share is undefined while the job reports none. */
const shareOf = ({ since, done, total }: Running) => ({
  since,
  share: total > 0 ? Math.min(1, done / total) : undefined,
});

/** `now` gives seconds. */
export function followJobs(now: () => number): JobProgress {
  const jobs: Upcoming[] = [];
  const running = new Map<string, Running>();
  const ended = new Map<string, number>();
  let [width, failed, began] = [1, 0, now()];
  let estimated: { at: number; left: number | undefined } | undefined;
  const end = (job: string, seconds: number) => {
    running.delete(job);
    ended.set(job, seconds);
  };
  return {
    running,
    total: () => jobs.length,
    ended: () => ended.size,
    failed: () => failed,
    elapsed: () => now() - began,
    left() {
      const at = now();
      if (jobs.length >= many && estimated !== undefined && at - estimated.at < 1) {
        return estimated.left;
      }
      const shares = new Map([...running].map(([job, one]) => [job, shareOf(one)]));
      const left = timeLeft({ jobs, width, running: shares, ended }, at);
      estimated = { at, left };
      return left;
    },
    mayEndSooner: () =>
      jobs.some(({ job, isOpen = false }) => isOpen && !ended.has(job) && !running.has(job)),
    note(event) {
      switch (event.type) {
        case "begun":
          if (jobs.length === 0) began = now();
          jobs.push(...event.jobs);
          width = event.width;
          break;
        case "started":
          running.set(event.job, {
            since: now(),
            done: 0,
            total: 0,
            unit: "",
            why: event.why ?? [],
          });
          break;
        case "progress": {
          const { done, total, unit } = event;
          Object.assign(running.get(event.job) ?? {}, { done, total, unit });
          break;
        }
        case "success":
          end(event.job, event.reason === "ran" ? event.seconds : 0);
          break;
        case "failure":
          if (!("job" in event.failure)) break;
          if (event.failure.reason === "job-failed") failed++;
          end(event.failure.job, 0);
          break;
        case "ended":
          running.delete(event.job);
          break;
        case "notice":
        case "measured":
      }
    },
    keptBack(job) {
      const kept = new Set([job]);
      // In the order of the run, so that a job comes after those that it needs.
      for (const { job, needs } of jobs) if (needs.some((need) => kept.has(need))) kept.add(job);
      return kept.size - 1;
    },
  };
}

/** "about 3 min 05 s left"; undefined where nothing is known, or it ends at once. */
export function leftWords(jobs: JobProgress): string | undefined {
  const left = jobs.left();
  if (left === undefined || left < 1) return undefined;
  return `${jobs.mayEndSooner() ? "up to" : "about"} ${duration(left)} left`;
}
