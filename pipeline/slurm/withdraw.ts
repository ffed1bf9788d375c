/** Cancels what Slurm has of a submission, found by the token in the comments of its jobs. */
import { type Patience, patiently } from "./busy_controller.ts";
import { cancel, isOpen, jobsOf } from "./slurm_commands.ts";

/** Slurm's numbers of a submission's jobs that wait or run. */
async function openJobs(token: string, patience: Patience): Promise<string[]> {
  const jobs = await patiently(patience, () => jobsOf(token));
  const own = jobs.filter(isOpen);
  return [...new Set(own.map(({ id }) => id.split("_")[0]))];
}

/** Cancels all of a submission. Gives the numbers of jobs that Slurm has after that all the same. */
export async function withdraw(token: string, patience: Patience): Promise<string[]> {
  const numbers = await openJobs(token, patience);
  if (numbers.length === 0) return [];
  await cancel(numbers, patience);
  return await openJobs(token, patience);
}
