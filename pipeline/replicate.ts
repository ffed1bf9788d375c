/**
 * Runs an experiment under many seeds and gathers the figures of each. Replicates share the store, so
 * what has been computed is taken from there; they are not recorded as runs.
 */
import type { Experiment, Replicate } from "../schemas/experiment.ts";
import type { Metrics } from "../schemas/metrics.ts";
import { sourcesOf } from "./code.ts";
import type { Console } from "./console.ts";
import { select } from "./dag.ts";
import { Failed } from "./event.ts";
import { workerThreads } from "./executor.ts";
import { identityOf } from "./identity.ts";
import { lock, storeLock } from "./lock.ts";
import { prepare, type Project } from "./project.ts";
import { gatherMetrics } from "./record.ts";
import { run } from "./run.ts";
import { saveStatTable } from "./stat_table.ts";

export interface Replica {
  seed: number;
  /** Hash over the keys of its jobs: which computations gave the figures. */
  identity: string;
  figures: Metrics;
}

/** The experiment with a seed in place of what it says of each parameter that a seed sets. */
export function seeded(
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

/** Runs one replicate. Throws the failure of a job that fails. */
export async function replicate(
  project: Project,
  experiment: Experiment,
  how: Replicate,
  seed: number,
  { view, signal }: { view: Console; signal: AbortSignal },
): Promise<Replica> {
  const selection = select(project.dag, seeded(experiment, how, seed));
  const prepared = await prepare(project, selection, {
    onNotice: (notice) => view.show({ type: "notice", notice }),
    onBundling: () => view.say("Reading the stages' code, as some of it is new."),
  });
  const { store } = prepared;
  using _held = await lock(
    store,
    storeLock,
    false,
    () => view.show({ type: "notice", notice: { reason: "store-being-cleaned" } }),
  );
  const executor = workerThreads(navigator.hardwareConcurrency, {
    storeRoot: store.root,
    dagModule: project.dagModule,
    sources: Object.fromEntries(
      [...prepared.codes].map(([stage, code]) => [stage, sourcesOf(code, project.root)]),
    ),
    settings: {},
  });
  try {
    const outcomes = await run(selection.jobs, prepared, executor, {
      force: new Set(),
      signal,
      onEvent: (event) => view.show(event),
      onOutcome() {},
    });
    saveStatTable(store.table);
    const failed = outcomes.find(({ action }) => action === undefined);
    if (failed !== undefined) {
      const message = `The replicate of seed ${seed} is not complete. ${failed.error ?? ""}`;
      throw new Failed({ reason: "usage", message: message.trim() });
    }
    const wanted = outcomes.filter(({ job }) => how.jobs.includes(job.name));
    return {
      seed,
      identity: identityOf(outcomes.map(({ job, keyed }) => ({ name: job.name, key: keyed?.key }))),
      figures: gatherMetrics(wanted, store),
    };
  } finally {
    await executor.close();
  }
}
