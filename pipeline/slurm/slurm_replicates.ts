/**
 * Runs replicates at Slurm: submits them as arrays, in a directory of their own under
 * `artifacts/replicates/`. The same command resumes them if an earlier process left them running.
 */
import { join } from "node:path";
import type { Console } from "../terminal/progress.ts";
import type { Selection } from "../engine/project/selection.ts";
import { plan } from "../engine/plan.ts";
import type { Prepared, Project } from "../engine/project/project.ts";
import { complain } from "../terminal/print.ts";
import type { SlurmRun } from "./slurm_executor.ts";
import { registerAll } from "../runs/store_users.ts";
import { hasSubmission, readSubmission } from "./submission_files.ts";
import { isRefusedWhole, mayHaveJobs, readClusterFile, resumeRun, submitRun } from "./slurm_run.ts";
import { canonicalJson } from "../formats/json.ts";
import { exists } from "../store/existence.ts";

/** Left where the submission has been followed to its end: the next one begins anew. */
const endedMark = (directory: string): string => join(directory, "ended");

/** `end` is to be called when all that was awaited has ended, well or not: the next call begins anew. */
export async function replicatesBySlurm(
  project: Project,
  { selections, prepared }: { selections: readonly Selection[]; prepared: Prepared },
  { name, experiment, cluster: file, json, view, signal }: {
    name: string;
    experiment: string;
    cluster?: string;
    json: boolean;
    view: Console;
    signal: AbortSignal;
  },
): Promise<SlurmRun & { end(): void }> {
  const directory = join(project.artifacts, "replicates", name, "slurm");
  const cluster = readClusterFile(project, file);
  const experiments = selections.map((selection) => selection.experiment);
  const submitted = isOpen(directory, experiments)
    ? resumeRun(project, directory, prepared, view, signal)
    : begin();
  const run = await submitted.catch((error) => {
    if (mayHaveJobs(error)) {
      complain("The replicates are kept. The same command goes on with them.");
    } // With other settings it begins anew.
    else if (isRefusedWhole(error)) Deno.writeTextFileSync(endedMark(directory), "");
    throw error;
  });
  return {
    ...run,
    end() {
      Deno.writeTextFileSync(endedMark(directory), "");
      registerAll(project.artifacts, prepared.store);
    },
  };

  function begin(): Promise<SlurmRun> {
    Deno.mkdirSync(directory, { recursive: true });
    Deno.removeSync(directory, { recursive: true });
    const [{ deviation }] = selections;
    const replicates = selections.map(({ experiment, jobs }) => ({
      experiment,
      planned: plan(jobs, prepared),
    }));
    return submitRun(project, replicates, {
      run: name,
      directory,
      started: new Date(),
      prepared,
      cluster,
      settings: {},
      force: new Set(),
      options: { experiment, deviation, only: [], force: [], json, arguments: [] },
      view,
      signal,
    });
  }
}

/** True if a process before left these very replicates with Slurm. */
function isOpen(directory: string, experiments: readonly unknown[]): boolean {
  if (!hasSubmission(directory) || exists(endedMark(directory))) return false;
  const isSame = canonicalJson(readSubmission(directory).experiments) ===
    canonicalJson(experiments);
  if (isSame) complain("These replicates are at Slurm already; this command resumes them.");
  return isSame;
}
