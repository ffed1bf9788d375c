/**
 * Follows submitted jobs to their ends: reads what the nodes write, and asks Slurm now and then about
 * those that say nothing. What was submitted is checked, not believed: a job that Slurm has lost is
 * submitted again. What the results mean is for `run.ts`.
 */
import { StageError } from "../engine/sandbox/stage_error.ts";
import type { JournalLine, Submitted } from "../../schemas/run/slurm_submission.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import type { Ran, TaskListener } from "../engine/executor/executor.ts";
import { cancel, type JobState, startNow, states } from "./slurm_commands.ts";
import { endingOf, isHeld, isOrphan, isOver, unusualReason } from "./ending.ts";
import { readJournal, readOutput, readSubmitted } from "./submission_files.ts";
import { commentOf, type Site, submitOne } from "./submit.ts";

/** Milliseconds between two looks at the journals. */
const glance = 200;

/** How often a job that Slurm has lost, or cancelled with one that it waited for, is submitted again. */
const mostAttempts = 3;

/**
 * Questions to Slurm after which a job is believed to be lost, or over without a last word: a journal
 * may come later than the news of its end where nodes and this machine share files over a network.
 */
const patience = 3;

type Began = Extract<JournalLine, { type: "began" }>;

/** A job that somebody waits for. */
interface Awaited {
  ticket: number;
  id: string;
  /** See `Submitted`. */
  name: string;
  submitted: number;
  /** Bytes of the journal that were read. */
  offset: number;
  /** The key under which its result is expected. */
  key: string;
  /** Its first and its newest start, as Slurm's job of this id. */
  first?: Began;
  began?: Began;
  /** Questions to Slurm in a row that found it over or unknown. */
  silent: number;
  /** Slurm started it too early, as it does where it has lost a job that this one waited for. */
  isPremature: boolean;
  told: Set<string>;
  listener: TaskListener;
  resolve(ran: Ran): void;
  reject(error: Error): void;
}

export interface Follower extends Disposable {
  /**
   * Waits for a ticket's job. The result is stored when the promise is fulfilled; its key must be
   * `key`. Rejected with what went wrong.
   */
  ended(ticket: number, key: string, listener: TaskListener, signal: AbortSignal): Promise<Ran>;
  /** Hears of a ticket that was submitted since. */
  submitted(line: Submitted): void;
  /** Slurm's names of the jobs that were submitted and whose end was not seen. */
  open(): string[];
}

/** Follows the jobs of a submission until disposed. */
export function follow(site: Site, onNotice: (notice: Notice) => void): Follower {
  const { directory, submission: { cluster, token } } = site;
  const awaited = new Map<number, Awaited>();
  const over = new Set<number>();
  /** The newest submission of each ticket. */
  const latest = new Map(readSubmitted(directory).map((line) => [line.ticket, line]));
  let isSilent = false;

  const settle = (one: Awaited, outcome: Ran | Error) => {
    awaited.delete(one.ticket);
    over.add(one.ticket);
    if (outcome instanceof Error) one.reject(outcome);
    else one.resolve(outcome);
  };

  const hear = (one: Awaited) => {
    const { lines, next } = readJournal(directory, one.ticket, one.offset);
    one.offset = next;
    for (const line of lines) {
      one.silent = 0;
      if (!hearLine(one, line)) return;
    }
  };

  /** Gives whether the job goes on. */
  const hearLine = (one: Awaited, line: JournalLine): boolean => {
    const { listener } = one;
    switch (line.type) {
      case "began":
        // What an earlier submission of the ticket says of itself is no news of this one.
        one.began = line.id === one.id ? line : undefined;
        one.first ??= one.began;
        listener.started();
        return true;
      case "progress":
        listener.progress(line);
        return true;
      case "measured":
        listener.measured(line);
        return true;
      case "notice":
        listener.notice(line.message);
        return true;
      case "waiting":
        listener.waiting(line.pid);
        return true;
      case "stopped":
        if (line.requeued) {
          listener.notice("ended at a checkpoint as its time was nearly over; it was requeued");
        }
        return true;
      case "failed":
        if (one.began === undefined) return true;
        if (line.premature) {
          one.isPremature = true;
          return true;
        }
        settle(
          one,
          line.lost === undefined
            ? new StageError(`${line.message} (${placeOf(one)})`, line.trace ?? [])
            : new Failed({ reason: "missing-blob", sha256: line.lost }),
        );
        return false;
      case "done": {
        const { began, first } = one;
        if (line.key !== one.key) {
          settle(one, new Error(`its node made the key ${line.key}; expected ${one.key}`));
          return false;
        }
        settle(one, {
          slurm: began && {
            id: began.id,
            node: began.node,
            restarts: began.restarts,
            queued: Math.max(0, (Date.parse(first!.at) - one.submitted) / 1000),
            ran: Math.max(0, (Date.parse(line.at) - Date.parse(began.at)) / 1000),
          },
        });
        return false;
      }
    }
  };

  const placeOf = ({ id, began }: Awaited): string =>
    `Slurm's job ${id}${began === undefined ? "" : ` on ${began.node}`}`;

  const again = async (one: Awaited) => {
    const submitted = await submitOne(site, one.ticket);
    latest.set(one.ticket, submitted);
    one.id = submitted.id;
    one.name = submitted.name;
    one.submitted = Date.parse(submitted.at);
    one.silent = 0;
    one.isPremature = false;
    one.began = one.first = undefined;
  };

  const attemptsOf = (ticket: number) =>
    readSubmitted(directory).filter((line) => line.ticket === ticket).length;

  const judge = async (one: Awaited, job: JobState | undefined) => {
    const { listener } = one;
    const name = site.tickets.get(one.ticket)!.job;
    if (job !== undefined && !isOver(job) && !isOrphan(job) && !isHeld(job)) {
      one.silent = 0;
      if (job.state === "PENDING" && one.began !== undefined && job.reason === "BeginTime") {
        await startNow(job.id);
      }
      const reason = unusualReason(job);
      if (reason !== undefined && !one.told.has(reason)) {
        one.told.add(reason);
        onNotice({ reason: "slurm-holds", job: name, id: one.id, because: reason });
      }
      return;
    }
    one.silent++;
    // The other job, that it waited for, was computed in another way: its inputs are there.
    const isGone = job !== undefined && (isOrphan(job) || isHeld(job) || one.isPremature);
    const isLost = job === undefined || isGone;
    if (!isGone && one.silent < patience) return;
    hear(one);
    if (!awaited.has(one.ticket) || (one.silent === 0 && !one.isPremature)) return;
    if (isLost && attemptsOf(one.ticket) < mostAttempts) {
      const why = job === undefined
        ? "no longer knows"
        : isHeld(job)
        ? "could not start"
        : one.isPremature
        ? "had not waited with"
        : "cancelled, with one that it waited for,";
      listener.notice(`Slurm ${why} its job ${one.id}; it is submitted again`);
      if (job !== undefined && isHeld(job)) await cancel([job.id]);
      return await again(one);
    }
    const { how, detail } = job === undefined
      ? { how: "lost" as const, detail: `submitted ${mostAttempts} times` }
      : await endingOf(job, readOutput(directory, name, one.id));
    const node = one.began?.node ?? job?.node;
    settle(
      one,
      new Failed({ reason: "slurm-ended", id: one.id, node, how, detail }),
    );
  };

  const askSlurm = async () => {
    if (awaited.size === 0) return;
    const answer = await states();
    if ("problem" in answer) {
      if (!isSilent) onNotice({ reason: "slurm-silent", message: answer.problem });
      isSilent = true;
      return;
    }
    isSilent = false;
    const jobs = new Map(answer.jobs.map((job) => [`${job.id} ${job.comment}`, job]));
    for (const one of [...awaited.values()]) {
      hear(one);
      if (!awaited.has(one.ticket)) continue;
      try {
        await judge(one, jobs.get(`${one.id} ${commentOf(token, one.name)}`));
      } catch (error) {
        // A submission that Slurm refuses is this job's failure, and no other's.
        settle(one, error as Error);
      }
    }
  };

  let asked = performance.now();
  let isBusy = false;
  const look = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      for (const one of [...awaited.values()]) hear(one);
      if (performance.now() - asked > cluster.poll * 1000) {
        await askSlurm();
        asked = performance.now();
      }
    } catch (error) {
      for (const one of [...awaited.values()]) settle(one, error as Error);
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(look, glance);

  return {
    ended: (ticket, key, listener, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const { id, name, at } = latest.get(ticket) as Submitted;
        const stop = () => {
          awaited.delete(ticket);
          reject(signal.reason);
        };
        signal.addEventListener("abort", stop, { once: true });
        const end = () => signal.removeEventListener("abort", stop);
        const one: Awaited = {
          ticket,
          id,
          name,
          submitted: Date.parse(at),
          offset: 0,
          key,
          silent: 0,
          isPremature: false,
          told: new Set(),
          listener,
          resolve: (ran) => (end(), resolve(ran)),
          reject: (error) => (end(), reject(error)),
        };
        awaited.set(ticket, one);
        hear(one);
      }),
    submitted: (line) => latest.set(line.ticket, line),
    open: () => [...latest.values()].filter(({ ticket }) => !over.has(ticket)).map(({ id }) => id),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
