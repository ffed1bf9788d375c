/** Plans what a command line asks for, and words why each job runs. */
import type { Action } from "../../schemas/run/action.ts";
import type { Backend } from "../../schemas/run/experiment.ts";
import { whyWords } from "../engine/change_words.ts";
import { sourcesOf } from "../engine/code/sources.ts";
import type { Job } from "../engine/dag.ts";
import { plan, type PlannedJob, type Why } from "../engine/plan.ts";
import { loadExperiment, prepare, type Project } from "../engine/project/project.ts";
import { type Override, select } from "../engine/project/selection.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { refuseCollisions } from "../runs/collisions.ts";
import { earlierJobs } from "../runs/earlier_jobs.ts";
import { sourceReader } from "../runs/source_text.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { blobReader } from "../store/store.ts";
import { openConsole } from "../terminal/progress.ts";

export interface Wanted {
  experiment: string;
  overrides: Override[];
  only: readonly string[];
  force: string[];
  /** In place of those that the experiment accepts. */
  backends?: Backend[];
  remote?: RemoteOptions;
}

/** A plan, and the words of its reasons. */
export interface Planned {
  experiment: string;
  jobs: PlannedJob[];
  /** Words why a job runs. */
  wordsOf(planned: { job: Job; why: Why }): string[];
}

/** Plans jobs. Runs nothing. */
export async function planFor(project: Project, wanted: Wanted): Promise<Planned> {
  const experiment = await loadExperiment(project, wanted.experiment);
  const selection = select(project.dag, experiment, wanted);
  using view = openConsole();
  const context = await prepare(project, selection, view);
  const { notice: onNotice } = view;
  const earlier = earlierJobs(project.artifacts, experiment.name);
  const planWith = (elsewhere: ReadonlyMap<string, Action>) =>
    plan(selection.jobs, context, { force: selection.force, earlier, onNotice, elsewhere });
  const jobs = wanted.remote === undefined
    ? planWith(new Map())
    : await (await import("../remote/plan_remote.ts")).planWithRemote(
      wanted.remote,
      planWith,
      onNotice,
    );
  saveStatTable(context.store.table);
  view.close();
  refuseCollisions(jobs, blobReader(context.store));

  const sources = sourcesOf(
    new Set(selection.jobs.filter(({ data }) => data === undefined).map(({ stage }) => stage.name)),
    context.codes,
  );
  const read = sourceReader(project.root, context.store);
  return {
    experiment: experiment.name,
    jobs,
    wordsOf: ({ job, why }) => whyWords(job, why, { sources, read }),
  };
}
