/** Tells of an imported run that is of another project, whose results serve no job here. */
import { join } from "node:path";
import { Failed } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import { readManifest, runsPath } from "../runs/read_manifest.ts";
import { linesWithin } from "../terminal/escape.ts";
import { complain } from "../terminal/print.ts";
import type { Place } from "./flags/flags.ts";

/** A run that is here is of another project if the DAG has none of its jobs, by name and stage. */
export async function tellOtherProject(
  { artifacts, experiments }: Place,
  run: string,
  load: () => Promise<Project>,
): Promise<void> {
  const { jobs, experiment: { name: experiment } } = readManifest(join(runsPath(artifacts), run));
  try {
    const { dag } = await load();
    const isHere = (one: typeof jobs[number]) =>
      dag.some(({ name, stage }) => name === one.name && stage.name === one.stage);
    if (jobs.some(isHere)) return;
    const none = Object.hasOwn(experiments, experiment)
      ? ""
      : `, and no experiment is named ${experiment}`;
    complain(
      `The run ${run} is of another project: the DAG here has none of its jobs${none}.`,
    );
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    const unknown = "Whether the run is of this project is not known.";
    complain(linesWithin(`${unknown} ${error.message}`));
  }
}
