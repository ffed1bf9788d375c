/**
 * Calls Slurm's commands: submit, query, cancel. Each function returns Slurm's output as data. Slurm's own
 * environment variables choose the cluster.
 */
import { Failed } from "../engine/failed.ts";
import { withoutLoader } from "../engine/machine/loader_variables.ts";

interface Said {
  success: boolean;
  out: string;
  err: string;
}

async function ask(program: string, args: readonly string[], stdin?: string): Promise<Said> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      env: withoutLoader,
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    // A missing program cannot be allowed either, by its name alone.
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (isMissing) throw new Failed({ reason: "no-slurm", program });
    throw error;
  }
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { success, out: text.decode(stdout).trim(), err: text.decode(stderr).trim() };
}

/** Submits a batch script; gives the job's number. Throws `slurm-refused` with what Slurm said. */
export async function submit(script: string, args: readonly string[]): Promise<number> {
  const { success, out, err } = await ask("sbatch", ["--parsable", ...args], script);
  // "17", or "17;cluster".
  const number = /^(\d+)(;.*)?$/.exec(out)?.[1];
  if (success && number !== undefined) return Number(number);
  throw new Failed({ reason: "slurm-refused", program: "sbatch", message: err || out });
}

/** Slurm's state of a job, or of an element of an array. */
export interface JobState {
  /** `17`, or `17_4`. */
  id: string;
  /** `PENDING`, `RUNNING`, `TIMEOUT`, … */
  state: string;
  /** Reason for waiting or ending: `Dependency`, `DependencyNeverSatisfied`, `NonZeroExitCode`, … */
  reason: string;
  node: string;
  comment: string;
}

/** By which Slurm's jobs are known to be a submission's, and which of it. */
export const commentOf = (token: string, name: string): string => `fanin:${token}:${name}`;

/**
 * The states of one's jobs that the controller still knows, ended ones for some minutes among them.
 * Undefined with what was said where it does not answer.
 */
export async function states(): Promise<{ jobs: JobState[] } | { problem: string }> {
  const format = "%i|%T|%r|%N|%k";
  const { success, out, err } = await ask("squeue", [
    "--me",
    "--states=all",
    "--array",
    "--noheader",
    `--format=${format}`,
  ]);
  if (!success) return { problem: err || out };
  const jobs = out.split("\n").filter((line) => line !== "").map((line) => {
    const [id, state, reason, node, comment] = line.split("|");
    return { id, state, reason, node, comment };
  });
  return { jobs };
}

/** A job's exit code and the signal that ended it, as the controller knows them: `1:0`, `0:9`. */
export async function exitCode(id: string): Promise<string | undefined> {
  const { out } = await ask("scontrol", ["show", "job", "--oneliner", id]);
  return /\bExitCode=(\d+:\d+)/.exec(out)?.[1];
}

/** True if Slurm has a job running, as opposed to one that it is ending. */
export async function isRunning(id: string): Promise<boolean> {
  const { out } = await ask("scontrol", ["show", "job", "--oneliner", id]);
  return /\bJobState=RUNNING\b/.test(out);
}

/** Puts a running job back into the queue, under the same number. */
export async function requeue(id: string): Promise<boolean> {
  return (await ask("scontrol", ["requeue", id])).success;
}

/** Lets a job that was put back start at once, where Slurm would hold it for two minutes. */
export async function startNow(id: string): Promise<void> {
  await ask("scontrol", ["update", `JobId=${id}`, "StartTime=now"]);
}

/** Cancels jobs; those that have ended already are no error. */
export async function cancel(ids: readonly string[]): Promise<void> {
  const most = 500;
  for (let at = 0; at < ids.length; at += most) {
    const { success, err } = await ask("scancel", ["--quiet", ...ids.slice(at, at + most)]);
    if (!success) throw new Failed({ reason: "slurm-refused", program: "scancel", message: err });
  }
}
