/** Runs inside a worker thread: takes the tasks that arrive, one at a time. */
import { join } from "node:path";
import { Failed } from "../failed.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./executor.ts";
import { type JobContext, runJob, type Task } from "../job.ts";
import { reporter } from "../reports.ts";
import { sandboxes } from "../sandbox/sandbox.ts";
import { requestThreads } from "../sandbox/sandbox_threads.ts";
import { StageError } from "../sandbox/stage_error.ts";
import { openStore, scratchRoot } from "../../store/store.ts";
import { wordThrown } from "../sandbox/thrown.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
};

const threads = requestThreads((message, transfer) => scope.postMessage(message, transfer));
let context: JobContext;

function prepare({ storeRoot, codeRoot, root, ...rest }: WorkerSetup): JobContext {
  const store = openStore(storeRoot, codeRoot);
  const scratch = join(scratchRoot(store), `job-${crypto.randomUUID()}`);
  const runner = sandboxes({ store: codeRoot, root, scratch }, threads.start);
  return { store, root, runner, ...rest };
}

async function run(task: Task): Promise<{ found: boolean }> {
  const listener = {
    ...reporter((report) => scope.postMessage(report)),
    waiting: (pid: number | undefined) => scope.postMessage({ type: "waiting", pid }),
  };
  // A worker is stopped from outside, so its signal never fires.
  return await runJob(task, context, listener, new AbortController().signal);
}

scope.onmessage = async ({ data }) => {
  if ("type" in data) return threads.hear(data);
  if ("setup" in data) {
    context = prepare(data.setup);
    return;
  }
  try {
    scope.postMessage({ type: "done", ...await run(data.task) });
  } catch (error) {
    scope.postMessage({
      type: "failed",
      message: wordThrown(error),
      trace: error instanceof StageError ? error.trace : [],
      failure: error instanceof Failed ? error.failure : undefined,
    });
  }
};
