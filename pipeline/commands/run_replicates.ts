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
import { plan } from "../engine/plan.ts";
import { run } from "../engine/scheduler.ts";
import { expectedTimes } from "../runs/expected_times.ts";
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
  metrics: Metrics;
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

/** Replicates of an experiment before any of them runs. */
export interface PreparedReplicates {
  how: Replicate;
  seeds: readonly number[];
  /** One for each seed, all of the same jobs. */
  selections: readonly Selection[];
  /** Contents that the jobs' keys depend on. */
  prepared: Prepared;
}

/** Selects the jobs for each seed, and finds what their keys depend on. */
export async function prepareReplicates(
  project: Project,
  experiment: Experiment,
  how: Replicate,
  seeds: readonly number[],
  view: Console,
): Promise<PreparedReplicates> {
  const selections = seeds.map((seed) => select(project.dag, seeded(experiment, how, seed)));
  const prepared = await prepare(project, selections[0], view);
  const wanted = selections[0].jobs.filter(({ name }) => how.jobs.includes(name));
  refuseCollisions(wanted.map((job) => ({ job })), blobReader(prepared.store));
  return { how, seeds, selections, prepared };
}

/** Runs the replicates of some seeds on this machine, one after the other. */
export async function replicateHere(
  replicates: PreparedReplicates,
  executor: Executor,
  watcher: Watcher,
): Promise<Replica[]> {
  const replicas: Replica[] = [];
  for (const place of replicates.seeds.keys()) {
    replicas.push(await replicate(replicates, place, executor, watcher));
  }
  return replicas;
}

/** Announces the jobs of all replicates to a view, each with the time that it is expected to take. */
export function announceReplicates(
  { artifacts }: Pick<Project, "artifacts">,
  { how, seeds, selections, prepared }: PreparedReplicates,
  { view, width }: { view: Console; width: number },
): void {
  const options = { force: new Set<string>(), earlier: () => undefined, onNotice() {} };
  const [{ experiment, jobs }] = selections;
  const bySeed = new Set(how.seeds.map(({ job }) => job));
  for (const { name, inputs } of jobs) {
    if (Object.values(inputs).some(({ job }) => bySeed.has(job))) bySeed.add(name);
  }
  const upcoming = seeds.flatMap((seed, place) =>
    expectedTimes(artifacts, experiment.name, plan(selections[place].jobs, prepared, options))
      .map(({ job, needs, seconds, isOpen }) => ({
        job: ofSeed(job, seed),
        needs: needs.map((need) => ofSeed(need, seed)),
        // Its first replicate has it stored.
        seconds: place > 0 && !bySeed.has(job) ? 0 : seconds,
        isOpen,
      }))
  );
  view.show({ type: "begun", jobs: upcoming, width });
}

/** Takes the replicates of some seeds as Slurm finishes them, all side by side, each to its end. */
export async function replicateBySlurm(
  replicates: PreparedReplicates,
  slurm: SlurmRun,
  watcher: Watcher,
): Promise<Replica[]> {
  const ended = await Promise.allSettled(
    replicates.seeds.map((_, place) =>
      replicate(replicates, place, slurm.executorOf(place), watcher)
    ),
  );
  return ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** The name of a job with the seed, because replicates have the same jobs side by side. */
const ofSeed = (job: string, seed: number): string => `${job}, seed ${seed}`;

function eventOfSeed(event: Event, seed: number): Event {
  if ("job" in event) return { ...event, job: ofSeed(event.job, seed) };
  if (event.type !== "failure" || !("job" in event.failure)) return event;
  return { ...event, failure: { ...event.failure, job: ofSeed(event.failure.job, seed) } };
}

/** Runs the replicate of the seed at a place. Throws the failure of a job that fails. */
async function replicate(
  { how, seeds, selections, prepared }: PreparedReplicates,
  place: number,
  executor: Executor,
  { view, signal, remote }: Watcher,
): Promise<Replica> {
  const seed = seeds[place];
  const { store } = prepared;
  using _held = await shareStore(store, view.notice);
  const outcomes = await run(selections[place].jobs, prepared, executor, {
    force: new Set(),
    signal,
    remote,
    onEvent: (event) => view.show(eventOfSeed(event, seed)),
    onOutcome() {},
  });
  saveStatTable(store.table);
  const failed = outcomes.find(({ action }) => action === undefined);
  if (failed !== undefined) {
    // The view has shown why.
    const message = `The replicate of seed ${seed} is not complete: ${failed.job.name} has no ` +
      `result. What had finished is kept.`;
    throw new Failed({ reason: "usage", message });
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
    metrics,
  };
}
