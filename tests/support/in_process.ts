/** Runs jobs without workers, for tests of what surrounds a stage. */
import { join } from "node:path";
import type { Executor } from "../../pipeline/engine/executor/executor.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { type JobContext, runJob } from "../../pipeline/engine/job.ts";
import { callStage } from "../../pipeline/engine/sandbox/call_stage.ts";
import { stageCode } from "../../pipeline/engine/sandbox/stage_code.ts";
import type { AnyStage } from "../../pipeline/engine/stage.ts";
import { scratchRoot } from "../../pipeline/store/store.ts";

/**
 * Runs jobs one at a time in this thread, by the stages' own functions and with the permissions of the
 * process.
 */
export function inProcess(
  { store, stages, settings }: Pick<JobContext, "store" | "settings"> & {
    stages: ReadonlyMap<string, AnyStage>;
  },
): Executor {
  const scratch = join(scratchRoot(store), `job-${crypto.randomUUID()}`);
  const context: JobContext = {
    store,
    settings,
    root: Deno.cwd(),
    stages: Object.fromEntries(
      [...stages.values()].map((stage) => [
        stage.name,
        stageCode(stage, { sha256: "", beside: [], installed: [], data: {} }),
      ]),
    ),
    runner: {
      scratch,
      run: ({ code, ...call }, services, listener) =>
        callStage(stages.get(code.name)!, call, services, {
          listener,
          signal: new AbortController().signal,
          Failed,
        }),
      close() {},
    },
  };
  return {
    width: 1,
    async execute(task, listener, signal) {
      listener.started();
      return await runJob(task, context, listener, signal);
    },
    close: () => Promise.resolve(),
  };
}
