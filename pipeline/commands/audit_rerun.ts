/**
 * `rerun`: one run of an audit, with artifacts in a directory of its own. Takes what an audit changes
 * within the process: the number of workers, and the order in which jobs begin.
 */
import { openPackages } from "../engine/code/package_content.ts";
import { openConsole } from "../terminal/progress.ts";
import { loadExperiment, prepare } from "../engine/project/project.ts";
import { select } from "../engine/project/selection.ts";
import { needPath } from "../terminal/needed_path.ts";
import { givenPath } from "../terminal/user_path.ts";
import { execute, onThisMachine } from "./execute.ts";
import { defineCommand, directory, toggle } from "./flags/flags.ts";
import { executing, parseWorkers, selecting, selectionOf } from "./flags/shared_flags.ts";

export const command = defineCommand({
  about: "runs the jobs of an audit; audit calls it, you do not",
  operands: { least: 1, most: 1, text: "ARTIFACTS" },
  flags: {
    ...selecting,
    data: directory("DIR", "takes data files from this directory before downloading any"),
    workers: executing.workers,
    reverse: toggle("begins with the last of the jobs that can begin"),
  },
  async run({ root, dag, dagModule, experiments }, given, args) {
    const [artifacts] = given.operands.map(givenPath);
    // The audit has made it.
    needPath("directory", "rerun", artifacts);
    const project = { root, dag, dagModule, experiments, artifacts };
    const wanted = selectionOf(project, given);
    const experiment = await loadExperiment(project, wanted.experiment);
    const selection = select(dag, experiment, wanted);
    using view = openConsole();
    const prepared = await prepare(project, selection, view);
    const jobs = given.reverse ? selection.jobs.toReversed() : selection.jobs;
    const asked = {
      experiment: wanted.experiment,
      json: false,
      verbosity: "verbose" as const,
      arguments: args,
    };
    const settings = { dataDirectory: given.data };
    const width = parseWorkers(given.workers);
    const packages = openPackages(prepared.root, prepared.store.caches, view.notice);
    const here = () => onThisMachine(project, prepared, settings, packages, width);
    return await execute(project, { ...selection, jobs }, prepared, asked, view, here);
  },
});
