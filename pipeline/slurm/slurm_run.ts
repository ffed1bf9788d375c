/**
 * Submits a run to Slurm for a command, resumes one, and asks what to do with its jobs when the user wants
 * to leave.
 */
import { join } from "node:path";
import { ClusterFile } from "../../schemas/run/cluster.ts";
import type { Experiment } from "../../schemas/run/experiment.ts";
import { Submission } from "../../schemas/run/slurm_submission.ts";
import type { Console } from "../terminal/progress.ts";
import { stagesOf } from "../engine/dag.ts";
import type { JobSettings } from "../engine/effects.ts";
import { Failed } from "../engine/failed.ts";
import { readJson } from "../formats/read_json.ts";
import type { PlannedJob } from "../engine/plan.ts";
import type { Prepared, Project } from "../engine/project/project.ts";
import { storeData } from "../engine/own_data/read_data.ts";
import { registerOpen } from "../runs/store_users.ts";
import { makeDirectory } from "../store/atomic_write.ts";
import { sharedStore, storeVariable } from "../store/store_place.ts";
import { count } from "../terminal/numbers.ts";
import { writeTo } from "../terminal/print.ts";
import { followTickets, type SlurmRun, type Submitter, submitTickets } from "./slurm_executor.ts";
import { readSubmission, readTickets } from "./submission_files.ts";
import { resourcesOf, ticketsFor } from "./tickets.ts";
import { exists } from "../store/existence.ts";

/** The largest site file that is read, in bytes. */
const largest = 1_000_000;

/** Reads the site's file: the named one, else the project's `cluster.json` if it has one. */
export function readClusterFile({ root, dag }: Project, named?: string): ClusterFile {
  const path = named ?? join(root, "cluster.json");
  if (named === undefined && !exists(path)) return ClusterFile.parse({});
  const cluster = readJson(path, ClusterFile, {
    limit: largest,
    isLossless: true,
    hint: "Expected { partition?, account?, qos?, constraint?, arguments?, resources?, … }; " +
      "docs/cluster.md shows one.",
  });
  const known = [...stagesOf(dag).keys()];
  for (const name of Object.keys(cluster.resources)) {
    if (!known.includes(name)) {
      throw new Failed({ reason: "unknown-name", what: `stage, in ${path}`, name, known });
    }
  }
  return cluster;
}

/** Settings of a Slurm run besides its jobs. */
interface Given {
  /** Its name for people: a run's id. */
  run: string;
  /** The directory `slurm/` of it. */
  directory: string;
  started: Date;
  prepared: Prepared;
  cluster: ClusterFile;
  settings: JobSettings;
  force: ReadonlySet<string>;
  options: Submission["options"];
  view: Console;
  /** Ends the waiting for a busy controller. */
  signal?: AbortSignal;
}

function submitterOf(
  { root, dag }: Project,
  cluster: ClusterFile,
  prepared: Prepared,
  view: Console,
  signal?: AbortSignal,
): Submitter {
  const stages = stagesOf(dag);
  const jobs = new Map(dag.map((job) => [job.name, job]));
  let shown = performance.now();
  return {
    root,
    store: prepared.store,
    hasSteps: (stage) => stages.get(stage)?.steps !== undefined,
    resourcesOf: (job) => resourcesOf(jobs.get(job)!, cluster),
    patience: {
      seconds: cluster.patience,
      signal,
      onBusy: (busy) => view.notice({ reason: "slurm-busy", ...busy, seconds: cluster.patience }),
    },
    onNotice: view.notice,
    onSubmitted(done, total) {
      if (done < total && performance.now() - shown < 2000) return;
      shown = performance.now();
      view.doing(`With Slurm: ${done} of ${count(total, "job")}.`);
    },
  };
}

/** Hands the jobs of one run, or of replicates of it, to Slurm. All must be of the same jobs. */
export async function submitRun(
  project: Project,
  replicates: readonly { experiment: Experiment; planned: readonly PlannedJob[] }[],
  { run, directory, started, prepared, cluster, settings, force, options, view, signal }: Given,
): Promise<SlurmRun> {
  const plans: PlannedJob[][] = [];
  for (const { planned } of replicates) plans.push(await withData(planned, prepared, view));
  const { tickets, of } = ticketsFor(plans, prepared, cluster, force);
  const submission: Submission = {
    version: 1,
    run,
    token: crypto.getRandomValues(new Uint8Array(8)).toHex(),
    started: started.toISOString(),
    experiments: replicates.map(({ experiment }) => experiment),
    jobs: of.map((jobs) => Object.fromEntries(jobs)),
    options,
    store: sharedStore(project.artifacts),
    settings,
    cluster,
    stages: Submission.shape.stages.parse(prepared.stages),
    data: Object.fromEntries([...prepared.data].map(([job, { sha256 }]) => [job, sha256])),
  };
  const submitter = submitterOf(project, cluster, prepared, view, signal);
  makeDirectory(directory);
  registerOpen(project.artifacts, prepared.store, { run, directory });
  return await submitTickets(directory, submission, tickets, submitter);
}

/** The plan once its own data are in the store: nodes find them there as they find any result. */
async function withData(
  planned: readonly PlannedJob[],
  { data, store }: Prepared,
  view: Console,
): Promise<PlannedJob[]> {
  const plan: PlannedJob[] = [];
  for (const one of planned) {
    const { job } = one;
    if (job.data === undefined || one.state !== "run") {
      plan.push(one);
      continue;
    }
    const keyed = one.keyed!;
    view.doing(`Reading ${job.name}.`);
    const action = await storeData(keyed, data.get(job.name)!, store, {
      onProgress() {},
      signal: new AbortController().signal,
    });
    plan.push({ job, state: "cached", keyed, action });
  }
  return plan;
}

/** True if Slurm may have jobs of a submission that failed, so that its record must stay. */
export const mayHaveJobs = (error: unknown): boolean =>
  error instanceof Failed && (error.failure.reason === "slurm-busy" ||
    error.failure.reason === "slurm-refused" && !isRefusedWhole(error));

/** True if Slurm refused a submission and has nothing of it. */
export const isRefusedWhole = (error: unknown): boolean =>
  error instanceof Failed && error.failure.reason === "slurm-refused" &&
  error.failure.left?.length === 0;

/** Takes up what another process submitted. Refuses if the code or own data have changed since. */
export async function resumeRun(
  project: Project,
  directory: string,
  prepared: Prepared,
  view: Console,
  signal?: AbortSignal,
): Promise<SlurmRun> {
  const submission = readSubmission(directory);
  const refuseOthers = (
    submitted: Record<string, string>,
    found: (name: string) => string | undefined,
    what: (name: string) => string,
  ) => {
    for (const [name, sha256] of Object.entries(submitted)) {
      if (found(name) === sha256) continue;
      const message = `${what(name)} is not what ${submission.run} was submitted with. Put it ` +
        `back (git stash, git checkout) and attach again, or give the run up: ` +
        `deno task attach ${submission.run} --cancel.`;
      throw new Failed({ reason: "usage", message });
    }
  };
  const store = sharedStore(project.artifacts);
  if (submission.store !== store) {
    const place = (path = "") => `${storeVariable}=${path}`;
    const message = `The run ${submission.run} was submitted with another store: expected ` +
      `${place(submission.store)}, found ${place(store)}. Set the variable so.`;
    throw new Failed({ reason: "usage", message });
  }
  refuseOthers(
    Object.fromEntries(
      Object.entries(submission.stages).map(([stage, { sha256 }]) => [stage, sha256]),
    ),
    (stage) => prepared.stages[stage]?.sha256,
    (stage) => `The code of the stage ${stage}`,
  );
  refuseOthers(submission.data, (name) => prepared.data.get(name)?.sha256, (name) => name);
  const handed = new Set(submission.jobs.flatMap((jobs) => Object.values(jobs)));
  const tickets = new Map([...readTickets(directory)].filter(([number]) => handed.has(number)));
  const submitter = submitterOf(project, submission.cluster, prepared, view, signal);
  return await followTickets(directory, submission, tickets, submitter);
}

/**
 * Asks on a terminal whether an interrupted run's jobs are to be cancelled; elsewhere they are left to
 * run, as only a person can want them lost. Gives whether they were left.
 */
export async function leftRunning(slurm: SlurmRun): Promise<boolean> {
  const open = slurm.open().length;
  if (open === 0) return false;
  const question = `${count(open, "job")} at Slurm: [c]ancel, or [l]eave running (the default)? `;
  if (!/^\s*c/i.test(await answerTo(question))) return true;
  await slurm.cancel();
  return false;
}

/** Asks on the terminal and returns the answer; empty if there is no terminal, or it was closed. */
async function answerTo(question: string): Promise<string> {
  if (!Deno.stdin.isTerminal() || writeTo(Deno.stderr, question) !== undefined) return "";
  const answer = new Uint8Array(100);
  const length = await Deno.stdin.read(answer).catch(() => 0) ?? 0;
  return new TextDecoder().decode(answer.subarray(0, length));
}
