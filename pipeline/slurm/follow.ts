/**
 * Follows submitted jobs to their ends: reads what the nodes write, and asks Slurm about those that say
 * nothing. A job that Slurm has lost is submitted again. `slurm_run.ts` uses the results.
 */
import type { Submitted } from "../../schemas/run/slurm_submission.ts";
import type { Notice } from "../engine/event.ts";
import type { Ran, TaskListener } from "../engine/executor/executor.ts";
import { Failed } from "../engine/failed.ts";
import { applyLine, type AwaitedJob } from "./awaited_job.ts";
import { longestPause } from "./busy_controller.ts";
import { endingOf, isHeld, isOrphan, isOver, unusualReason } from "./ending.ts";
import { cancel, commentOf, isOpen, type JobState, startNow, states } from "./slurm_commands.ts";
import { readJournal, readOutput, readSubmitted, ticketsWithJournal } from "./submission_files.ts";
import type { Site } from "./submit.ts";

/** Milliseconds between two looks at the journals. */
const glance = 200;

/**
 * Most submissions of a job that Slurm lost, or cancelled together with one it waited for. A controller that was killed
 * may give the second one the number of a job that it forgot and a node still has, and then cannot start it.
 */
const mostAttempts = 3;

/**
 * Answers of Slurm after which a silent job counts as lost, or as over without a last word. A journal may
 * come later than the news of its end where nodes and this machine share files over a network.
 */
const patience = 3;

interface Follower extends Disposable {
  /**
   * Waits for a ticket's job. The result is stored when the promise is fulfilled; its key must be
   * `key`. Rejected with what went wrong.
   */
  ended(ticket: number, key: string, listener: TaskListener, signal: AbortSignal): Promise<Ran>;
  /** Reports a ticket that was submitted since. */
  submitted(line: Submitted): void;
  /** Slurm's names of the jobs that were submitted and whose end was not seen. */
  open(): string[];
}

/** The state of a follower, and what it needs. */
interface Followed {
  readonly site: Site;
  /** Submits a ticket again. */
  submit(ticket: number): Promise<Submitted>;
  onNotice(notice: Notice): void;
  readonly awaited: Map<number, AwaitedJob>;
  readonly over: Set<number>;
  /** The newest submission of each ticket. */
  readonly latest: Map<number, Submitted>;
  /** Successive times that Slurm did not answer. */
  silent: number;
}

/** Follows the jobs of a submission until disposed. */
export function follow(
  { site, submit, onNotice }: Pick<Followed, "site" | "submit" | "onNotice">,
): Follower {
  const latest = new Map(readSubmitted(site.directory).map((line) => [line.ticket, line]));
  const awaited = new Map<number, AwaitedJob>();
  const over = new Set<number>();
  const followed: Followed = { site, submit, onNotice, awaited, over, latest, silent: 0 };
  const timer = setInterval(watch(followed), glance);
  return {
    ended(ticket, key, listener, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Ran>();
      if (signal.aborted) return Promise.reject(signal.reason);
      const stop = () => {
        awaited.delete(ticket);
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      const job: AwaitedJob = {
        ticket,
        ...whereabouts(latest.get(ticket)!),
        offset: 0,
        isBeingSubmitted: false,
        key,
        reported: new Set(),
        listener,
        resolve,
        reject,
      };
      awaited.set(ticket, job);
      readLines(followed, job);
      return promise.finally(() => signal.removeEventListener("abort", stop));
    },
    submitted: (line) => latest.set(line.ticket, line),
    open: () => [...latest.values()].filter(({ ticket }) => !over.has(ticket)).map(({ id }) => id),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/**
 * Reads the journals at each call, and asks Slurm at the cluster's interval, a silent one less and less often.
 * Calls do not overlap.
 */
function watch(followed: Followed): () => Promise<void> {
  const { awaited, site: { directory, submission: { cluster } } } = followed;
  const interval = () =>
    Math.max(
      cluster.poll * 1000,
      Math.min(longestPause, cluster.poll * 1000 * 2 ** followed.silent),
    );
  let asked = performance.now();
  let isBusy = false;
  return async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      // Most of a large submission waits: looking for each one's journal takes longer than the interval.
      for (const ticket of ticketsWithJournal(directory)) {
        const job = awaited.get(ticket);
        if (job !== undefined) readLines(followed, job);
      }
      if (performance.now() - asked > interval()) {
        await askSlurm(followed);
        asked = performance.now();
      }
    } catch (error) {
      for (const job of [...awaited.values()]) settle(followed, job, error as Error);
    } finally {
      isBusy = false;
    }
  };
}

function settle({ awaited, over }: Followed, job: AwaitedJob, outcome: Ran | Error): void {
  awaited.delete(job.ticket);
  over.add(job.ticket);
  if (outcome instanceof Error) job.reject(outcome);
  else job.resolve(outcome);
}

function readLines(followed: Followed, job: AwaitedJob): void {
  const { lines, next } = readJournal(followed.site.directory, job.ticket, job.offset);
  job.offset = next;
  for (const line of lines) {
    const outcome = applyLine(job, line);
    if (outcome !== undefined) return settle(followed, job, outcome);
  }
}

/** Asks Slurm for the states of its jobs, and judges each job that is awaited still. */
async function askSlurm(followed: Followed): Promise<void> {
  const { awaited, onNotice, site: { submission: { token } } } = followed;
  if (awaited.size === 0) return;
  const answer = await states();
  if ("problem" in answer) {
    if (followed.silent++ === 0) onNotice({ reason: "slurm-silent", message: answer.problem });
    return;
  }
  followed.silent = 0;
  await cancelTwins(followed, answer.jobs);
  const known = new Map(answer.jobs.map((state) => [`${state.id} ${state.comment}`, state]));
  for (const job of [...awaited.values()]) {
    readLines(followed, job);
    if (!awaited.has(job.ticket)) continue;
    try {
      await judge(followed, job, known.get(`${job.id} ${commentOf(token, job.name)}`));
    } catch (error) {
      // A submission that Slurm refuses is this job's failure, and no other's.
      settle(followed, job, error as Error);
    }
  }
}

/**
 * Cancels jobs that Slurm took twice: sbatch had no answer, its job was not there yet when it was looked for,
 * and it was submitted again. The number that was recorded goes on.
 */
async function cancelTwins(
  { latest, onNotice, site: { submission: { token }, tickets, patience } }: Followed,
  jobs: readonly JobState[],
): Promise<void> {
  const own = new Map(
    [...latest.values()].map((one) => [commentOf(token, one.name), one] as const),
  );
  const numberOf = (id: string) => id.split("_")[0];
  const present = new Set(jobs.map(({ id }) => numberOf(id)));
  const twins = new Map<string, Submitted>();
  for (const job of jobs) {
    const recorded = own.get(job.comment);
    if (recorded === undefined || numberOf(job.id) === numberOf(recorded.id)) continue;
    if (isOpen(job) && present.has(numberOf(recorded.id))) twins.set(numberOf(job.id), recorded);
  }
  try {
    await cancel([...twins.keys()], { ...patience, seconds: 0 });
  } catch {
    return; // The next answer of Slurm has them still.
  }
  for (const [other, { ticket, id }] of twins) {
    onNotice({ reason: "slurm-twin", job: tickets.get(ticket)!.job, id, other });
  }
}

/** Decides what follows from Slurm's state of a job; undefined: Slurm does not know it. */
async function judge(
  followed: Followed,
  job: AwaitedJob,
  state: JobState | undefined,
): Promise<void> {
  const { ticket } = job;
  const { awaited, onNotice, site: { directory, tickets } } = followed;
  if (job.isBeingSubmitted) return;
  const name = tickets.get(ticket)!.job;
  if (state !== undefined && !isOver(state) && !isOrphan(state) && !isHeld(state)) {
    return await waitOn(job, name, state, onNotice);
  }
  job.silent++;
  // A job that it waited for was computed in another way: its inputs are there.
  const isGone = state !== undefined && (isOrphan(state) || isHeld(state) || job.isPremature);
  if (!isGone && job.silent < patience) return;
  readLines(followed, job);
  if (!awaited.has(ticket) || (job.silent === 0 && !job.isPremature)) return;
  const attempts = readSubmitted(directory).filter((line) => line.ticket === ticket).length;
  if ((state === undefined || isGone) && attempts < mostAttempts) {
    // Others go on while calls to a busy controller are repeated.
    job.isBeingSubmitted = true;
    submitAgain(followed, job, state)
      .catch((error) => settle(followed, job, error))
      .finally(() => job.isBeingSubmitted = false);
    return;
  }
  const { how, detail } = state === undefined
    ? { how: "lost" as const, detail: `submitted ${mostAttempts} times` }
    : await endingOf(state, readOutput(directory, name, job.id));
  const node = job.began?.node ?? state?.node;
  settle(followed, job, new Failed({ reason: "slurm-ended", id: job.id, node, how, detail }));
}

async function submitAgain(
  { site, latest, submit }: Followed,
  job: AwaitedJob,
  state: JobState | undefined,
): Promise<void> {
  job.listener.notice(`Slurm ${whyAgain(job, state)} its job ${job.id}; it is submitted again`);
  if (state !== undefined && isHeld(state)) await cancel([state.id], site.patience);
  const submitted = await submit(job.ticket);
  latest.set(job.ticket, submitted);
  Object.assign(job, whereabouts(submitted), { began: undefined, first: undefined });
}

/** Returns the initial state of a job that was just submitted. */
const whereabouts = ({ id, name, at }: Submitted) => ({
  id,
  name,
  submitted: Date.parse(at),
  silent: 0,
  isPremature: false,
});

/** Lets a job go on that Slurm still has; reports once why it may wait for ever. */
async function waitOn(
  job: AwaitedJob,
  name: string,
  state: JobState,
  onNotice: (notice: Notice) => void,
): Promise<void> {
  job.silent = 0;
  if (state.state === "PENDING" && job.began !== undefined && state.reason === "BeginTime") {
    await startNow(state.id);
  }
  const because = unusualReason(state);
  if (because === undefined || job.reported.has(because)) return;
  job.reported.add(because);
  onNotice({ reason: "slurm-holds", job: name, id: job.id, because });
}

/** Returns why a job is submitted again; completes "Slurm … its job". */
function whyAgain({ isPremature }: AwaitedJob, state: JobState | undefined): string {
  if (state === undefined) return "no longer knows";
  if (isHeld(state)) return "could not start";
  return isPremature ? "had not waited with" : "cancelled, with one that it waited for,";
}
