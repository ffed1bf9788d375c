/**
 * Obtains the result of one job whose inputs exist: takes it from the remote cache, or has the executor
 * compute it. An input that turns out to be lost meanwhile is computed again first.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { JobStatus } from "../../schemas/run/manifest.ts";
import type { Job } from "./dag.ts";
import { needsOf } from "./order.ts";
import type { Event } from "./event.ts";
import type { Executor, Ran, TaskListener } from "./executor/executor.ts";
import { type JobLogs, logOf } from "./executor/job_logs.ts";
import { Failed, wordFailure } from "./failed.ts";
import { recordText } from "./key.ts";
import { storeData } from "./own_data/read_data.ts";
import type { Context, KeyedJob } from "./keyed_job.ts";
import { lookUp } from "./plan.ts";
import { StageError } from "./sandbox/stage_error.ts";
import { wordThrown } from "./sandbox/thrown.ts";
import { forget } from "../store/stat_cache.ts";
import { blobPath, putRecord, readAction } from "../store/store.ts";
import { noteChecked } from "../store/stored_result.ts";

/** The end of a job: its status, and what led to it. */
export interface Outcome {
  job: Job;
  status: JobStatus;
  /** The origin of a cached result, if not the store here. */
  from?: "remote";
  keyed?: KeyedJob;
  action?: Action;
  error?: string;
  /** Node that ran it, if the executor reports one. */
  ran?: Ran;
  /** The reasons why it ran, in words. */
  why?: string[];
}

/**
 * A shared store of results. A run asks it for results that its own store lacks, and goes on without it
 * whatever happens to it.
 */
export interface RemoteCache {
  /**
   * Brings the result of a job into the store, if there is one; returns whether it did. `onProgress` gets
   * bytes once it is known that something comes.
   */
  fetch(known: KeyedJob, onProgress: (done: number, total: number) => void): Promise<boolean>;
  /** Takes a stored result, and returns at once. */
  store(action: Action): void;
  /** Fulfilled when all that was taken has been sent. */
  settled(): Promise<void>;
}

/** A run in progress. */
export interface Run {
  context: Context;
  executor: Executor;
  /** Names of the jobs that run even if their results are stored. */
  force: ReadonlySet<string>;
  /** Jobs that may run at the same time as this one, itself included: they share the processor. */
  parallel: number;
  /** Running jobs end as interrupted when it fires. */
  signal: AbortSignal;
  /** Asked for results that the store lacks, and given those that were computed. */
  remote?: RemoteCache;
  onEvent: (event: Event) => void;
  /** The reasons why a job runs, in words. `again`: its stored result is of no use. */
  why?: (known: KeyedJob, again: boolean) => string[];
  /** Called before a job is computed. */
  onCompute?: (known: KeyedJob) => void;
  /** Keeps what stages print. */
  logs?: JobLogs;
  /** Jobs that have ended, by name. */
  outcomes: Map<string, Outcome>;
}

/** Takes a result from the remote cache, or computes it where the cache has none. */
export async function takeOrCompute(
  known: KeyedJob,
  before: Action | undefined,
  again: boolean,
  run: Run,
): Promise<Outcome> {
  const { job } = known;
  const action = await takeFromRemote(known, run);
  if (action !== undefined) {
    const { seconds } = action;
    run.onEvent({ type: "success", reason: "cached", job: job.name, seconds, from: "remote" });
    return { job, status: "cached", from: "remote", keyed: known, action };
  }
  if (run.signal.aborted) return { job, status: "interrupted", keyed: known };
  return await compute(known, before, again, run);
}

/**
 * Computes a result. `before` is the stored one, with which the outputs are compared; `again` says that
 * the stored one is of no use.
 */
export async function compute(
  known: KeyedJob,
  before: Action | undefined,
  again: boolean,
  run: Run,
): Promise<Outcome> {
  const { job, key } = known;
  const { store } = run.context;
  const why = run.why?.(known, again);
  try {
    run.onCompute?.(known);
    const ran = await produce(known, new Set(), run, { again, why });
    const action = readAction(store, key, () => {});
    if (action === undefined) throw new Error("it ended without a result in the store");
    noteChecked(store, key);
    const status = ran.found ? "cached" : "ran";
    run.onEvent({ type: "success", reason: status, job: job.name, seconds: action.seconds });
    run.remote?.store(action);
    if (status === "cached") return { job, status, keyed: known, action };
    reportOtherBytes(job, before, action, run);
    return { job, status, keyed: known, action, ran, why };
  } catch (error) {
    return { ...failed(known, error, run), why };
  } finally {
    run.logs?.flush();
  }
}

function reportOtherBytes(
  job: Job,
  before: Action | undefined,
  { outputs }: Action,
  { onEvent }: Run,
): void {
  if (before === undefined) return;
  const others = Object.keys(outputs)
    .filter((name) => before.outputs[name]?.sha256 !== outputs[name].sha256);
  if (others.length === 0) return;
  const notice = { reason: "not-reproducible" as const, job: job.name, outputs: others };
  onEvent({ type: "notice", notice });
}

/** The outcome of a job that threw, with its message, and where its log is. */
function failed(known: KeyedJob, error: unknown, { signal, logs, onEvent }: Run): Outcome {
  const { job } = known;
  if (signal.aborted) {
    const failure = { reason: "interrupted" as const, job: job.name };
    onEvent({ type: "failure", failure });
    return { job, status: "interrupted", keyed: known, error: wordFailure(failure) };
  }
  const message = wordThrown(error);
  const trace = error instanceof StageError ? error.trace : [];
  logs?.write(job.name, [message, ...trace.map((place) => `    ${place}`), ""].join("\n"));
  const log = logs?.pathOf(job.name);
  const failure = { reason: "job-failed" as const, job: job.name, message, trace, log };
  onEvent({ type: "failure", failure });
  // The manifest names the log by its place in the run's directory, which may move.
  const place = log && `${logOf(job.name)} in the run's directory`;
  return {
    job,
    status: "failed",
    keyed: known,
    error: wordFailure({ ...failure, log: place }),
  };
}

/**
 * Has a job's result produced in the store. `sought` has the lost blobs that were computed again: each
 * only once, because bytes that do not come back the same are gone for good.
 */
async function produce(
  known: KeyedJob,
  sought: Set<string>,
  run: Run,
  { again = false, why }: { again?: boolean; why?: readonly string[] } = {},
): Promise<Ran> {
  const { job, key, lines } = known;
  const { executor, signal, context: { store } } = run;
  if (job.data !== undefined) return await storeOwnData(known, why, run);
  const force = run.force.has(job.name);
  for (;;) {
    putRecord(store, recordText(lines));
    try {
      const task = {
        job: job.name,
        stage: job.stage.name,
        key,
        force,
        again,
        limits: job.resources,
        parallel: run.parallel,
      };
      return await executor.execute(task, listenerOf(job, why, run), signal);
    } catch (error) {
      const lost = lostBlob(error);
      if (lost === undefined || signal.aborted || sought.has(lost)) throw error;
      sought.add(lost);
      forget(store.table, blobPath(store, lost));
      for (const name of needsOf(job)) {
        await restore(run.outcomes.get(name)!, lost, sought, run);
      }
    }
  }
}

const listenerOf = (
  { name: job, stage }: Job,
  why: readonly string[] | undefined,
  { onEvent, logs }: Run,
): TaskListener => ({
  started: () => onEvent({ type: "started", job, about: stage.about, why }),
  progress: (progress) => onEvent({ type: "progress", job, ...progress }),
  measured: (measured) => onEvent({ type: "measured", job, ...measured }),
  notice: (message) =>
    onEvent({ type: "notice", notice: { reason: "stage-notice", job, message } }),
  log: (text) => logs?.write(job, text),
  waiting(pid) {
    const notice = { reason: "waiting-for-lock" as const, job, pid, isOurs: pid === Deno.pid };
    onEvent({ type: "notice", notice });
  },
});

async function storeOwnData(
  known: KeyedJob,
  why: readonly string[] | undefined,
  { context, signal, onEvent }: Run,
): Promise<Ran> {
  const job = known.job.name;
  onEvent({ type: "started", job, about: known.job.stage.about, why });
  await storeData(known, context.data.get(job)!, context.store, {
    signal,
    onProgress: (done, total) => onEvent({ type: "progress", job, done, total, unit: "bytes" }),
  });
  return {};
}

/** Produces the result of a job that has ended again, if the lost blob is an output of it. */
async function restore(
  { job, keyed, action }: Outcome,
  lost: string,
  sought: Set<string>,
  run: Run,
): Promise<void> {
  const output = Object.keys(action?.outputs ?? {})
    .find((name) => action!.outputs[name].sha256 === lost);
  if (output === undefined) return;
  const notice = { reason: "output-lost" as const, job: job.name, output, sha256: lost };
  run.onEvent({ type: "notice", notice });
  if (await takeFromRemote(keyed!, run) !== undefined) return;
  if ((await produce(keyed!, sought, run)).found) return;
  run.outcomes.set(job.name, { ...run.outcomes.get(job.name)!, status: "ran" });
}

/** The result of a job that the remote cache has, once it is in the store; undefined where it has none. */
async function takeFromRemote(
  known: KeyedJob,
  { remote, context, onEvent }: Run,
): Promise<Action | undefined> {
  const { name: job } = known.job;
  let isShown = false;
  const isThere = await remote?.fetch(known, (done, total) => {
    if (!isShown) onEvent({ type: "started", job, about: "is taken from the remote" });
    isShown = true;
    onEvent({ type: "progress", job, done, total, unit: "bytes" });
  });
  if (!isThere) return undefined;
  return lookUp(known, context, (notice) => onEvent({ type: "notice", notice }));
}

/** The blob whose loss made a job fail; undefined if it failed for another reason. */
export function lostBlob(error: unknown): string | undefined {
  if (!(error instanceof Failed)) return undefined;
  const { failure } = error;
  return failure.reason === "missing-blob" || failure.reason === "damaged-blob" ||
      failure.reason === "input-changed"
    ? failure.sha256
    : undefined;
}
