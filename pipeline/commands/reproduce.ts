/**
 * `reproduce`: runs an experiment as far as its results are not in the store already, here or by Slurm.
 * When nothing changed it prints the results again and records nothing.
 */
import type { Backend, Experiment } from "../../schemas/run/experiment.ts";
import { foreign } from "../store/cached_output/foreign.ts";
import { endObservation } from "../store/cached_output/observation.ts";
import { type Console, openConsole, type Verbosity } from "../terminal/progress.ts";
import { bringsData } from "../engine/data_jobs.ts";
import { type Override, select, type Selection } from "../engine/project/selection.ts";
import { isSoftwareAdapter } from "../engine/machine/software_adapter.ts";
import type { JobSettings } from "../engine/effects.ts";
import type { Notice } from "../engine/event.ts";
import { identityOf } from "../runs/identity.ts";
import { complain } from "../terminal/print.ts";
import { openPackages, type Packages } from "../engine/code/package_content.ts";
import { plan, type PlannedJob } from "../engine/plan.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { loadExperiment, prepare, type Prepared, type Project } from "../engine/project/project.ts";
import { refuseCollisions } from "../runs/collisions.ts";
import { blobReader } from "../store/store.ts";
import { isOwnStore } from "../store/real_place.ts";
import { findComplete } from "../runs/find_complete.ts";
import { makeLatest } from "../runs/latest.ts";
import { type Asked, reportUpToDate } from "./finish/finish.ts";
import { defineCommand, directory } from "./flags/flags.ts";
import {
  executing,
  type Execution,
  executionOf,
  executorOf,
  selecting,
  selectionOf,
} from "./flags/shared_flags.ts";
import { remoteOf, remoting } from "./flags/remote_flags.ts";
import { telling, tellingOf } from "./flags/verbosity_flags.ts";

export const command = defineCommand({
  about: "runs what is not cached of an experiment, and reports the results",
  flags: {
    ...selecting,
    ...executing,
    data: directory("DIR", "reads data files anew, from this directory before any other source"),
    ...remoting,
    ...telling,
  },
  run(project, given, args) {
    const settings = { dataDirectory: given.data };
    const remote = remoteOf(given);
    const options = {
      ...selectionOf(project, given),
      ...executionOf(given),
      ...tellingOf(given),
      settings,
      remote,
    };
    return reproduce(project, { ...options, arguments: args });
  },
});

interface ReproduceOptions extends Execution {
  experiment: string;
  overrides: Override[];
  only: string[];
  force: string[];
  /** In place of those that the experiment accepts. */
  backends?: Backend[];
  json: boolean;
  verbosity: Verbosity;
  settings: JobSettings;
  remote?: RemoteOptions;
  /** Arguments as given; the output is cached under them. */
  arguments: readonly string[];
}

/** Names of the jobs that fetch data: a directory given for them counts even if they are cached. */
const fetchesOf = (jobs: Selection["jobs"]): string[] =>
  jobs.filter((job) => job.data === undefined && bringsData(job)).map(({ name }) => name);

/**
 * Gives the exit code: 0; 1 if a metric differs, a claim is undecided, an item of the grade does not
 * pass, or something that decides differs from the reference run or could not be compared with it; 2 if
 * a job failed; 129, 130 or 143 if interrupted.
 */
async function reproduce(project: Project, options: ReproduceOptions): Promise<number> {
  const experiment = await loadExperiment(project, options.experiment);
  const executor = executorOf(experiment, options);
  // Schemas of parameters are code of the stages.
  const selected = await foreign(() => select(project.dag, experiment, options));
  const selection = options.settings.dataDirectory === undefined
    ? selected
    : { ...selected, force: new Set([...selected.force, ...fetchesOf(selected.jobs)]) };
  const asked: Asked = options;
  // Before the plan: what is missing may decide which backend the machine has.
  await project.setUp?.();
  using view = openConsole({ verbosity: options.verbosity });
  const { notice: onNotice } = view;
  const prepared = await prepare(project, selection, view);
  const { jobs, force } = selection;
  const planAgain = () => plan(jobs, prepared, { force, onNotice });
  const planned = planAgain();
  if (planned.every((job) => job.state === "cached")) {
    const identity = identityOf(
      planned.map(({ job, keyed }) => ({ name: job.name, key: keyed.key })),
    );
    const { name } = experiment;
    const asWanted = { experiment: name, identity };
    const complete = findComplete(project.artifacts, prepared.store, asWanted, onNotice);
    if (complete !== undefined) {
      if (!isOwnStore(project.artifacts, prepared.store.root)) {
        const { registerUse } = await import("../runs/store_users.ts");
        await registerUse(project.artifacts, prepared.store, onNotice);
      }
      if (await makeLatest(project.artifacts, prepared.store, complete.run, onNotice)) {
        return await reportUpToDate(project, prepared, asked, complete, view);
      }
    }
  }
  endObservation();
  if (planned.some(({ state }) => state !== "cached")) {
    refuseCollisions(planned, blobReader(prepared.store));
  }
  const packages = checkedPackages(planned, prepared, view);
  // Only a run that has work to do pays for loading these.
  const { execute, onThisMachine } = await import("./execute.ts");
  const { settings, only, remote, workers } = options;
  if (executor === "local") {
    if (options.backends === undefined && isSlowerByChoice(planned, prepared, experiment)) {
      onNotice({ reason: "software-adapter", adapter: prepared.machine.adapter! });
    }
    const here = () => onThisMachine(project, prepared, settings, packages, workers);
    const where = () => ({ ...here(), remote });
    return await execute(project, selection, prepared, asked, view, where);
  }
  const left = remote === undefined
    ? planned
    : await takenFrom(remote, prepared, onNotice, planAgain);
  return await executeBySlurm(project, selection, prepared, left, {
    ...asked,
    remote,
    settings,
    only,
    cluster: options.cluster,
    view,
  });
}

/** True if jobs will run on a software adapter of WebGPU, and may run on WebAssembly in its place. */
const isSlowerByChoice = (
  planned: readonly PlannedJob[],
  { machine: { backend, adapter } }: Prepared,
  { backends }: Experiment,
): boolean =>
  backend === "webgpu" && backends.includes("wasm") && isSoftwareAdapter(adapter ?? "") &&
  planned.some(({ job, state }) => state === "run" && job.stage.machine?.includes("backend"));

/** The npm packages; throws a `Failed` where one was edited that a stage uses which is to run. */
function checkedPackages(
  planned: readonly PlannedJob[],
  { root, store, stages }: Prepared,
  view: Console,
): Packages {
  const running = planned.filter(({ job, state }) => state !== "cached" && job.data === undefined);
  const installed = running.flatMap(({ job }) => stages[job.stage.name].installed);
  const packages = openPackages(root, store.caches, view.notice, () => {
    view.doing("Reading npm packages, because some are used here for the first time.");
  });
  packages.refuseEdited([...new Set(installed)]);
  return packages;
}

/** The plan of what is left once all that the remote has is in the store: no hit is submitted. */
async function takenFrom(
  remote: RemoteOptions,
  { store }: Prepared,
  onNotice: (notice: Notice) => void,
  planAgain: () => PlannedJob[],
): Promise<PlannedJob[]> {
  const [{ openRemoteCache }, { takeAhead }] = await Promise.all([
    import("../remote/read_through.ts"),
    import("../remote/plan_remote.ts"),
  ]);
  const { signal } = new AbortController();
  using level = openRemoteCache(remote, store, { signal, onNotice });
  return await takeAhead(level, planAgain);
}

/** Hands all jobs that miss the store to Slurm, and follows them. */
async function executeBySlurm(
  project: Project,
  selection: Selection,
  prepared: Prepared,
  planned: readonly PlannedJob[],
  { view, settings, only, cluster: file, remote, ...asked }: Asked & {
    view: Console;
    settings: JobSettings;
    only: readonly string[];
    cluster?: string;
    remote?: RemoteOptions;
  },
): Promise<number> {
  const [
    { execute },
    { leftRunning, mayHaveJobs, readClusterFile, submitRun },
    { followLock, hasSubmission, slurmPath },
    { lock },
  ] = await Promise.all([
    import("./execute.ts"),
    import("../slurm/slurm_run.ts"),
    import("../slurm/submission_files.ts"),
    import("../store/lock.ts"),
  ]);
  const cluster = readClusterFile(project, file);
  const { experiment, force } = selection;
  return await execute(project, selection, prepared, asked, view, async (recording, signal) => {
    const { id: run, directory, started } = recording;
    const held = await lock({ root: prepared.store.caches }, followLock(run), true, () => {});
    const submitted = submitRun(project, [{ experiment, planned }], {
      run,
      directory: slurmPath(directory),
      started,
      prepared,
      cluster,
      settings,
      force,
      options: {
        experiment: asked.experiment,
        deviation: selection.deviation,
        only: [...only],
        force: [...force],
        json: asked.json,
        arguments: [...asked.arguments],
      },
      view,
      signal,
    });
    const slurm = await submitted.catch((error) => {
      held[Symbol.dispose]();
      if (hasSubmission(slurmPath(directory)) && (mayHaveJobs(error) || signal.aborted)) {
        view.close();
        const attach = `deno task attach ${run}`;
        complain(`The run is kept. "${attach}" goes on with it, "${attach} --cancel" gives it up.`);
      } else Deno.removeSync(directory, { recursive: true });
      throw error;
    });
    return {
      executor: slurm.executorOf(0),
      remote,
      goesOn: () => leftRunning(slurm),
      close() {
        slurm[Symbol.dispose]();
        held[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  });
}
