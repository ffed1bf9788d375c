/**
 * Runs an experiment with many seeds and gathers the metrics of each. Replicates share the store, so
 * nothing is computed twice. They are not recorded as runs.
 */
import type { Experiment, Replicate } from "../../schemas/run/experiment.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import type { Console } from "../terminal/progress.ts";
import { select, type Selection } from "../engine/project/selection.ts";
import type { Event } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import type { Executor } from "../engine/executor/executor.ts";
import { identityOf } from "../runs/identity.ts";
import { shareStore } from "../store/lock.ts";
import { prepare, type Prepared, type Project } from "../engine/project/project.ts";
import { manifestJob } from "../runs/record.ts";
import { run } from "../engine/scheduler.ts";
import { refuseCollisions } from "../runs/collisions.ts";
import { gather } from "../runs/gathered.ts";
import type { RemoteCache } from "../engine/obtain.ts";
import type { SlurmRun } from "../slurm/slurm_executor.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { blobReader, readBlob } from "../store/store.ts";

export interface Replica {
  seed: number;
  /** Hash over the keys of its jobs: it identifies the computations. */
  identity: string;
  figures: Metrics;
}

/** The experiment with a seed in place of what it says of each parameter that a seed sets. */
function seeded(
  experiment: Experiment,
  { jobs, seeds }: Replicate,
  seed: number,
): Experiment {
  const parameters = { ...experiment.parameters };
  for (const { job, parameter } of seeds) {
    parameters[job] = { ...parameters[job], [parameter]: seed };
  }
  return { ...experiment, jobs, parameters };
}

interface Watcher {
  view: Console;
  signal: AbortSignal;
  remote?: RemoteCache;
}

/** The selection of each seed, all of the same jobs, and what their keys depend on. */
export async function prepareReplicates(
  project: Project,
  experiment: Experiment,
  how: Replicate,
  seeds: readonly number[],
  view: Console,
): Promise<{ selections: Selection[]; prepared: Prepared }> {
  const selections = seeds.map((seed) => select(project.dag, seeded(experiment, how, seed)));
  const prepared = await prepare(project, selections[0], view);
  const wanted = selections[0].jobs.filter(({ name }) => how.jobs.includes(name));
  refuseCollisions(wanted.map((job) => ({ job })), blobReader(prepared.store));
  return { selections, prepared };
}

/** Runs the replicates of some seeds on this machine, one after the other. */
export async function replicateHere(
  seeds: readonly number[],
  { selections, prepared }: { selections: readonly Selection[]; prepared: Prepared },
  how: Replicate,
  executor: Executor,
  watcher: Watcher,
): Promise<Replica[]> {
  const replicas: Replica[] = [];
  for (const [place, seed] of seeds.entries()) {
    watcher.view.say(`seed ${seed}, ${place + 1} of ${seeds.length}`);
    replicas.push(await replicate(seed, selections[place], prepared, executor, how, watcher));
  }
  return replicas;
}

/** Takes the replicates of some seeds as Slurm finishes them, all side by side, each to its end. */
export async function replicateBySlurm(
  seeds: readonly number[],
  { selections, prepared }: { selections: readonly Selection[]; prepared: Prepared },
  how: Replicate,
  slurm: SlurmRun,
  watcher: Watcher,
): Promise<Replica[]> {
  const ended = await Promise.allSettled(
    seeds.map((seed, place) =>
      replicate(seed, selections[place], prepared, slurm.executorOf(place), how, watcher)
    ),
  );
  return ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** The event with the seed in the job's name, as replicates have the same jobs side by side. */
function ofSeed(event: Event, seed: number): Event {
  const named = (job: string) => `${job}, seed ${seed}`;
  if ("job" in event) return { ...event, job: named(event.job) };
  if (event.type !== "failure" || !("job" in event.failure)) return event;
  return { ...event, failure: { ...event.failure, job: named(event.failure.job) } };
}

/** Runs one replicate. Throws the failure of a job that fails. */
async function replicate(
  seed: number,
  selection: Selection,
  prepared: Prepared,
  executor: Executor,
  how: Replicate,
  { view, signal, remote }: Watcher,
): Promise<Replica> {
  const { store } = prepared;
  using _held = await shareStore(store, view.notice);
  const outcomes = await run(selection.jobs, prepared, executor, {
    force: new Set(),
    signal,
    remote,
    onEvent: (event) => view.show(ofSeed(event, seed)),
    onOutcome() {},
  });
  saveStatTable(store.table);
  const failed = outcomes.find(({ action }) => action === undefined);
  if (failed !== undefined) {
    const message = `The replicate of seed ${seed} is not complete. ${failed.error ?? ""}`;
    throw new Failed({ reason: "usage", message: message.trim() });
  }
  const wanted = outcomes.filter(({ job }) => how.jobs.includes(job.name));
  const { metrics, collisions: [collision] } = gather(
    wanted.map(manifestJob),
    (sha256) => readBlob(store, sha256),
  );
  if (collision !== undefined) throw new Failed(collision);
  return {
    seed,
    identity: identityOf(outcomes.map(({ job, keyed }) => ({ name: job.name, key: keyed?.key }))),
    figures: metrics,
  };
}
