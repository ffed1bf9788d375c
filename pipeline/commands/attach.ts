/**
 * `attach`: resumes a run that another process submitted to Slurm and left, follows it to its end and
 * records it; or, with `--cancel`, gives it up.
 */
import { openConsole, type Verbosity } from "../terminal/progress.ts";
import { select } from "../engine/project/selection.ts";
import { Failed } from "../engine/failed.ts";
import { tryLock } from "../store/lock.ts";
import { prepare, type Project } from "../engine/project/project.ts";
import { resumeRecording } from "../runs/record.ts";
import { runHere } from "../runs/open_run.ts";
import { followLock, hasSubmission, readSubmission, slurmPath } from "../slurm/submission_files.ts";
import { leftRunning, resumeRun } from "../slurm/slurm_run.ts";
import { withdraw } from "../slurm/withdraw.ts";
import { complain } from "../terminal/print.ts";
import { execute } from "./execute.ts";
import { defineCommand, refuseBeside, toggle } from "./flags/flags.ts";
import { runOfProject } from "./flags/shared_flags.ts";
import { telling, tellingOf } from "./flags/verbosity_flags.ts";
import { registerAll } from "../runs/store_users.ts";
import { storeOf } from "../store/store.ts";
import { cachesPath } from "../store/store_place.ts";

export const command = defineCommand({
  about: "follows a Slurm run that another process submitted, and records it",
  operands: runOfProject,
  flags: {
    cancel: toggle("cancels its jobs and removes the run; stored results stay"),
    ...telling,
  },
  run(project, { operands: [run], cancel, ...given }) {
    if (cancel) {
      const { verbose, quiet, json } = given;
      refuseBeside("--cancel gives the run up and shows nothing of it", { verbose, quiet, json });
    }
    return attach(project, { run, cancel, ...tellingOf(given) });
  },
});

interface AttachOptions {
  run: string;
  cancel: boolean;
  json: boolean;
  verbosity: Verbosity;
}

/** Gives the exit code of `reproduce`; of a run that is given up, 0. */
async function attach(project: Project, options: AttachOptions): Promise<number> {
  const { id, path, state } = runHere(project.artifacts, options.run);
  const directory = slurmPath(path);
  if (!hasSubmission(directory)) {
    const message = `The run ${id} was not submitted to Slurm; expected one that "deno task ` +
      `reproduce --executor slurm" began.`;
    throw new Failed({ reason: "usage", message });
  }
  if (state !== "unfinished") {
    const message = `The run ${id} has ended and is recorded; "deno task report ${id}" shows it.`;
    throw new Failed({ reason: "usage", message });
  }
  const caches = { root: cachesPath(project.artifacts) };
  using held = await tryLock(caches, followLock(id), true);
  if (held === undefined) {
    const message = `Another process follows the run ${id}; expected one at a time.`;
    throw new Failed({ reason: "usage", message });
  }
  if (options.cancel) {
    const code = await giveUp(id, path, directory);
    registerAll(project.artifacts, storeOf(project.artifacts));
    return code;
  }

  const { experiments: [experiment], options: asked, started } = readSubmission(directory);
  const { only, force, deviation } = asked;
  // The experiment that was submitted has the changes of the command line in it already.
  const selection = { ...select(project.dag, experiment, { only, force }), deviation };
  using view = openConsole({ verbosity: options.verbosity });
  const prepared = await prepare(project, selection, view);
  using slurm = await resumeRun(project, directory, prepared, view);
  const where = {
    executor: slurm.executorOf(0),
    goesOn: () => leftRunning(slurm),
    close: () => Promise.resolve(),
  };
  return await execute(
    project,
    selection,
    prepared,
    { ...asked, json: options.json, verbosity: options.verbosity },
    view,
    () => where,
    () =>
      resumeRecording(
        project.artifacts,
        { id, started: new Date(started) },
        prepared.store,
        view.notice,
      ),
  );
}

/** Cancels what Slurm still has of a run and removes the run; results that are stored stay. */
async function giveUp(run: string, path: string, directory: string): Promise<number> {
  const { token, cluster: { patience } } = readSubmission(directory);
  using view = openConsole();
  const left = await withdraw(token, {
    seconds: patience,
    onBusy: (busy) => view.notice({ reason: "slurm-busy", ...busy, seconds: patience }),
  });
  view.close();
  if (left.length > 0) {
    const message = `Slurm still has the jobs ${left.join(", ")} of ${run} after they were ` +
      `cancelled; expected none. The run is kept: give the same command again.`;
    throw new Failed({ reason: "usage", message });
  }
  Deno.removeSync(path, { recursive: true });
  complain(`Gave up ${run}: cancelled what Slurm had of it, kept the results that are stored.`);
  return 0;
}
