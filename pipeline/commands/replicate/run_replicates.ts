/**
 * Runs an experiment with many seeds and gathers the metrics of each. Replicates share the store, so
 * nothing is computed twice. They are not recorded as runs.
 */
import type { Experiment, Replicate } from "../../../schemas/run/experiment.ts";
import type { Metrics } from "../../../schemas/run/metric_values.ts";
import type { Console } from "../../terminal/progress.ts";
import type { Dag, Job } from "../../engine/dag.ts";
import { withSeed } from "../../engine/project/parameter_paths.ts";
import { select, type Selection } from "../../engine/project/selection.ts";
import type { Event, Failure } from "../../engine/event.ts";
import { Failed } from "../../engine/failed.ts";
import type { Executor } from "../../engine/executor/executor.ts";
import { identityOf } from "../../runs/identity.ts";
import { shareStore } from "../../store/lock.ts";
import { prepare, type Prepared, type Project } from "../../engine/project/project.ts";
import { manifestJob } from "../../runs/record.ts";
import { plan } from "../../engine/plan.ts";
import { run } from "../../engine/scheduler.ts";
import { expectedTimes } from "../../runs/expected_times.ts";
import { refuseCollisions } from "../../runs/collisions.ts";
import { gather } from "../../runs/gathered.ts";
import type { Outcome, RemoteCache } from "../../engine/obtain.ts";
import type { SlurmRun } from "../../slurm/slurm_executor.ts";
import { saveStatTable } from "../../store/save_stat_table.ts";
import { blobReader, readBlob } from "../../store/store.ts";
import { count, someOf } from "../../terminal/numbers.ts";

export interface Replica {
  seed: number;
  /** Hash over the keys of its jobs: it identifies the computations. */
  identity: string;
  metrics: Metrics;
}

/** The experiment with a seed in place of what it says of each parameter, or part of one, that a seed sets. */
function seeded(
  dag: Dag,
  experiment: Experiment,
  { jobs, seeds }: Replicate,
  seed: number,
): Experiment {
  const parameters = { ...experiment.parameters };
  for (const { job: name, parameter } of seeds) {
    const job = dag.find((one) => one.name === name);
    // Selecting the jobs refuses one that the DAG lacks.
    parameters[name] = job === undefined ? {} : withSeed(job, parameters[name], parameter, seed);
  }
  return { ...experiment, jobs, parameters };
}

export interface Watcher {
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
  const selections = seeds.map((seed) =>
    select(project.dag, seeded(project.dag, experiment, how, seed))
  );
  // The jobs of all seeds, because a worker is kept for the next job of its stage; data are there once.
  const jobs = selections.flatMap(({ jobs }, place) =>
    jobs.filter(({ data }) => place === 0 || data === undefined)
  );
  const prepared = await prepare(project, { jobs, experiment: selections[0].experiment }, view);
  const wanted = selections[0].jobs.filter(({ name }) => how.jobs.includes(name));
  refuseCollisions(wanted.map((job) => ({ job })), blobReader(prepared.store));
  return { how, seeds, selections, prepared };
}

/** Tells whether a job's result depends on the seed; any other is one job of all replicates. */
function seededJobs({ how, selections: [{ jobs }] }: PreparedReplicates): (job: string) => boolean {
  const seeded = new Set(how.seeds.map(({ job }) => job));
  for (const { name, inputs } of jobs) {
    if (Object.values(inputs).some(({ job }) => seeded.has(job))) seeded.add(name);
  }
  return (job) => seeded.has(job);
}

/** The name of a job among those of all replicates, by the place of the seed. */
function namesIn(replicates: PreparedReplicates): (job: string, place: number) => string {
  const isSeeded = seededJobs(replicates);
  return (job, place) => isSeeded(job) ? `${job}, seed ${replicates.seeds[place]}` : job;
}

/** Announces the jobs of all replicates to a view, each with the time that it is expected to take. */
export function announceReplicates(
  { artifacts }: Pick<Project, "artifacts">,
  replicates: PreparedReplicates,
  { view, width }: { view: Console; width: number },
): void {
  const { selections, prepared } = replicates;
  const nameOf = namesIn(replicates);
  const isSeeded = seededJobs(replicates);
  const upcoming = selections.flatMap(({ experiment, jobs }, place) =>
    expectedTimes(artifacts, experiment.name, plan(jobs, prepared))
      .filter(({ job }) => place === 0 || isSeeded(job))
      .map(({ job, needs, ...rest }) => ({
        job: nameOf(job, place),
        needs: needs.map((need) => nameOf(need, place)),
        ...rest,
      }))
  );
  view.show({ type: "begun", jobs: upcoming, width });
}

/**
 * The jobs of all replicates as one DAG: those of the first seed, then each with the other seeds, because a worker that
 * has a stage loaded runs it again in less time.
 */
function jobsOfAll({ selections }: PreparedReplicates, nameOf: ReturnType<typeof namesIn>): Job[] {
  const [first, ...others] = selections.map(({ jobs }, place) =>
    jobs.map((job): Job => {
      const inputs = Object.entries(job.inputs)
        .map(([input, from]) => [input, { ...from, job: nameOf(from.job, place) }]);
      return { ...job, name: nameOf(job.name, place), inputs: Object.fromEntries(inputs) };
    })
  );
  const all = [...first, ...first.flatMap((_, i) => others.map((jobs) => jobs[i]))];
  return [...new Map(all.map((job) => [job.name, job])).values()];
}

/** Runs jobs of the replicates and shows their events, by default as they come. */
type RunJobs = (
  jobs: readonly Job[],
  executor: Executor,
  onEvent?: (event: Event) => void,
) => Promise<Outcome[]>;

/** The replicates, from what `outcomesOf` gives: how the jobs of each have ended. */
async function replicasBy(
  replicates: PreparedReplicates,
  { view, signal, remote }: Watcher,
  outcomesOf: (runJobs: RunJobs) => Promise<Outcome[][]>,
): Promise<Replica[]> {
  const { prepared } = replicates;
  using _held = await shareStore(prepared.store, view.notice);
  try {
    const outcomes = await outcomesOf((jobs, executor, onEvent = view.show) =>
      run(jobs, prepared, executor, { signal, remote, onEvent })
    );
    return replicasFrom(replicates, outcomes);
  } finally {
    saveStatTable(prepared.store.table);
  }
}

/** Runs the replicates on this machine, jobs of several seeds side by side. */
export const replicateHere = (
  replicates: PreparedReplicates,
  executor: Executor,
  watcher: Watcher,
): Promise<Replica[]> =>
  replicasBy(replicates, watcher, async (runJobs) => {
    const nameOf = namesIn(replicates);
    const outcomes = await runJobs(jobsOfAll(replicates, nameOf), executor);
    const byName = new Map(outcomes.map((outcome) => [outcome.job.name, outcome]));
    return replicates.selections.map(({ jobs }, place) =>
      jobs.map((job) => ({ ...byName.get(nameOf(job.name, place))!, job }))
    );
  });

/** Takes the replicates of some seeds as Slurm finishes them, all side by side, each to its end. */
export const replicateBySlurm = (
  replicates: PreparedReplicates,
  slurm: SlurmRun,
  watcher: Watcher,
): Promise<Replica[]> =>
  replicasBy(replicates, watcher, async (runJobs) => {
    const nameOf = namesIn(replicates);
    const ended = await Promise.allSettled(
      replicates.selections.map(({ jobs }, place) =>
        runJobs(jobs, slurm.executorOf(place), (event) => {
          const job = jobOf(event);
          const name = job && nameOf(job, place);
          // A job of all replicates is shown once.
          if (place === 0 || name !== job || job === undefined) {
            watcher.view.show(renamed(event, name));
          }
        })
      ),
    );
    return ended.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  });

const jobOf = (event: Event): string | undefined =>
  "job" in event
    ? event.job
    : event.type === "failure" && "job" in event.failure
    ? event.failure.job
    : undefined;

/** The event under another name of its job, if it has one. */
function renamed(event: Event, job?: string): Event {
  if (job === undefined) return event;
  return event.type === "failure"
    ? { ...event, failure: { ...event.failure, job } as Failure }
    : { ...event, job } as Event;
}

/** The replicates, from how the jobs of each have ended. Throws a failure where one has no result. */
function replicasFrom(
  replicates: PreparedReplicates,
  ended: readonly (readonly Outcome[])[],
): Replica[] {
  const isSeeded = seededJobs(replicates);
  const lacking = ended.flatMap((outcomes, place) => {
    const { job } = outcomes.find(({ action }) => action === undefined) ?? {};
    if (job === undefined) return [];
    return isSeeded(job.name) ? [`${job.name} with seed ${replicates.seeds[place]}`] : [job.name];
  });
  if (lacking.length > 0) {
    // The view has shown why.
    const message = `${lacking.length} of ${count(ended.length, "replicate")} ` +
      `${lacking.length === 1 ? "is" : "are"} not complete. Without a result: ` +
      `${someOf([...new Set(lacking)], 5)}. What had finished is kept.`;
    throw new Failed({ reason: "usage", message });
  }
  return ended.map((outcomes, place) => replicaOf(replicates, place, outcomes));
}

/** The replicate of the seed at a place, whose jobs have ended well. */
function replicaOf(
  { how, seeds, prepared: { store } }: PreparedReplicates,
  place: number,
  outcomes: readonly Outcome[],
): Replica {
  const wanted = outcomes.filter(({ job }) => how.jobs.includes(job.name));
  const { metrics, collisions: [collision] } = gather(
    wanted.map(manifestJob),
    (sha256) => readBlob(store, sha256),
  );
  if (collision !== undefined) throw new Failed(collision);
  return {
    seed: seeds[place],
    identity: identityOf(outcomes.map(({ job, keyed }) => ({ name: job.name, key: keyed?.key }))),
    metrics,
  };
}
