/**
 * Classifies how a job without a result ended, from what Slurm reports: the node, its memory, its time, its
 * exit code, a cancellation, or a job that it waited for.
 */
import type { Ending } from "../engine/event.ts";
import type { Patience } from "./busy_controller.ts";
import { exitCode, type JobState } from "./slurm_commands.ts";

/** For a detail of a message: others wait meanwhile. */
const short: Patience = { seconds: 10, onBusy() {} };

/** States in which a job is over, as squeue spells them. */
const over: Record<string, Ending> = {
  BOOT_FAIL: "node",
  NODE_FAIL: "node",
  OUT_OF_MEMORY: "memory",
  TIMEOUT: "time",
  DEADLINE: "time",
  PREEMPTED: "preempted",
  FAILED: "exit",
  COMPLETED: "exit",
  CANCELLED: "cancelled",
  REVOKED: "cancelled",
};

export const isOver = ({ state }: JobState): boolean => state in over;

/** True if Slurm will never start it, or has cancelled it, because of a job that it waited for. */
export const isOrphan = ({ state, reason }: JobState): boolean =>
  reason === "DependencyNeverSatisfied" && (state === "PENDING" || state === "CANCELLED");

/** True if Slurm could not start it, put it back and will not try again by itself. */
export const isHeld = ({ state, reason }: JobState): boolean =>
  state === "PENDING" && reason === "launch failed requeued held";

/** Messages of a node that ends a process, because the state may show only an exit code. */
const saidOfEnd: [words: RegExp, how: Ending][] = [
  [/exceeded (job )?memory limit|oom[-_ ]kill/i, "memory"],
  [/CANCELLED AT .* DUE TO TIME LIMIT/, "time"],
  [/CANCELLED AT .* DUE TO NODE FAILURE/, "node"],
];

/**
 * Returns why a job ended, with what Slurm says of it. `output` is the end of what the job printed. The
 * state alone does not say why if the kernel does not limit memory, or if the controller was away.
 */
export async function endingOf(
  job: JobState,
  output: string,
): Promise<{ how: Ending; detail: string }> {
  if (isOrphan(job)) return { how: "dependency", detail: job.reason };
  if (isHeld(job)) return { how: "node", detail: job.reason };
  const how = over[job.state] ?? "unknown";
  if (how === "exit" || how === "cancelled") {
    for (const [words, ended] of saidOfEnd) {
      const line = output.split("\n").findLast((line) => words.test(line));
      if (line !== undefined) return { how: ended, detail: line.trim() };
    }
  }
  if (how !== "exit") return { how, detail: said(job) };
  const code = await exitCode(job.id, short).catch(() => undefined);
  const words = code === undefined ? said(job) : `exit code ${code.replace(":", ", signal ")}`;
  const last = output.slice(output.lastIndexOf("\n") + 1);
  return { how, detail: last === "" ? words : `${words}; it printed "${last}"` };
}

const said = ({ state, reason }: JobState): string =>
  reason === "" || reason === "None" ? state : `${state}, ${reason}`;

/** Reasons to wait that pass by themselves. */
const usual = new Set([
  "",
  "None",
  "Priority",
  "Resources",
  "Dependency",
  "BeginTime",
  "Cleaning",
  "Prolog",
  "JobArrayTaskLimit",
  "Licenses",
]);

/** Returns why a job waits, if it may wait for ever. */
export const unusualReason = ({ state, reason }: JobState): string | undefined =>
  state === "PENDING" && !usual.has(reason) && reason !== "DependencyNeverSatisfied"
    ? reason
    : undefined;
