/**
 * Calls Slurm's commands: submit, query, cancel. Each function returns Slurm's output as data. Slurm's own
 * environment variables choose the cluster. `busy_controller.ts` says when a call is repeated.
 */
import { Failed } from "../engine/failed.ts";
import { withoutLoader } from "../engine/machine/loader_variables.ts";
import { type Answer, isBusy, isUnclear, type Patience, patiently } from "./busy_controller.ts";
import { refuseVariables } from "./slurm_variables.ts";

interface Said {
  success: boolean;
  out: string;
  err: string;
  /** Message of a failure. */
  problem: string;
}

async function ask(program: string, args: readonly string[], stdin?: string): Promise<Said> {
  refuseVariables();
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
    try {
      await writer.write(new TextEncoder().encode(stdin));
      await writer.close();
    } catch (error) {
      // It ended without reading: its messages say why.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }
  const { success, code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  const [out, err] = [text.decode(stdout).trim(), text.decode(stderr).trim()];
  return { success, out, err, problem: err || out || `exit code ${code}, and no message` };
}

/** Asks until the controller has time. Gives what it said, of success or of another failure. */
const askPatiently = (patience: Patience, program: string, args: readonly string[]) =>
  patiently<Said>(patience, async () => {
    const said = await ask(program, args);
    return said.success || !isBusy(said.problem)
      ? { value: said }
      : { busy: { program, message: said.problem } };
  });

const refused = (program: string, message: string): Failed =>
  new Failed({ reason: "slurm-refused", program, message });

/** Most calls of sbatch for one job that the controller may have taken. */
const mostUnclear = 2;

/**
 * Submits a batch script; gives the job's number. Before a second call, and whenever sbatch gives no number,
 * `find` looks for the job, which Slurm may have taken all the same. Throws `slurm-refused` with what
 * Slurm said, or `slurm-busy`.
 */
export async function submit(
  script: string,
  args: readonly string[],
  find: () => Promise<Answer<number | undefined>>,
  patience: Patience,
): Promise<number> {
  let last: Said | undefined;
  let unclear = 0;
  return await patiently<number>(patience, async () => {
    if (last !== undefined) {
      const found = await find();
      if ("busy" in found) return found;
      if (found.value !== undefined) return { value: found.value };
      if (unclear >= mostUnclear) return { busy: { program: "sbatch", message: last.problem } };
    }
    last = await ask("sbatch", ["--parsable", ...args], script);
    // The key that ends fanin ends sbatch, too.
    if (!last.success) patience.signal?.throwIfAborted();
    if (last.success) {
      const [number, ...others] = numbersIn(last.out);
      if (number !== undefined && others.length === 0) return { value: number };
    } else if (isBusy(last.problem)) {
      if (isUnclear(last.problem)) unclear++;
      return { busy: { program: "sbatch", message: last.problem } };
    }
    const found = await patiently(patience, async () => {
      const answer = await find();
      return "busy" in answer ? answer : { value: answer };
    });
    if (found.value !== undefined) return { value: found.value };
    throw refused("sbatch", last.problem);
  });
}

/** The numbers that sbatch printed, each on a line of its own: a site's wrapper may print more. */
const numbersIn = (out: string): number[] => [
  ...new Set(
    out.split("\n").flatMap((line) => {
      // "17", "17;cluster", or without --parsable "Submitted batch job 17 on cluster …".
      const number = /^(?:(\d+)(?:;\S+)?|Submitted batch job (\d+)\b.*)$/.exec(line.trim());
      return number === null ? [] : [Number(number[1] ?? number[2])];
    }),
  ),
];

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

/** States of a job that waits or runs. */
const open = new Set(["PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "REQUEUED", "STOPPED"]);

/** True if a job waits or runs, so that cancelling ends it. */
export const isOpen = ({ state }: JobState): boolean => open.has(state);

/** By which Slurm's jobs are known to be a submission's, and which of it. */
export const commentOf = (token: string, name: string): string => `fanin:${token}:${name}`;

/**
 * The states of one's jobs that the controller still knows, ended ones for some minutes among them, or what
 * was said where it does not answer.
 */
export async function states(): Promise<{ jobs: JobState[] } | { problem: string }> {
  const format = "%i|%T|%r|%N|%k";
  const { success, out, problem } = await ask("squeue", [
    "--me",
    "--states=all",
    "--array",
    "--noheader",
    `--format=${format}`,
  ]);
  if (!success) return { problem };
  const jobs = out.split("\n").filter((line) => line !== "").map((line) => {
    const [id, state, reason, node, comment] = line.split("|");
    return { id, state, reason, node, comment };
  });
  return { jobs };
}

/** Jobs of a submission, or that the controller is busy. Throws `slurm-refused` for another failure. */
export async function jobsOf(token: string): Promise<Answer<JobState[]>> {
  const answer = await states();
  if ("problem" in answer) {
    if (!isBusy(answer.problem)) throw refused("squeue", answer.problem);
    return { busy: { program: "squeue", message: answer.problem } };
  }
  const head = commentOf(token, "");
  return { value: answer.jobs.filter(({ comment }) => comment?.startsWith(head)) };
}

const showJob = async (id: string, patience: Patience): Promise<string> =>
  (await askPatiently(patience, "scontrol", ["show", "job", "--oneliner", id])).out;

/** A job's exit code and the signal that ended it, as the controller knows them: `1:0`, `0:9`. */
export const exitCode = async (id: string, patience: Patience): Promise<string | undefined> =>
  /\bExitCode=(\d+:\d+)/.exec(await showJob(id, patience))?.[1];

/** True if Slurm has a job running, as opposed to one that it is ending. */
export const isRunning = async (id: string, patience: Patience): Promise<boolean> =>
  /\bJobState=RUNNING\b/.test(await showJob(id, patience));

/** Puts a running job back into the queue, under the same number. */
export const requeue = async (id: string, patience: Patience): Promise<boolean> =>
  (await askPatiently(patience, "scontrol", ["requeue", id])).success;

/** Lets a job that was put back start at once, where Slurm would hold it for two minutes. */
export async function startNow(id: string): Promise<void> {
  await ask("scontrol", ["update", `JobId=${id}`, "StartTime=now"]);
}

/** Cancels jobs; those that have ended already are no error. */
export async function cancel(ids: readonly string[], patience: Patience): Promise<void> {
  const most = 500;
  for (let at = 0; at < ids.length; at += most) {
    const args = ["--quiet", ...ids.slice(at, at + most)];
    const { success, problem } = await askPatiently(patience, "scancel", args);
    if (!success) throw refused("scancel", problem);
  }
}
