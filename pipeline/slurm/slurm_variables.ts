/**
 * Refuses environment variables that change what Slurm's commands do, where no argument of fanin's overrides
 * them: with them a job is not found again, or another is cancelled.
 */
import { Failed } from "../engine/failed.ts";

/** Variable → what it does to a run. */
const refused: Record<string, string> = {
  SLURM_CLUSTERS: "sends jobs to other clusters, on which they are not found again",
  SBATCH_CLUSTERS: "sends jobs to other clusters, on which they are not found again",
  SBATCH_CLUSTER_CONSTRAINT: "sends jobs to other clusters, on which they are not found again",
  SBATCH_ARRAY_INX: "makes an array of each job",
  SBATCH_WAIT: "makes each submission wait for the end of its job",
  SBATCH_ERROR: "takes error messages out of the job's output",
  SBATCH_SIGNAL: "ends jobs that have no checkpoints",
  SBATCH_GET_USER_ENV: "gives jobs an environment that differs between users",
  ...narrowing("SQUEUE_", "hides jobs of the run", [
    "ACCOUNT",
    "LICENSES",
    "NAMES",
    "PARTITION",
    "QOS",
  ]),
  ...narrowing("SCANCEL_", "keeps jobs of the run from being cancelled", [
    "ACCOUNT",
    "BATCH",
    "INTERACTIVE",
    "NAME",
    "PARTITION",
    "QOS",
    "STATE",
    "USER",
    "WCKEY",
  ]),
};

function narrowing(prefix: string, does: string, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [prefix + name, does]));
}

export const refusedVariables: readonly string[] = Object.keys(refused);

/** Throws a `Failed` that names a variable that is set and breaks a run. */
export function refuseVariables(): void {
  for (const [name, does] of Object.entries(refused)) {
    const value = Deno.env.get(name);
    if (value === undefined) continue;
    const message = `The environment has ${name}=${value}, which ${does}; expected it not set. ` +
      `Unset it, and say what is of your site in cluster.json.`;
    throw new Failed({ reason: "usage", message });
  }
}
