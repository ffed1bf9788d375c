/**
 * Runs jobs at Slurm: submits all jobs without a stored result at once, each waiting at Slurm for those
 * that it needs. A run then walks its jobs as ever and takes each result as it comes.
 */
import type { Resources } from "../../schemas/run/job_resources.ts";
import type { Submission } from "../../schemas/run/slurm_submission.ts";
import type { Notice } from "../engine/event.ts";
import type { Executor } from "../engine/executor/executor.ts";
import type { Task } from "../engine/job.ts";
import { lineTexts, parseRecord, withoutInputs } from "../engine/key.ts";
import { readBlob, type Store } from "../store/store.ts";
import { cancel } from "./slurm_commands.ts";
import { nextTicket, writeSubmission, writeTicket } from "./submission_files.ts";
import { follow } from "./follow.ts";
import { type Site, submitAll, submitOne } from "./submit.ts";
import type { Tickets } from "./tickets.ts";

/** Parts of the project that submitting its jobs needs. */
export interface Submitter {
  root: string;
  store: Store;
  hasSteps: Site["hasSteps"];
  resourcesOf(job: string): Resources;
  patience: Site["patience"];
  onNotice(notice: Notice): void;
  /** Jobs that are with Slurm, of all that it is to be given. */
  onSubmitted(done: number, total: number): void;
}

export interface SlurmRun extends Disposable {
  /** The executor of a replicate's jobs. */
  executorOf(replicate: number): Executor;
  /** Slurm's names of the jobs that have no result yet. */
  open(): string[];
  /** Cancels them. */
  cancel(): Promise<void>;
}

/** Writes a submission down and submits its tickets to Slurm. */
export function submitTickets(
  directory: string,
  submission: Submission,
  tickets: Tickets,
  submitter: Submitter,
): Promise<SlurmRun> {
  for (const [number, ticket] of tickets) writeTicket(directory, number, ticket);
  // Last: a submission that can be resumed has all of its tickets.
  writeSubmission(directory, submission);
  return followTickets(directory, submission, tickets, submitter);
}

/** Resumes a submission: submits what is not at Slurm yet and follows the rest. */
export async function followTickets(
  directory: string,
  submission: Submission,
  tickets: Tickets,
  { root, store, hasSteps, resourcesOf, patience, onNotice, onSubmitted }: Submitter,
): Promise<SlurmRun> {
  const site: Site = { root, directory, submission, tickets, hasSteps, patience };
  await submitAll(site, onSubmitted);
  const follower = follow({ site, submit: (ticket) => submitOne(site, ticket), onNotice });

  /** Submits a ticket for a job that has none left. */
  const ticketFor = async ({ job, key, force, again }: Task): Promise<number> => {
    const { lines, stage, inputs } = parseRecord(new TextDecoder().decode(readBlob(store, key)));
    const number = nextTicket(directory);
    const ticket = {
      job,
      stage,
      force,
      again,
      resources: resourcesOf(job),
      lines: lineTexts(withoutInputs(lines)),
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, sha256]) => [name, { sha256 }]),
      ),
    };
    tickets.set(number, ticket);
    writeTicket(directory, number, ticket);
    follower.submitted(await submitOne(site, number));
    return number;
  };

  return {
    executorOf(replicate) {
      const handed = new Map(Object.entries(submission.jobs[replicate]));
      return {
        width: Infinity,
        ahead: new Set(handed.keys()),
        async execute(task, listener, signal) {
          const ticket = handed.get(task.job) ?? await ticketFor(task);
          handed.delete(task.job);
          return await follower.ended(ticket, task.key, listener, signal);
        },
        close: () => Promise.resolve(),
      };
    },
    open: () => follower.open(),
    cancel: () => cancel(follower.open(), { ...patience, signal: undefined }),
    [Symbol.dispose]: () => follower[Symbol.dispose](),
  };
}
