/**
 * Executes tasks in worker threads. A task names a job by its key; its result is in the store when the
 * promise is fulfilled. `scheduler.ts` decides which tasks run, and when.
 */
import type { ManifestJob } from "../../../schemas/run/manifest.ts";
import type { JobSettings, Listener } from "../effects.ts";
import type { Failure } from "../event.ts";
import { Failed } from "../failed.ts";
import { limitMesa, quietenMesa } from "../machine/adapter.ts";
import { threadsBeside } from "../machine/threads_beside.ts";
import type { Task } from "../job.ts";
import { deliver, type Report } from "../reports.ts";
import type { Packages } from "../code/package_content.ts";
import { bounded } from "../sandbox/thrown.ts";
import { fixedVariables } from "../program/declared_environment.ts";
import type { StageCode } from "../sandbox/stage_code.ts";
import { type FromThreads, sandboxThreads, type ToThreads } from "../sandbox/sandbox_threads.ts";
import { StageError } from "../sandbox/stage_error.ts";

export interface TaskListener extends Listener {
  /** It has begun, after whatever it had to wait for. */
  started(): void;
  /** Another process is computing the same key: this one, as far as that can be known. */
  waiting(pid: number | undefined): void;
}

export interface Executor {
  /** Number of tasks that it runs at a time. */
  readonly width: number;
  /** Jobs that were submitted before their turn: their results are its own, not found ones. */
  readonly ahead?: ReadonlySet<string>;
  /** Fulfilled when the result is stored; rejected with what went wrong. */
  execute(task: Task, listener: TaskListener, signal: AbortSignal): Promise<Ran>;
  /** Fulfilled when nothing of it is left running, however often it is called. */
  close(): Promise<void>;
}

/** The place where a job ran, for the manifest; `found` where it did not, as another process had its result. */
export type Ran = Pick<ManifestJob, "slurm"> & { found?: boolean };

/** The first message to a worker. */
export interface WorkerSetup {
  storeRoot: string;
  /** The store that has the stages' bundles, where that is another one. */
  codeRoot: string;
  /** The project's directory. */
  root: string;
  stages: Readonly<Record<string, StageCode>>;
  settings: JobSettings;
  /** See `JobContext.stop`. */
  stop?: Int32Array;
}

export type ToWorker = { setup: WorkerSetup } | { task: Task } | FromThreads;

export type FromWorker =
  | Report
  | ToThreads
  | { type: "waiting"; pid: number | undefined }
  | { type: "done"; found: boolean }
  /** With the failure as data, where it is one of ours. */
  | { type: "failed"; message: string; trace: readonly string[]; failure?: Failure };

/**
 * Milliseconds in which a terminated worker's thread ends. There is no telling when it has, and a
 * process that exits while a graphics driver is being unloaded in one can crash. Others need no wait.
 */
const driverEnd = 300;

/**
 * Runs each job in one of `width` worker threads, started as they are needed, and none with an npm package
 * that was edited.
 */
export function workerThreads(
  width: number,
  setup: WorkerSetup,
  packages: Packages,
): Executor {
  fixTimeZone();
  quietenMesa();
  limitMesa(navigator.hardwareConcurrency);
  const pool = workerPool(setup);
  let hasDriver = false;
  let closed: Promise<void> | undefined;
  const end = async () => {
    pool.close();
    if (hasDriver) await new Promise((resolve) => setTimeout(resolve, driverEnd));
  };
  return {
    width,
    async execute(task, listener, signal) {
      const { installed, usesAdapter } = setup.stages[task.stage];
      packages.refuseEdited(installed);
      if (usesAdapter) {
        hasDriver = true;
        limitMesa(setup.settings.threads ?? threadsBeside(task.parallel));
      }
      const worker = pool.take(task.stage);
      listener.started();
      const ended = await perform(worker, task, listener, signal, () => pool.discard(worker));
      pool.keep(worker, task.stage);
      if (ended instanceof Error) throw ended;
      return ended;
    },
    close: () => closed ??= end(),
  };
}

/** Sets the time zone of the process, from which each worker takes its own. */
function fixTimeZone(): void {
  const { TZ } = fixedVariables;
  Deno.env.set("TZ", TZ);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (timeZone === TZ) return;
  // Deno sets none that it may not, and no error comes, where deno.json has it ignore such variables.
  const message =
    `The time zone of stages is not fixed, and no key holds it: expected ${TZ}, found ` +
    `${timeZone}. Give no permission besides those of the task: with --allow-env Deno leaves out all ` +
    `variables.`;
  throw new Failed({ reason: "usage", message });
}

/** Worker threads, each busy with a task or idle. */
function workerPool(setup: WorkerSetup) {
  /** Idle workers, each with the stage that it ran last. */
  const idle = new Map<Worker, string>();
  /** All workers, each with the sandboxes that it requested. */
  const all = new Map<Worker, ReturnType<typeof sandboxThreads>>();
  const discard = (worker: Worker) => {
    worker.terminate();
    all.get(worker)?.endAll();
    all.delete(worker);
    idle.delete(worker);
  };
  const start = (): Worker => {
    const worker = new Worker(new URL("./worker_start.ts", import.meta.url), {
      type: "module",
    });
    all.set(worker, sandboxThreads((message) => worker.postMessage(message)));
    // A discarded one starts no sandbox: nobody would end it.
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === "start-sandbox" || data.type === "end-sandbox") all.get(worker)?.hear(data);
    });
    // One that breaks between two jobs is not used again; during a job, `perform` handles the error.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      discard(worker);
    });
    worker.postMessage({ setup } satisfies ToWorker);
    return worker;
  };
  return {
    discard,
    /** Returns an idle worker, if possible one that ran this stage last, or a new one. */
    take(stage: string): Worker {
      const [first] = idle.keys();
      const [loaded] = [...idle].find(([, last]) => last === stage) ?? [];
      const worker = loaded ?? first ?? start();
      idle.delete(worker);
      return worker;
    },
    keep: (worker: Worker, stage: string) => idle.set(worker, stage),
    close: () => [...all.keys()].forEach(discard),
  };
}

/**
 * Has a worker run a task. Fulfilled once the worker is idle, with the job's error if it failed; rejected if
 * the worker broke or was discarded because of the signal.
 */
function perform(
  worker: Worker,
  task: Task,
  listener: TaskListener,
  signal: AbortSignal,
  discard: () => void,
): Promise<Ran | Error> {
  return new Promise((resolve, reject) => {
    const end = () => {
      signal.removeEventListener("abort", stop);
      worker.removeEventListener("message", hear);
      worker.removeEventListener("error", fail);
    };
    const stop = () => {
      end();
      discard();
      reject(signal.reason);
    };
    const fail = (event: ErrorEvent) => {
      end();
      reject(new Error(`its worker broke: ${bounded(event.message)}`));
    };
    const hear = ({ data }: MessageEvent<FromWorker>) => {
      switch (data.type) {
        case "start-sandbox":
        case "end-sandbox":
          return;
        case "waiting":
          return listener.waiting(data.pid);
        case "done":
          end();
          return resolve({ found: data.found });
        case "failed":
          end();
          return resolve(
            data.failure ? new Failed(data.failure) : new StageError(data.message, data.trace),
          );
        default:
          return deliver(data, listener);
      }
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    worker.addEventListener("message", hear);
    worker.addEventListener("error", fail);
    worker.postMessage({ task } satisfies ToWorker);
  });
}
