/** The inside of a worker thread: runs the tasks that it is sent, one at a time. */
import { type Dag, stagesOf } from "./dag.ts";
import type { Progress } from "./effects.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./executor.ts";
import { runJob, type Task } from "./job.ts";
import type { AnyStage } from "./stage.ts";
import { openStore, type Store } from "./store.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker): void;
};

interface Ready {
  stages: Map<string, AnyStage>;
  store: Store;
  setup: WorkerSetup;
}
let ready: Promise<Ready>;

async function prepare(setup: WorkerSetup): Promise<Ready> {
  const { dag }: { dag: Dag } = await import(setup.dagModule);
  return { stages: stagesOf(dag), store: openStore(setup.storeRoot), setup };
}

async function run(task: Task): Promise<void> {
  const { stages, store, setup } = await ready;
  const listener = {
    progress: (progress: Progress) => scope.postMessage({ type: "progress", progress }),
    notice: (message: string) => scope.postMessage({ type: "notice", message }),
    waiting: () => scope.postMessage({ type: "waiting" }),
  };
  // A worker is stopped from outside, so its signal never fires.
  await runJob(task, stages, store, setup.settings, listener, new AbortController().signal);
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
      message: error instanceof Error ? error.message : String(error),
    });
  }
};
