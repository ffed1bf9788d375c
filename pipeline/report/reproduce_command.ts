/** Words the command that computes a run again: the same jobs, parameters and backend, so the same keys. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { isWhole } from "../engine/project/deviation.ts";
import { dotted } from "../engine/project/job_names.ts";
import { backendOf } from "../runs/backend_of_run.ts";

/** A longer command takes everything from the run's manifest. */
const longest = 160;

/**
 * The arguments of `reproduce` that give the run. `experiments` are the project's, the default first;
 * `manifest` is the path of the run's manifest, which says it all where flags would not, or not shortly.
 */
export function reproduceArguments(
  run: Manifest,
  experiments: readonly string[],
  manifest: string,
): string[] {
  const { experiment: { name }, deviation } = run;
  const backend = backendOf(run);
  const on = backend === undefined ? [] : ["--backend", backend];
  const isKnown = experiments.includes(name);
  const named = name === experiments[0] ? [] : ["--experiment", name];
  if (isKnown && isWhole(deviation)) return [...named, ...on];
  const fromManifest = ["--experiment", manifest, ...on];
  if (!isKnown || deviation === undefined) return fromManifest;
  const only = deviation.missing.length === 0 ? [] : lastJobs(run);
  const flags = [
    ...named,
    ...only.flatMap((job) => ["--only", job]),
    ...deviation.changed.flatMap(({ job, parameter, to }) => [
      "--set",
      `${dotted(job)}.${parameter}=${JSON.stringify(to)}`,
    ]),
    ...on,
  ];
  return flags.join(" ").length > longest ? fromManifest : flags;
}

/** The jobs that no other job of the run needs. */
function lastJobs({ jobs }: Manifest): string[] {
  const needed = new Set(jobs.flatMap(({ inputs }) => Object.values(inputs).map(({ job }) => job)));
  return jobs.map(({ name }) => name).filter((name) => !needed.has(name));
}
