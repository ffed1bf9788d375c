/** The inside of a worker thread: runs the tasks that it is sent, one at a time. */
import { type Dag, stagesOf } from "./dag.ts";
import type { Measured, Progress } from "./effects.ts";
import { Failed } from "./event.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./executor.ts";
import { type JobContext, runJob, type Task } from "./job.ts";
import { openStore } from "./store.ts";
import { wordThrown } from "./thrown.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker): void;
};

let ready: Promise<JobContext>;

async function prepare(setup: WorkerSetup): Promise<JobContext> {
  const { dag }: { dag: Dag } = await import(setup.dagModule);
  const { storeRoot, dagModule: _, ...rest } = setup;
  return { stages: stagesOf(dag), store: openStore(storeRoot), ...rest };
}

async function run(task: Task): Promise<void> {
  const listener = {
    progress: (progress: Progress) => scope.postMessage({ type: "progress", progress }),
    measured: (measured: Measured) => scope.postMessage({ type: "measured", measured }),
    notice: (message: string) => scope.postMessage({ type: "notice", message }),
    waiting: (pid: number | undefined) => scope.postMessage({ type: "waiting", pid }),
  };
  // A worker is stopped from outside, so its signal never fires.
  await runJob(task, await ready, listener, new AbortController().signal);
}

scope.onmessage = async ({ data }) => {
  if ("setup" in data) {
    ready = prepare(data.setup);
    return;
  }
  try {
    await run(data.task);
    scope.postMessage({ type: "done" });
  } catch (error) {
    scope.postMessage({
      type: "failed",
      message: wordThrown(error),
      failure: error instanceof Failed ? error.failure : undefined,
    });
  }
};
