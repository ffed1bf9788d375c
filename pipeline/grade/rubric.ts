/**
 * States what the grader's own project demands of a run: its jobs with the parameters of its own
 * experiment. A submission chooses seeds alone.
 */
import type { Replicates } from "../../schemas/run/expected.ts";
import type { Experiment } from "../../schemas/run/experiment.ts";
import type { Dag, Job } from "../engine/dag.ts";
import { needsOf } from "../engine/order.ts";
import { type Part, partNamed } from "../engine/project/parameter_parts.ts";

export interface Rubric {
  /** By name, in the order of the DAG. */
  jobs: ReadonlyMap<string, DemandedJob>;
  /** Undefined where this project has no such experiment. */
  experiment?: Experiment;
}

export interface DemandedJob {
  job: Job;
  /** Checked parameters, with defaults; undefined where the experiment leaves some open. */
  parameters?: Readonly<Record<string, unknown>>;
  /** Parameters, and parts of them, that a run may choose. */
  seeds: readonly Part[];
  /** Jobs whose outputs it takes. */
  needs: ReadonlySet<string>;
  /** Jobs that take its outputs. */
  neededBy: readonly string[];
}

export function rubricOf(
  dag: Dag,
  experiment: Experiment | undefined,
  replicates: Replicates | undefined,
): Rubric {
  const seeds = [
    ...experiment?.replicate?.seeds ?? [],
    ...replicates?.statedBy.parameters ?? [],
  ];
  const neededBy = new Map<string, string[]>(dag.map(({ name }) => [name, []]));
  for (const job of dag) for (const need of needsOf(job)) neededBy.get(need)?.push(job.name);
  const jobs = dag.map((job): [string, DemandedJob] => {
    const { name, stage } = job;
    const given = { ...job.parameters, ...experiment?.parameters[name] };
    return [name, {
      job,
      parameters: stage.parameters.safeParse(given).data,
      seeds: seeds.filter((seed) => seed.job === name)
        .map(({ parameter }) => partNamed(parameter, Object.keys(stage.parameters.shape))),
      needs: needsOf(job),
      neededBy: neededBy.get(name)!,
    }];
  });
  return { jobs: new Map(jobs), experiment };
}

/** The jobs that some derive from, these included, each with the first of them that does. */
export function behind({ jobs }: Rubric, names: Iterable<string>): Map<string, string> {
  const first = new Map<string, string>();
  for (const name of names) {
    const open = [name];
    while (open.length > 0) {
      const next = open.pop()!;
      if (first.has(next)) continue;
      first.set(next, name);
      open.push(...jobs.get(next)?.needs ?? []);
    }
  }
  return first;
}

/** The jobs that derive from some, these included. */
export function derivedFrom({ jobs }: Rubric, names: Iterable<string>): Set<string> {
  const derived = new Set(names);
  // The loop meets what it adds.
  for (const name of derived) {
    for (const next of jobs.get(name)?.neededBy ?? []) derived.add(next);
  }
  return derived;
}
