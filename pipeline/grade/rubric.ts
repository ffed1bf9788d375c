/**
 * States what the grader's own project demands of a run: its jobs with the parameters of its own
 * experiment. A submission chooses seeds alone.
 */
import type { Replicates } from "../../schemas/run/expected.ts";
import type { Experiment } from "../../schemas/run/experiment.ts";
import type { Dag, Job } from "../engine/dag.ts";
import { needsOf } from "../engine/order.ts";

export interface Rubric {
  /** By name, each with the jobs that it derives from. */
  jobs: ReadonlyMap<string, DemandedJob>;
  /** Undefined where this project has no such experiment. */
  experiment?: Experiment;
}

export interface DemandedJob {
  job: Job;
  /** Checked parameters, with defaults; undefined where the experiment leaves some open. */
  parameters?: Readonly<Record<string, unknown>>;
  /** Parameters that a run may choose. */
  seeds: ReadonlySet<string>;
  /** Jobs that it derives from, itself included. */
  behind: ReadonlySet<string>;
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
  const byName = new Map(dag.map((job) => [job.name, job]));
  const jobs = dag.map((job): [string, DemandedJob] => {
    const { name, stage } = job;
    const given = { ...job.parameters, ...experiment?.parameters[name] };
    return [name, {
      job,
      parameters: stage.parameters.safeParse(given).data,
      seeds: new Set(seeds.filter((seed) => seed.job === name).map(({ parameter }) => parameter)),
      behind: behind(name, byName),
    }];
  });
  return { jobs: new Map(jobs), experiment };
}

function behind(name: string, jobs: ReadonlyMap<string, Job>): Set<string> {
  const found = new Set<string>();
  const open = [name];
  while (open.length > 0) {
    const next = open.pop()!;
    const job = jobs.get(next);
    if (job === undefined || found.has(next)) continue;
    found.add(next);
    open.push(...needsOf(job));
  }
  return found;
}
