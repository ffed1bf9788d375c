/**
 * How a job ended that left no result, told apart by what Slurm says of it: the node, its memory, its
 * time, its exit code, somebody's will, or what it waited for.
 */
import type { Ending } from "../event.ts";
import { exitCode, type JobState } from "./client.ts";

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

/** Whether Slurm will never start it, or has cancelled it, because of a job that it waited for. */
export const isOrphan = ({ state, reason }: JobState): boolean =>
  reason === "DependencyNeverSatisfied" && (state === "PENDING" || state === "CANCELLED");

/** What a node says on the output of a process that it kills for its memory. */
const exceeded = /exceeded (job )?memory limit|oom[-_ ]kill/i;

/**
 * Why it ended, with what Slurm says of it. `output` is the end of what it printed: where memory is not
 * limited by the kernel, the state alone does not say that this was why.
 */
export async function endingOf(
  job: JobState,
  output: string,
): Promise<{ how: Ending; detail: string }> {
  if (isOrphan(job)) return { how: "dependency", detail: job.reason };
  const how = over[job.state] ?? "unknown";
  const isKilled = how === "exit" || how === "cancelled";
  if (isKilled && exceeded.test(output)) {
    return {
      how: "memory",
      detail: output.split("\n").find((line) => exceeded.test(line))!.trim(),
    };
  }
  if (how !== "exit") return { how, detail: said(job) };
  const code = await exitCode(job.id);
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

/** Why a job waits, if it may wait for ever. */
export const unusualReason = ({ state, reason }: JobState): string | undefined =>
  state === "PENDING" && !usual.has(reason) && reason !== "DependencyNeverSatisfied"
    ? reason
    : undefined;
