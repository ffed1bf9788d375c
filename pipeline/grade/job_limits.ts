/** Stops a job that takes more time or memory than the DAG declares for its stage. */
import type { Resources } from "../../schemas/run/job_resources.ts";
import type { Executor } from "../engine/executor/executor.ts";
import { startTimer } from "../engine/timer.ts";

type Limits = Pick<Resources, "memory" | "minutes">;

/** Milliseconds between two readings of the memory of the process. */
const interval = 100;

/**
 * Bounds an executor that runs one job at a time in this process: the growth of the process counts as
 * the job's memory.
 */
export function bounded(executor: Executor, limitsOf: (job: string) => Limits): Executor {
  return {
    ...executor,
    async execute(task, listener, signal) {
      const { memory, minutes } = limitsOf(task.job);
      const before = Deno.memoryUsage().rss;
      const stop = new AbortController();
      const exceeded = (limit: string) =>
        stop.abort(new Error(`it exceeded its limit of ${limit}, and was stopped`));
      using _clock = startTimer(
        minutes * 60_000,
        () => exceeded(minutes === 1 ? "1 minute" : `${minutes} minutes`),
      );
      const watch = setInterval(() => {
        if (Deno.memoryUsage().rss - before > memory * 2 ** 20) exceeded(`${memory} MiB`);
      }, interval);
      try {
        return await executor.execute(task, listener, AbortSignal.any([signal, stop.signal]));
      } finally {
        clearInterval(watch);
      }
    },
  };
}
