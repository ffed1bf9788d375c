/**
 * Runs one ticket's job on a node, from its key and the store alone, in a worker, and keeps a journal.
 * Ends at a checkpoint and requeues the job when its time is nearly over.
 */
import { openPackages } from "../engine/code/package_content.ts";
import { wordNotice } from "../engine/words/notices.ts";
import { dirname } from "node:path";
import type { Ticket } from "../../schemas/run/slurm_submission.ts";
import { stagesOf } from "../engine/dag.ts";
import { Failed } from "../engine/failed.ts";
import { type TaskListener, workerThreads } from "../engine/executor/executor.ts";
import { onEndingSignal } from "../terminal/interruption.ts";
import {
  type KeyLine,
  keyOf,
  parseLines,
  recordOf,
  recordText,
  withInputs,
} from "../engine/key.ts";
import { openJobLogs } from "../engine/executor/job_logs.ts";
import { lock, storeLock } from "../store/lock.ts";
import { machineFacts } from "../engine/machine/machine.ts";
import { machineFile, type Project } from "../engine/project/project.ts";
import { lostBlob } from "../engine/obtain.ts";
import { versionsOf } from "../engine/program/versions.ts";
import { StageError } from "../engine/sandbox/stage_error.ts";
import { openStore, putRecord, readAction, type Store } from "../store/store.ts";
import { cachesPath, storeVariable } from "../store/store_place.ts";
import { linesWithin } from "../terminal/escape.ts";
import { complain } from "../terminal/print.ts";
import { wordThrown } from "../engine/sandbox/thrown.ts";
import type { Patience } from "./busy_controller.ts";
import { isRunning, requeue } from "./slurm_commands.ts";
import { openJournal, readJournal, readSubmission, readTicket } from "./submission_files.ts";
import { exists } from "../store/existence.ts";

/** Milliseconds between two lines about progress. */
const progressInterval = 500;

/** Slurm's name of this process's job, from its environment. */
function slurmJob(): { id: string; own: string; node: string; restarts: number } {
  const get = (name: string) => Deno.env.get(name);
  const own = get("SLURM_JOB_ID") ?? "0";
  const array = get("SLURM_ARRAY_JOB_ID");
  return {
    own,
    id: array === undefined ? own : `${array}_${get("SLURM_ARRAY_TASK_ID")}`,
    node: get("SLURMD_NODENAME") ?? "a node without a name",
    restarts: Number(get("SLURM_RESTART_COUNT") ?? 0),
  };
}

/** Throws where a node lacks the directory of a shared store. Nothing makes it: its disk may not be mounted. */
function refuseMissing(shared: string | undefined, node: string): void {
  if (shared === undefined || exists(shared)) return;
  const message =
    `${storeVariable} names ${shared}; found nothing there on ${node}. Mount its disk ` +
    "on every node under that path.";
  throw new Failed({ reason: "usage", message });
}

/** The SHA-256 of each input, by way of the jobs that gave them where they had none before. */
function inputsOf(directory: string, ticket: Ticket, store: Store): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ticket.inputs).map(([name, input]) => {
      if ("sha256" in input) return [name, input.sha256];
      const done = readJournal(directory, input.ticket).lines.findLast(({ type }) =>
        type === "done"
      );
      const action = done?.type === "done" ? readAction(store, done.key, () => {}) : undefined;
      const output = action?.outputs[input.output];
      if (output === undefined) throw new Failed({ reason: "premature", input: name });
      return [name, output.sha256];
    }),
  );
}

/** Throws `other-machine` where this node is not as the key says, so that no result is filed wrongly. */
async function refuseOtherMachine(
  project: Project,
  stage: string,
  lines: KeyLine[],
  node: string,
) {
  const { machine, versions } = recordOf(lines);
  const { backend } = machine;
  const found = await machineFacts(
    machineFile(project),
    project.root,
    new Set(Object.keys(machine)),
    backend == null ? [] : [backend],
    () => {},
  );
  for (const [fact, expected] of Object.entries(machine)) {
    const here = found[fact as keyof typeof found];
    if (here === expected) continue;
    throw new Failed({
      reason: "other-machine",
      node,
      fact,
      expected: String(expected),
      found: String(here),
    });
  }
  const declared = stagesOf(project.dag).get(stage);
  const here = declared && (await versionsOf([declared], project.root)).get(stage);
  for (const [name, expected] of Object.entries(versions)) {
    const found = here?.[name] ?? "none";
    if (found === expected) continue;
    throw new Failed({
      reason: "other-machine",
      node,
      fact: `version of ${name}`,
      expected,
      found,
    });
  }
}

type Write = ReturnType<typeof openJournal>;

/** A listener that writes what a job reports into the journal, its progress at intervals. */
function journalling(write: Write, log: TaskListener["log"]): TaskListener {
  let shown = 0;
  return {
    started() {},
    progress(progress) {
      if (performance.now() - shown < progressInterval) return;
      shown = performance.now();
      write({ type: "progress", ...progress });
    },
    measured: (measured) => write({ type: "measured", ...measured }),
    notice: (message) => write({ type: "notice", message }),
    log,
    waiting: (pid) => write({ type: "waiting", pid }),
  };
}

/** Requeues this process's job, stopped at a checkpoint, unless it was cancelled. `grace` is in seconds. */
async function putBack(own: string, write: Write, grace: number): Promise<void> {
  const patience: Patience = {
    seconds: grace / 2,
    onBusy: ({ message }) => write({ type: "notice", message: `Slurm is busy: ${message}` }),
  };
  // Somebody's scancel sends the same signal, and means it.
  const again = await isRunning(own, patience);
  write({ type: "stopped", requeued: again });
  if (again && await requeue(own, patience)) {
    // Slurm ends this process, as it does with all of a job that it puts back.
    await new Promise((resolve) => setTimeout(resolve, grace * 1000));
  }
}

/** Runs a ticket of a submission; gives the process's exit code: 0 if the result is stored. */
export async function runTicket(
  project: Project,
  directory: string,
  number: number,
): Promise<number> {
  const submission = readSubmission(directory);
  const ticket = readTicket(directory, number);
  const { id, own, node, restarts } = slurmJob();
  const write = openJournal(directory, number);
  const loading = Math.max(0, (Date.now() - performance.timeOrigin) / 1000);
  write({ type: "began", id, node, restarts, loading });

  const stop = new Int32Array(new SharedArrayBuffer(4));
  const hasSteps = stagesOf(project.dag).get(ticket.stage)?.steps !== undefined;
  // Without checkpoints there is nothing to stop at; such a job uses the time that is left.
  using _listening = onEndingSignal(() => {
    if (hasSteps) Atomics.store(stop, 0, 1);
  }, ["SIGTERM", "SIGHUP"]);

  const caches = cachesPath(project.artifacts);
  const store = openStore(submission.store ?? caches, caches);
  const packages = openPackages(
    project.root,
    store.caches,
    (notice) => write({ type: "notice", message: wordNotice(notice) }),
  );
  const executor = workerThreads(1, {
    storeRoot: store.root,
    codeRoot: store.caches,
    root: project.root,
    stages: submission.stages,
    settings: submission.settings,
    stop,
  }, packages);
  const logs = openJobLogs(dirname(directory), (message) => write({ type: "notice", message }));
  try {
    refuseMissing(submission.store, node);
    using _held = await lock(store, storeLock, false, () => {});
    const lines = withInputs(parseLines(ticket.lines), inputsOf(directory, ticket, store));
    await refuseOtherMachine(project, ticket.stage, lines, node);
    putRecord(store, recordText(lines));
    const key = keyOf(lines);
    await executor.execute(
      {
        job: ticket.job,
        stage: ticket.stage,
        key,
        force: ticket.force,
        again: ticket.again,
        limits: ticket.resources,
        parallel: 1,
      },
      journalling(write, (text) => logs.write(ticket.job, text)),
      new AbortController().signal,
    ).finally(logs.flush);
    write({ type: "done", key });
    return 0;
  } catch (error) {
    if (error instanceof Failed && error.failure.reason === "stopped") {
      await putBack(own, write, submission.cluster.grace);
    } else {
      const trace = error instanceof StageError ? [...error.trace] : [];
      const message = wordThrown(error);
      const premature = error instanceof Failed && error.failure.reason === "premature";
      write({ type: "failed", message, trace, lost: lostBlob(error), premature });
      complain(linesWithin(message));
    }
    return 1;
  } finally {
    await executor.close();
  }
}
