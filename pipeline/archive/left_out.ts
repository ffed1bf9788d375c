/** Decides which outputs an export leaves out: data, and the sets that a user names. */
import type { Manifest, ManifestOutput } from "../../schemas/run/manifest.ts";
import type { Dag } from "../engine/dag.ts";
import { dataJobs } from "../engine/data_jobs.ts";
import { inOrder } from "../engine/order.ts";
import { jobsNamed } from "../engine/project/job_names.ts";
import { outputsOf } from "./contents.ts";

/** Types that are small, and that everyone who reads a run needs. */
const kept = ["metrics", "ledger"];

interface Asked {
  /** Leaves out what jobs fetched or read, and what was made of nothing else. */
  data: boolean;
  /** Jobs, groups of jobs, patterns, or outputs as JOB/OUTPUT. */
  sets: readonly string[];
}

/** Throws a `Failed` for a set that the run does not have. Metrics and claims always stay. */
export function leftOut(
  manifest: Manifest,
  dag: Dag,
  { data, sets }: Asked,
): (output: Pick<ManifestOutput, "type"> & { job: string; output: string }) => boolean {
  const { jobs, experiment } = manifest;
  const pathOf = ({ job, output }: { job: string; output: string }) => `${job}/${output}`;
  const known = [...jobs.map(({ name }) => name), ...outputsOf(manifest).map(pathOf)];
  const names = new Set(
    sets.flatMap((set) => jobsNamed(set, known, "job or output of the run")),
  );
  if (data) {
    const seeds = experiment.replicate?.seeds;
    for (const name of dataJobs(inOrder(dag), seeds)) names.add(name);
  }
  return (output) =>
    !kept.includes(output.type) && (names.has(output.job) || names.has(pathOf(output)));
}
