/**
 * Obtains the replicates of an experiment: has them run here or by Slurm, with a remote behind their store.
 * Says how they go on where they were interrupted.
 */
import { openPackages } from "../../engine/code/package_content.ts";
import type { Experiment, Replicate } from "../../../schemas/run/experiment.ts";
import { type Console, openConsole, type Verbosity } from "../../terminal/progress.ts";
import { listenForInterruption } from "../../terminal/interruption.ts";
import type { Project } from "../../engine/project/project.ts";
import type { RemoteOptions } from "../../remote/address.ts";
import type { SlurmRun } from "../../slurm/slurm_executor.ts";
import type { RemoteCache } from "../../engine/obtain.ts";
import { complain } from "../../terminal/print.ts";
import { type Execution, executorOf } from "../flags/shared_flags.ts";
import { onThisMachine } from "../execute.ts";
import {
  announceReplicates,
  type PreparedReplicates,
  prepareReplicates,
  type Replica,
  replicateBySlurm,
  replicateHere,
  type Watcher,
} from "./run_replicates.ts";

/** The seeds, and where their jobs run. */
export interface ObtainOptions extends Execution {
  /** A name or a file. */
  experiment: string;
  seeds: readonly number[];
  remote?: RemoteOptions;
  json: boolean;
  verbosity: Verbosity;
}

/** The replicates; the exit code if they were interrupted. */
export async function replicasOf(
  project: Project,
  experiment: Experiment,
  how: Replicate,
  name: string,
  { seeds, cluster, remote: far, ...options }: ObtainOptions,
): Promise<Replica[] | number> {
  const executor = executorOf(experiment, { ...options, cluster });
  using view = openConsole({ verbosity: options.verbosity });
  using interruption = listenForInterruption();
  const { signal } = interruption;
  let slurm: (SlurmRun & { end(): void }) | undefined;
  try {
    const replicates = await prepareReplicates(project, experiment, how, seeds, view);
    using remote = far &&
      await openRemote(far, replicates, { view, signal, ahead: executor === "slurm" });
    const watcher = { view, signal, remote };
    if (executor === "local") {
      return await replicasHere(project, replicates, watcher, options.workers);
    }
    const { replicatesBySlurm } = await import("../../slurm/slurm_replicates.ts");
    const given = { name, cluster, view, signal, ...options };
    slurm = await replicatesBySlurm(project, replicates, given);
    const width = slurm.executorOf(0).width * seeds.length;
    announceReplicates(project, replicates, { view, width });
    const replicas = await replicateBySlurm(replicates, slurm, watcher);
    await remote?.settled();
    slurm.end();
    return replicas;
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) {
      slurm?.end();
      throw error;
    }
    view.close();
    const { leftRunning } = await import("../../slurm/slurm_run.ts");
    const isLeft = slurm !== undefined && await leftRunning(slurm);
    complain(
      isLeft
        ? "Left running. The same command resumes the replicates."
        : "interrupted: what had finished is kept; run again to go on.",
    );
    return code;
  } finally {
    slurm?.[Symbol.dispose]();
  }
}

/** Has them run on this machine, by so many workers. */
async function replicasHere(
  project: Project,
  replicates: PreparedReplicates,
  watcher: Watcher,
  workers?: number,
): Promise<Replica[]> {
  const { prepared } = replicates;
  const { view, remote } = watcher;
  const packages = openPackages(prepared.root, prepared.store.caches, view.notice);
  const { executor, close } = onThisMachine(project, prepared, {}, packages, workers);
  announceReplicates(project, replicates, { view, width: executor.width });
  try {
    return await replicateHere(replicates, executor, watcher);
  } finally {
    await close();
    await remote?.settled();
  }
}

/** The remote behind the store of all replicates; `ahead` takes all hits from it at once. */
async function openRemote(
  far: RemoteOptions,
  { prepared, selections }: PreparedReplicates,
  { view, signal, ahead }: { view: Console; signal: AbortSignal; ahead: boolean },
): Promise<RemoteCache & Disposable> {
  const [{ openRemoteCache }, { takeAhead }, { plan }] = await Promise.all([
    import("../../remote/read_through.ts"),
    import("../../remote/plan_remote.ts"),
    import("../../engine/plan.ts"),
  ]);
  const { notice: onNotice } = view;
  const remote = openRemoteCache(far, prepared.store, { signal, onNotice });
  if (ahead) {
    await takeAhead(
      remote,
      () => selections.flatMap(({ jobs }) => plan(jobs, prepared, { onNotice })),
    );
  }
  return remote;
}
