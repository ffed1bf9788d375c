/**
 * Executors: where a job is run. Each takes a task, which names a job by its key, and has the result
 * in the store when its promise is fulfilled. Which tasks there are and in which order is decided in
 * `run.ts`.
 */
import type { Listener, Progress, Settings } from "./effects.ts";
import { runJob, type Task } from "./job.ts";
import type { AnyStage } from "./stage.ts";
import type { Store } from "./store.ts";

export interface TaskListener extends Listener {
  /** Another process is computing the same key. */
  waiting(): void;
}

export interface Executor {
  /** How many tasks it runs at a time. */
  readonly width: number;
  /** Fulfilled when the result is stored; rejected with what went wrong. */
  execute(task: Task, listener: TaskListener, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Runs jobs one at a time in this very thread. */
export function inProcess(
  stages: Map<string, AnyStage>,
  store: Store,
  settings: Settings,
): Executor {
  return {
    width: 1,
    execute: (task, listener, signal) => runJob(task, stages, store, settings, listener, signal),
    close() {},
  };
}

/** What a worker is told first. */
export interface WorkerSetup {
  storeRoot: string;
  /** URL of the module whose `dag` names the stages. */
  dagModule: string;
  settings: Settings;
}

export type ToWorker = { setup: WorkerSetup } | { task: Task };

export type FromWorker =
  | { type: "progress"; progress: Progress }
  | { type: "notice"; message: string }
  | { type: "waiting" }
  | { type: "done" }
  | { type: "failed"; message: string };

/** Runs each job in one of `width` worker threads, started as they are needed. */
export function workerThreads(width: number, setup: WorkerSetup): Executor {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const start = (): Worker => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    all.add(worker);
    worker.postMessage({ setup } satisfies ToWorker);
    return worker;
  };
  const discard = (worker: Worker) => {
    worker.terminate();
    all.delete(worker);
  };
  return {
    width,
    execute(task, listener, signal) {
      const worker = idle.pop() ?? start();
      return new Promise<void>((resolve, reject) => {
        const stop = () => {
          discard(worker);
          reject(signal.reason);
        };
        const finish = () => {
          signal.removeEventListener("abort", stop);
          idle.push(worker);
        };
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop, { once: true });
        worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
          switch (data.type) {
            case "progress":
              return listener.progress(data.progress);
            case "notice":
              return listener.notice(data.message);
            case "waiting":
              return listener.waiting();
            case "done":
              finish();
              return resolve();
            case "failed":
              finish();
              return reject(new Error(data.message));
          }
        };
        worker.onerror = (event) => {
          event.preventDefault();
          signal.removeEventListener("abort", stop);
          discard(worker);
          reject(new Error(event.message));
        };
        worker.postMessage({ task } satisfies ToWorker);
      });
    },
    close() {
      for (const worker of all) worker.terminate();
      all.clear();
      idle.length = 0;
    },
  };
}
