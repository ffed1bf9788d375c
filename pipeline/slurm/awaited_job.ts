/** Applies the lines of a node's journal to a submitted job that a run waits for. */
import type { JournalLine } from "../../schemas/run/slurm_submission.ts";
import type { Ran, TaskListener } from "../engine/executor/executor.ts";
import { Failed } from "../engine/failed.ts";
import { StageError } from "../engine/sandbox/stage_error.ts";

type Began = Extract<JournalLine, { type: "began" }>;
type Done = Extract<JournalLine, { type: "done" }>;
type FailedLine = Extract<JournalLine, { type: "failed" }>;

export interface AwaitedJob {
  ticket: number;
  /** Slurm's id of its newest submission. */
  id: string;
  /** See `Submitted`. */
  name: string;
  /** Time of the newest submission, in ms since 1970. */
  submitted: number;
  /** Bytes of the journal that were read. */
  offset: number;
  /** The key under which its result is expected. */
  key: string;
  /** Its first and its newest start, as Slurm's job of this id. */
  first?: Began;
  began?: Began;
  /** Successive answers of Slurm that found it over or unknown. */
  silent: number;
  /** Slurm started it too early, because Slurm lost a job that this one waited for. */
  isPremature: boolean;
  /** True while it is submitted again. */
  isBeingSubmitted: boolean;
  /** Unusual reasons to wait that were reported. */
  reported: Set<string>;
  listener: TaskListener;
  resolve(ran: Ran): void;
  reject(error: Error): void;
}

/** Applies a line of the journal. Gives how the job ended, undefined while it goes on. */
export function applyLine(job: AwaitedJob, line: JournalLine): Ran | Error | undefined {
  const { listener } = job;
  job.silent = 0;
  switch (line.type) {
    case "began":
      // A line of an earlier submission of the ticket is no start of this one.
      job.began = line.id === job.id ? line : undefined;
      job.first ??= job.began;
      listener.started();
      return undefined;
    case "progress":
      listener.progress(line);
      return undefined;
    case "measured":
      listener.measured(line);
      return undefined;
    case "notice":
      listener.notice(line.message);
      return undefined;
    case "waiting":
      listener.waiting(line.pid);
      return undefined;
    case "stopped":
      if (line.requeued) {
        listener.notice("ended at a checkpoint as its time was nearly over; it was requeued");
      }
      return undefined;
    case "failed":
      return job.began === undefined ? undefined : failureOf(job, line);
    case "done":
      return resultOf(job, line);
  }
}

function failureOf(job: AwaitedJob, line: FailedLine): Error | undefined {
  if (line.premature) {
    job.isPremature = true;
    return undefined;
  }
  if (line.lost !== undefined) return new Failed({ reason: "missing-blob", sha256: line.lost });
  const node = job.began === undefined ? "" : ` on ${job.began.node}`;
  return new StageError(`${line.message} (Slurm's job ${job.id}${node})`, line.trace ?? []);
}

function resultOf({ key, began, first, submitted }: AwaitedJob, line: Done): Ran | Error {
  if (line.key !== key) return new Error(`its node made the key ${line.key}; expected ${key}`);
  const seconds = (from: number, to: string) => Math.max(0, (Date.parse(to) - from) / 1000);
  return {
    slurm: began && {
      id: began.id,
      node: began.node,
      restarts: began.restarts,
      queued: seconds(submitted, first!.at),
      ran: seconds(Date.parse(began.at), line.at),
    },
  };
}
