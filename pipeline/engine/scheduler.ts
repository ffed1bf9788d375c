/**
 * Runs jobs as soon as what they need is there, side by side up to the executor's width, taking from
 * the store whatever it has. Says what happens as events; recording the run is left to `record.ts`.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { JobStatus } from "../../schemas/run/manifest.ts";
import { type Job, needsOf } from "./dag.ts";
import type { Event, Failure } from "./event.ts";
import { Failed } from "./failed.ts";
import { wordFailure } from "./messages.ts";
import type { Executor, Ran } from "./executor/executor.ts";
import { recordText } from "./key.ts";
import { type Context, keyed, type KeyedJob, lookUp } from "./plan.ts";
import { storeData } from "./own_data/read_data.ts";
import { forget } from "../store/stat_cache.ts";
import { type JobLogs, logOf } from "./job_logs.ts";
import type { SecondLevel } from "./remote_cache.ts";
import { StageError } from "./sandbox/stage_error.ts";
import { blobPath, putBlob, readAction } from "../store/store.ts";
import { noteChecked } from "./stored_result.ts";
import { wordThrown } from "./sandbox/thrown.ts";

/** How a job ended. */
export interface Outcome {
  job: Job;
  status: JobStatus;
  /** Where a cached result was taken from, if not from the store here. */
  from?: "remote";
  keyed?: KeyedJob;
  action?: Action;
  error?: string;
  /** Where it was run, if the executor says so. */
  ran?: Ran;
}

/**
 * Runs the jobs, which must come in order, and gives how each ended, in that order. A failed job
 * stops only those that need it. When `signal` fires, running jobs end as interrupted. `onOutcome`
 * is called as each job ends.
 */
export async function run(
  jobs: readonly Job[],
  context: Context,
  executor: Executor,
  options: {
    force: ReadonlySet<string>;
    signal: AbortSignal;
    /** Asked for what the store lacks, and handed what was computed. */
    remote?: SecondLevel;
    onEvent: (event: Event) => void;
    /** Where what stages print is kept. */
    logs?: JobLogs;
    onOutcome: (outcome: Outcome) => void;
  },
): Promise<Outcome[]> {
  const { store } = context;
  const { onEvent, signal, remote } = options;
  const outcomes = new Map<string, Outcome>();
  const actions = new Map<string, Action>();
  const waitsFor = new Map(jobs.map((job) => [job.name, needsOf(job).size]));
  const neededBy = new Map<string, Job[]>();
  for (const job of jobs) {
    for (const need of needsOf(job)) neededBy.set(need, [...neededBy.get(need) ?? [], job]);
  }
  const ready = jobs.filter((job) => waitsFor.get(job.name) === 0);
  const running = new Set<Promise<void>>();

  const end = (outcome: Outcome) => {
    const { job, action } = outcome;
    outcomes.set(job.name, outcome);
    if (action !== undefined) actions.set(job.name, action);
    options.onOutcome(outcome);
    for (const next of neededBy.get(job.name) ?? []) {
      const left = waitsFor.get(next.name)! - 1;
      waitsFor.set(next.name, left);
      if (left === 0) ready.push(next);
    }
  };

  /**
   * Has a job computed. What of its inputs turns out to be lost meanwhile is computed again first, each
   * blob once: bytes that do not come back the same are gone for good.
   */
  const compute = async (
    known: KeyedJob,
    sought: Set<string>,
    again = false,
  ): Promise<Ran> => {
    const { job, key, lines } = known;
    if (job.data !== undefined) return await read(known);
    for (;;) {
      putBlob(store, new TextEncoder().encode(recordText(lines)));
      try {
        const force = options.force.has(job.name);
        const task = { job: job.name, stage: job.stage.name, key, force, again };
        return await executor.execute(task, {
          started: () => onEvent({ type: "started", job: job.name, about: job.stage.about }),
          progress: (progress) => onEvent({ type: "progress", job: job.name, ...progress }),
          measured: (measured) => onEvent({ type: "measured", job: job.name, ...measured }),
          notice: (message) =>
            onEvent({ type: "notice", notice: { reason: "stage-notice", job: job.name, message } }),
          log: (text) => options.logs?.write(job.name, text),
          waiting: (pid) =>
            onEvent({ type: "notice", notice: { reason: "waiting-for-lock", job: job.name, pid } }),
        }, signal);
      } catch (error) {
        const lost = lostBlob(error);
        if (lost === undefined || signal.aborted || sought.has(lost)) throw error;
        sought.add(lost);
        forget(store.table, blobPath(store, lost));
        for (const name of needsOf(job)) await restore(outcomes.get(name)!, lost, sought);
      }
    }
  };

  /** Brings own data into the store. */
  const read = async (known: KeyedJob): Promise<Ran> => {
    const job = known.job.name;
    onEvent({ type: "started", job, about: known.job.stage.about });
    await storeData(known, context.data.get(job)!, store, {
      signal,
      onProgress: (done, total) => onEvent({ type: "progress", job, done, total, unit: "bytes" }),
    });
    return {};
  };

  /** Computes a job that has ended again, if the lost blob is an output of it. */
  const restore = async ({ job, keyed, action }: Outcome, lost: string, sought: Set<string>) => {
    const output = Object.keys(action?.outputs ?? {})
      .find((name) => action!.outputs[name].sha256 === lost);
    if (output === undefined) return;
    const notice = { reason: "output-lost" as const, job: job.name, output, sha256: lost };
    onEvent({ type: "notice", notice });
    if (await takeFromRemote(keyed!) !== undefined) return;
    await compute(keyed!, sought);
    outcomes.set(job.name, { ...outcomes.get(job.name)!, status: "ran" });
  };

  /** The result of a job that the remote has, once it is in the store; undefined where it has none. */
  const takeFromRemote = async (known: KeyedJob): Promise<Action | undefined> => {
    const { job } = known;
    let isShown = false;
    const isThere = await remote?.fetch(known, (done, total) => {
      if (!isShown) onEvent({ type: "started", job: job.name, about: "is taken from the remote" });
      isShown = true;
      onEvent({ type: "progress", job: job.name, done, total, unit: "bytes" });
    });
    if (!isThere) return undefined;
    return lookUp(known, context, (notice) => onEvent({ type: "notice", notice }));
  };

  const execute = async (known: KeyedJob, before: Action | undefined, again: boolean) => {
    const { job, key } = known;
    try {
      const ran = await compute(known, new Set(), again);
      const action = readAction(store, key, () => {});
      if (action === undefined) throw new Error("it ended without a result in the store");
      noteChecked(store, key);
      const others = Object.keys(action.outputs).filter((name) =>
        before !== undefined && before.outputs[name]?.sha256 !== action.outputs[name].sha256
      );
      if (others.length > 0) {
        onEvent({
          type: "notice",
          notice: { reason: "not-reproducible", job: job.name, outputs: others },
        });
      }
      onEvent({ type: "success", reason: "ran", job: job.name, seconds: action.seconds });
      remote?.store(action);
      end({ job, status: "ran", keyed: known, action, ran });
    } catch (error) {
      const failure = signal.aborted
        ? { reason: "interrupted" as const, job: job.name }
        : failureOf(job.name, error);
      onEvent({ type: "failure", failure });
      end({
        job,
        status: signal.aborted ? "interrupted" : "failed",
        keyed: known,
        // Recorded with the run, whose directory may come to lie elsewhere.
        error: wordFailure(
          "log" in failure && failure.log !== undefined
            ? { ...failure, log: `${logOf(job.name)} in the run's directory` }
            : failure,
        ),
      });
    }
  };

  /** A failed job's message, with what its log has and where that is. */
  const failureOf = (job: string, error: unknown): Extract<Failure, { reason: "job-failed" }> => {
    const message = wordThrown(error);
    const trace = error instanceof StageError ? error.trace : [];
    options.logs?.write(job, [message, ...trace.map((place) => `    ${place}`), ""].join("\n"));
    return { reason: "job-failed", job, message, trace, log: options.logs?.pathOf(job) };
  };

  const takeOrExecute = async (known: KeyedJob, before: Action | undefined, again: boolean) => {
    const { job } = known;
    const action = await takeFromRemote(known);
    if (action === undefined) {
      return signal.aborted
        ? end({ job, status: "interrupted", keyed: known })
        : execute(known, before, again);
    }
    const { seconds } = action;
    onEvent({ type: "success", reason: "cached", job: job.name, seconds, from: "remote" });
    end({ job, status: "cached", from: "remote", keyed: known, action });
  };

  const skip = (job: Job, because: string[]) => {
    const failure = { reason: "job-skipped" as const, job: job.name, because };
    onEvent({ type: "failure", failure });
    end({ job, status: "skipped", error: wordFailure(failure) });
  };

  onEvent({ type: "begun", jobs: jobs.length });
  while (ready.length > 0 || running.size > 0) {
    const job = running.size < executor.width ? ready.shift() : undefined;
    if (job === undefined) {
      await Promise.race(running);
      continue;
    }
    const known = keyed(job, actions, context);
    if (known === undefined) {
      skip(job, [...needsOf(job)].filter((name) => !actions.has(name)));
      continue;
    }
    if (signal.aborted) {
      end({ job, status: "interrupted", keyed: known });
      continue;
    }
    let isUnusable = false;
    const action = lookUp(known, context, (notice) => {
      isUnusable = true;
      onEvent({ type: "notice", notice });
    });
    const mayBeFound = !options.force.has(job.name) && !executor.ahead?.has(job.name);
    if (action !== undefined && mayBeFound) {
      onEvent({ type: "success", reason: "cached", job: job.name, seconds: action.seconds });
      end({ job, status: "cached", keyed: known, action });
      continue;
    }
    // Own data are here already: nothing is asked for them.
    const isSought = mayBeFound && job.data === undefined;
    const task = (isSought ? takeOrExecute : execute)(known, action, isUnusable)
      .finally(() => running.delete(task));
    running.add(task);
  }
  return jobs.map((job) => outcomes.get(job.name)!);
}

/** The blob that a job could not be computed for the want of, if that is why it failed. */
export function lostBlob(error: unknown): string | undefined {
  if (!(error instanceof Failed)) return undefined;
  const { failure } = error;
  return failure.reason === "missing-blob" || failure.reason === "damaged-blob" ||
      failure.reason === "input-changed"
    ? failure.sha256
    : undefined;
}
