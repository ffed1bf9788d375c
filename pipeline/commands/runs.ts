/** `runs`: the runs that there are, newest first, those from elsewhere last. */
import type { Deviation } from "../../schemas/run/manifest.ts";
import type { Project } from "../engine/project/project.ts";
import { latestRun, runsOf } from "../runs/latest.ts";
import { hasSubmission, slurmPath } from "../slurm/submission_files.ts";
import { seconds } from "../terminal/numbers.ts";
import { textTable } from "../terminal/text_table.ts";
import { print, printJson } from "../terminal/print.ts";
import { defineCommand } from "./flags.ts";
import { json } from "./shared_flags.ts";

export const command = defineCommand({
  about: "lists the runs",
  flags: { json },
  run: showRuns,
});

function showRuns(project: Project, options: { json: boolean }): number {
  const latest = latestRun(project.artifacts);
  const runs = [...runsOf(project.artifacts)].map(({ id, path, state, manifest, problem }) => ({
    run: id,
    experiment: manifest?.experiment.name,
    status: manifest?.status ??
      (state === "unfinished" && hasSubmission(slurmPath(path)) ? "with Slurm" : state),
    started: manifest?.started,
    deviation: manifest?.deviation,
    latest: id === latest,
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
      ["Run", "Experiment", "Status", "", "Time", "Jobs", "Ran"],
      ...runs.map((run) => [
        run.run,
        run.experiment ?? "",
        run.status,
        remarks(run).join(", "),
        run.seconds === undefined ? "" : seconds(run.seconds),
        String(run.jobs ?? ""),
        String(run.ran ?? ""),
      ]),
    ], [4, 5, 6]));
  }
  return 0;
}

/** Returns the remarks on a run: latest, a part, … */
const remarks = ({ latest, deviation }: { latest: boolean; deviation?: Deviation }): string[] => [
  ...(latest ? ["latest"] : []),
  ...(deviation?.missing.length ? ["a part"] : []),
  ...(deviation?.changed.length ? ["other parameters"] : []),
];
