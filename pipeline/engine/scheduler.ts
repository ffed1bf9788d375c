/**
 * Runs jobs as soon as the jobs that they need have ended, side by side up to the executor's width. Uses
 * stored results where it can, and reports what happens as events.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { Job } from "./dag.ts";
import { needsOf } from "./order.ts";
import type { Executor } from "./executor/executor.ts";
import { wordFailure } from "./failed.ts";
import { compute, type Outcome, type Run, takeOrCompute } from "./obtain.ts";
import { lookUp } from "./plan.ts";
import { type Context, keyed } from "./keyed_job.ts";
import { longestPaths } from "./longest_paths.ts";

/**
 * Runs the jobs and returns how each ended, in the order given. Of the jobs that can begin, the one at the
 * head of the longest path begins first, as far as `secondsOf` knows the times of jobs; otherwise the first
 * of that order. A failed job stops only those that need it. `onOutcome` is called as each job ends.
 */
export async function run(
  jobs: readonly Job[],
  context: Context,
  executor: Executor,
  { force = new Set(), onOutcome, secondsOf, ...options }:
    & Omit<Run, "context" | "executor" | "outcomes" | "parallel" | "force">
    & Partial<Pick<Run, "force">>
    & { onOutcome?: (outcome: Outcome) => void; secondsOf?: (job: string) => number | undefined },
): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const actions = new Map<string, Action>();
  const current = { ...options, force, context, executor, outcomes };
  const { ready, release } = queueOf(jobs, secondsOf);
  const end = (outcome: Outcome) => {
    const { job, action } = outcome;
    outcomes.set(job.name, outcome);
    if (action !== undefined) actions.set(job.name, action);
    onOutcome?.(outcome);
    release(job);
  };
  const running = new Set<Promise<void>>();
  while (ready.length > 0 || running.size > 0) {
    const job = running.size < executor.width ? ready.shift() : undefined;
    if (job === undefined) {
      await Promise.race(running);
      continue;
    }
    const parallel = Math.min(executor.width, running.size + 1 + ready.length);
    const outcome = begin(job, actions, { ...current, parallel });
    if (outcome instanceof Promise) {
      const task = outcome.then(end).finally(() => running.delete(task));
      running.add(task);
    } else end(outcome);
  }
  return jobs.map((job) => outcomes.get(job.name)!);
}

/** Jobs that can begin, the next first; `release` adds those that waited for a job only. */
function queueOf(
  jobs: readonly Job[],
  secondsOf?: (job: string) => number | undefined,
): { ready: Job[]; release(job: Job): void } {
  const paths = secondsOf && longestPaths(
    jobs.map((job) => ({ job: job.name, needs: needsOf(job), seconds: secondsOf(job.name) })),
  );
  const pathOf = ({ name }: Job): number => paths?.get(name) ?? 0;
  const waitsFor = new Map(jobs.map((job) => [job.name, needsOf(job).size]));
  const edges = jobs.flatMap((job) => [...needsOf(job)].map((need) => ({ need, job })));
  const neededBy = Map.groupBy(edges, ({ need }) => need);
  const places = new Map(jobs.map((job, place) => [job, place]));
  const inTurn = (a: Job, b: Job): number =>
    pathOf(b) - pathOf(a) || places.get(a)! - places.get(b)!;
  const ready = jobs.filter((job) => waitsFor.get(job.name) === 0).sort(inTurn);
  return {
    ready,
    release({ name }) {
      for (const { job: next } of neededBy.get(name) ?? []) {
        const left = waitsFor.get(next.name)! - 1;
        waitsFor.set(next.name, left);
        if (left > 0) continue;
        const before = ready.findLastIndex((other) => inTurn(other, next) < 0);
        ready.splice(before + 1, 0, next);
      }
    },
  };
}

/** Ends a job at once where nothing has to be computed or fetched for it; otherwise begins that. */
function begin(
  job: Job,
  actions: ReadonlyMap<string, Action>,
  run: Run,
): Outcome | Promise<Outcome> {
  const { context, executor, force, signal, onEvent } = run;
  const known = keyed(job, actions, context);
  if (known === undefined) {
    const because = [...needsOf(job)].filter((name) => !actions.has(name));
    const failure = { reason: "job-skipped" as const, job: job.name, because };
    onEvent({ type: "failure", failure });
    return { job, status: "skipped", error: wordFailure(failure) };
  }
  if (signal.aborted) return { job, status: "interrupted", keyed: known };
  let isUnusable = false;
  const action = lookUp(known, context, (notice) => {
    isUnusable = true;
    onEvent({ type: "notice", notice });
  });
  const mayBeFound = !force.has(job.name) && !executor.ahead?.has(job.name);
  if (action !== undefined && mayBeFound) {
    onEvent({ type: "success", reason: "cached", job: job.name, seconds: action.seconds });
    return { job, status: "cached", keyed: known, action };
  }
  // Own data are here already.
  const isSought = mayBeFound && job.data === undefined;
  return (isSought ? takeOrCompute : compute)(known, action, isUnusable, run);
}
