/** `runs`: the runs that there are, newest first. */
import type { Project } from "../project.ts";
import { runsOf } from "../runs/latest.ts";
import { hasSubmission, slurmPath } from "../slurm/files.ts";
import { seconds, textTable } from "../table.ts";
import { print, printJson } from "../terminal.ts";

export function showRuns(project: Project, options: { json: boolean }): number {
  const runs = [...runsOf(project.artifacts)].map(({ id, path, state, manifest, problem }) => ({
    run: id,
    experiment: manifest?.experiment.name,
    status: manifest?.status ??
      (state === "unfinished" && hasSubmission(slurmPath(path)) ? "with Slurm" : state),
    started: manifest?.started,
    seconds: manifest?.seconds,
    jobs: manifest?.jobs.length,
    ran: manifest?.jobs.filter((job) => job.status === "ran").length,
    problem,
  }));
  if (options.json) {
    printJson(runs);
  } else if (runs.length === 0) {
    print(`No runs yet. "deno task reproduce" makes the first.`);
  } else {
    print(textTable([
      ["Run", "Experiment", "Status", "Time", "Jobs", "Ran"],
      ...runs.map((run) => [
        run.run,
        run.experiment ?? "",
        run.status,
        run.seconds === undefined ? "" : seconds(run.seconds),
        String(run.jobs ?? ""),
        String(run.ran ?? ""),
      ]),
    ], [3, 4, 5]));
  }
  return 0;
}
