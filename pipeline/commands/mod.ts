/**
 * The commands there are: what each takes on the command line and what that must be. The work is done
 * by the file of the command's name beside this one, which is loaded when the command is given.
 */
import { Backend, ExecutorName } from "../../schemas/run/experiment.ts";
import { levels } from "../diff/agreement.ts";
import type { Override } from "../engine/project/selection.ts";
import { Failed } from "../engine/failed.ts";
import { defaultExperiment, isExperimentFile, type Project } from "../engine/project/project.ts";
import { parseAddress, type RemoteOptions, takeCredentials } from "../remote/address.ts";
import { givenPath } from "../terminal/user_path.ts";
import {
  type Command,
  defineCommand,
  directory,
  file,
  type Given,
  result,
  toggle,
  value,
  values,
} from "./flags.ts";

const json = toggle("prints one JSON value, for programs");

/** What chooses the jobs of an experiment. */
const selecting = {
  experiment: value("NAME|FILE", "the experiment: one of the project, or a .json or .ts file"),
  set: values(
    "JOB.PARAMETER=V",
    "sets a parameter of one job, or of a group of jobs such as init-check",
  ),
  only: value("JOB", "runs this job and the jobs that it needs"),
  force: values("JOB", "runs this job again even if its result is cached"),
  backend: values(
    "webgpu|wasm",
    "accepts this backend only; repeat it for an order of preference",
  ),
};

/** What names a remote store to a command that runs jobs. */
const remoting = {
  remote: value("URL", "reads missing results from this store and writes new ones to it"),
  "remote-read-only": toggle("reads from the remote store, and writes nothing to it"),
};

const farRuns = { remote: value("URL", "also looks for a run id in this remote store") };

/** Operands that name runs; `runs/open_run.ts` resolves them. */
const runs = (least: number, most: number, text: string) => ({
  least,
  most,
  text,
  about: [
    'RUN, A and B name runs: latest (the complete run that "reproduce" last ran or showed), latest~1',
    "(the one before), --last (the run that began last, however it ended), reference, an id, a run's",
    "directory, or an archive.",
  ],
  words: { "--last": "last" },
});

const selectionOf = (project: Project, given: Given<typeof selecting>) => ({
  experiment: experimentOf(project, given.experiment),
  overrides: given.set.map(parseOverride),
  only: given.only,
  force: given.force,
  backends: given.backend.length === 0 ? undefined : given.backend.map(parseBackend),
});

/** Where jobs are run. */
const executing = {
  executor: value(
    "local|slurm",
    "runs jobs on this machine or on Slurm; by default as the experiment says",
  ),
  cluster: file("FILE", "the settings of your Slurm site (default cluster.json)"),
};

const executionOf = ({ executor, cluster }: Given<typeof executing>) => {
  const named = executor === undefined
    ? undefined
    : oneOf("executor", ExecutorName.options, executor);
  if (named === "local" && cluster !== undefined) {
    const message = "--cluster says how jobs are submitted; expected --executor slurm with it.";
    throw new Failed({ reason: "usage", message });
  }
  return { executor: named, cluster };
};

const reproduce = defineCommand({
  about: "runs the jobs of an experiment that are not cached, and reports the results",
  flags: {
    ...selecting,
    ...executing,
    data: directory("DIR", "takes data files from this directory before downloading any"),
    ...remoting,
    json,
  },
  async run(project, given, args) {
    const { reproduce } = await import("./reproduce.ts");
    const settings = { dataDirectory: given.data };
    const { json } = given;
    const remote = remoteOf(given);
    const options = {
      ...selectionOf(project, given),
      ...executionOf(given),
      json,
      settings,
      remote,
    };
    return reproduce(project, { ...options, arguments: args });
  },
});

const attach = defineCommand({
  about: "follows a Slurm run that another process submitted, and records it",
  operands: runs(1, 1, "RUN"),
  flags: { cancel: toggle("cancels its jobs and removes the run; stored results stay"), json },
  async run(project, { operands: [run], cancel, json }) {
    const { attach } = await import("./attach.ts");
    return attach(project, { run, cancel, json });
  },
});

const job = defineCommand({
  about: "runs one submitted job; cluster nodes call it, you do not",
  operands: { least: 2, most: 2, text: "DIRECTORY TICKET" },
  flags: {},
  async run(project, { operands: [directory, ticket] }) {
    const { runTicket } = await import("../slurm/node.ts");
    if (/^\d{1,9}$/.test(ticket)) return runTicket(project, directory, Number(ticket));
    const message = `job expects the number of a ticket, found "${ticket}".`;
    throw new Failed({ reason: "usage", message });
  },
});

const plan = defineCommand({
  about: "shows which jobs would run, and why",
  flags: {
    ...selecting,
    explain: value("JOB", "prints the lines of this job's key"),
    remote: value("URL", "also shows which results this remote store has"),
    json,
  },
  async run(project, given) {
    const { showPlan } = await import("./plan.ts");
    const { explain, json } = given;
    const remote = remoteOf(given);
    return showPlan(project, { ...selectionOf(project, given), explain, remote, json });
  },
});

const list = defineCommand({
  about: "lists the runs",
  flags: { json },
  run: async (project, given) => (await import("./runs.ts")).showRuns(project, given),
});

const diff = defineCommand({
  about: "compares two runs: whether they agree, by how much they differ, where they first diverge",
  operands: runs(2, 2, "A B"),
  flags: {
    level: value(
      "LEVEL",
      `the weakest agreement that passes: ${levels.join(", ")} (default within)`,
    ),
    tolerances: file("FILE", "replaces the declared tolerances; form: schemas/run/tolerances.ts"),
    expected: file("FILE", "takes the spread of replicates from this file of expected metrics"),
    html: result("FILE", "writes a page that overlays the charts of both runs"),
    markdown: toggle("prints Markdown, for an issue or a pull request"),
    all: toggle("also lists identical outputs and every tensor"),
    ...farRuns,
    json,
  },
  async run(project, { operands: [a, b], level, ...given }) {
    const { diff } = await import("./diff.ts");
    const remote = remoteOf(given);
    const checked = oneOf("level", levels, level ?? "within");
    return diff(project, { a, b, ...given, level: checked, remote });
  },
});

const reference = defineCommand({
  about: "compares a run with the reference run; --update --yes makes it the reference",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    update: toggle("makes the run (default latest) the reference, after showing the differences"),
    force: toggle("accepts a run of another experiment, of some jobs, or with other parameters"),
    yes: toggle("with --update: writes it; without it nothing is written"),
    json,
  },
  async run(project, { operands: [run = "latest"], ...given }) {
    return (await import("./reference.ts")).reference(project, { run, ...given });
  },
});

const report = defineCommand({
  about: "writes the report of a run, or of a comparison of two, as one HTML file",
  operands: runs(0, 2, "[RUN | A B]"),
  flags: {
    open: toggle("opens it in the browser"),
    watch: toggle("serves a live page of the newest run, with its curves"),
    port: value("N", "with --watch: the port on 127.0.0.1 (default 8765; 0: any free port)"),
    json,
  },
  async run(project, { operands, watch, port, ...given }) {
    if (watch) {
      if (operands.length > 0) {
        const message = "report --watch follows the newest run; expected no name.";
        throw new Failed({ reason: "usage", message });
      }
      const follow = (await import("./watch.ts")).watch;
      return follow(project, { port: parsePort(port ?? "8765"), open: given.open });
    }
    return (await import("./report.ts")).report(project, { runs: operands, ...given });
  },
});

const verify = defineCommand({
  about: "reads every stored byte and lists what is damaged",
  flags: { json },
  run: async (project, given) => (await import("./verify.ts")).verify(project, given),
});

const grade = defineCommand({
  about: "grades one run, a metrics file, or a directory of submissions",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    metrics: file("FILE", "grades a metrics file of any program: flat JSON or CSV"),
    all: directory("DIR", "grades every submission in a directory, and prints one table"),
    expected: file("FILE", "the expected metrics (default: the committed file of the experiment)"),
    experiment: value("NAME", "the experiment of a metrics file, or of a run without a manifest"),
    recompute: toggle("computes the graded evaluations again from the run's own weights and data"),
    "recompute-all": toggle("computes the trainings again too"),
    format: value(
      "FORMAT",
      "table, json, junit, tap, gradescope, classroom; or csv, html with --all",
    ),
    output: result("FILE", "writes the grade to this file"),
    ...farRuns,
    json,
  },
  async run(project, { operands: [run = "latest"], json, ...given }) {
    const { grade } = await import("./grade.ts");
    return grade(project, {
      ...given,
      run,
      experiment: given.experiment ?? defaultExperiment(project),
      recompute: given["recompute-all"] ? "all" : given.recompute ? "quick" : "none",
      format: json ? "json" : given.format,
      remote: remoteOf(given),
    });
  },
});

const replicate = defineCommand({
  about: "runs an experiment with many seeds, and writes expected metrics",
  flags: {
    seeds: value("A-B", "the seeds: 0-19, or 1,5,8"),
    experiment: selecting.experiment,
    ...executing,
    level: value("P", "the probability that a new run passes an item (default 0.95)"),
    output: result(
      "FILE",
      "where to write (default artifacts/replicates/EXPERIMENT-seeds-A-B.json)",
    ),
    ...remoting,
    json,
  },
  async run(project, { seeds, level, output, json, experiment, ...given }) {
    const { replicate } = await import("./replicate.ts");
    return replicate(project, {
      ...executionOf(given),
      experiment: experimentOf(project, experiment),
      seeds: parseSeeds(seeds),
      level: parseLevel(level ?? "0.95"),
      output,
      remote: remoteOf(given),
      json,
    });
  },
});

const gc = defineCommand({
  about: "removes what neither the last runs nor the named ones need",
  operands: { least: 0, most: Infinity, text: "[RUN …]" },
  flags: {
    last: value("N", "the number of runs to keep (default 5)"),
    yes: toggle("removes it; without it nothing is removed"),
    json,
  },
  async run(project, { operands, last, yes, json }) {
    const { gc } = await import("./gc.ts");
    return gc(project, { runs: operands, last: parseCount("last", last ?? "5"), yes, json });
  },
});

const exporting = defineCommand({
  about: "writes a run with its artifacts and standard metadata as one archive",
  operands: runs(1, 1, "RUN"),
  flags: {
    output: result("FILE", "where to write (default artifacts/exports/RUN.crate.zip)"),
    author: values("NAME", "names an author; repeat it for more authors"),
    license: value("SPDX|URL", "the license of the results, such as CC-BY-4.0"),
    json,
  },
  async run(project, { operands: [run], author: authors, ...given }) {
    const { exportCommand } = await import("./export.ts");
    return exportCommand(project, { run, authors, ...given });
  },
});

const importing = defineCommand({
  about: "imports an exported run after verifying every byte",
  operands: { least: 1, most: 1, text: "FILE", kind: "file" },
  flags: { json },
  async run(project, { operands: [file], json }) {
    const { importCommand } = await import("./import.ts");
    return importCommand(project, { file, json });
  },
});

const create = defineCommand({
  about: "creates a stage, an experiment or a project, with its test",
  operands: { least: 2, most: 2, text: "stage|experiment|project NAME" },
  flags: { json },
  async run(project, { operands: [kind, name], json }) {
    const { create, kinds } = await import("./new.ts");
    return create(project, { kind: oneOf("kind of start", kinds, kind), name, json });
  },
});

const push = defineCommand({
  about: "copies a run to a remote store: record, results and artifacts",
  operands: runs(1, 1, "RUN"),
  flags: { remote: value("URL", "the remote store"), json },
  async run(project, { operands: [run], remote, json }) {
    const { push } = await import("./push.ts");
    return push(project, { run, remote: neededRemote("push", remote), json });
  },
});

const pull = defineCommand({
  about: "copies a run from a remote store after verifying every byte",
  operands: { least: 1, most: 1, text: "RUN" },
  flags: { remote: value("URL", "the remote store"), json },
  async run(project, { operands: [run], remote, json }) {
    const { pull } = await import("./pull.ts");
    return pull(project, { run, remote: neededRemote("pull", remote), json });
  },
});

export const commands: Readonly<Record<string, Command>> = {
  reproduce,
  attach,
  plan,
  runs: list,
  diff,
  reference,
  report,
  grade,
  replicate,
  verify,
  gc,
  export: exporting,
  import: importing,
  push,
  pull,
  new: create,
  job,
};

/**
 * The remote store that was named, with the credentials from the environment, which nothing that the
 * command starts finds there any more.
 */
function remoteOf(
  given: { remote?: string; "remote-read-only"?: boolean },
): RemoteOptions | undefined {
  const credentials = takeCredentials();
  const { remote, "remote-read-only": readOnly = false } = given;
  if (remote !== undefined) return { address: parseAddress(remote, credentials), readOnly };
  if (!readOnly) return undefined;
  throw new Failed({ reason: "usage", message: "--remote-read-only goes with --remote URL." });
}

function neededRemote(task: string, url: string | undefined): RemoteOptions {
  const remote = remoteOf({ remote: url });
  if (remote !== undefined) return remote;
  throw new Failed({ reason: "usage", message: `${task} needs --remote URL, the store.` });
}

/** An experiment of the project by its name, or the absolute path of a file. */
const experimentOf = (project: Project, typed = defaultExperiment(project)): string =>
  Object.hasOwn(project.experiments, typed) || !isExperimentFile(typed) ? typed : givenPath(typed);

function parseOverride(text: string): Override {
  const equals = text.indexOf("=");
  if (equals > 0) return { path: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new Failed({
    reason: "usage",
    message: `--set expects JOB.PARAMETER=VALUE, found "${text}"; of a job's name "/" becomes ".".`,
  });
}

const parseBackend = (name: string): Backend => oneOf("backend", Backend.options, name);

/** One of the known names; says which is nearest where it is none. */
function oneOf<Name extends string>(what: string, known: readonly Name[], name: string): Name {
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Failed({ reason: "unknown-name", what, name, known });
}

/** 0 is any that is free. */
function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65536) return Number(text);
  const message = `--port expects a number from 0 to 65535, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

/** At most so many at once, so that a slip of the finger does not start a million runs. */
const mostSeeds = 1000;

function parseSeeds(text: string | undefined): number[] {
  const seeds = (text ?? "").split(",").flatMap((part) => {
    const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    const count = Number(to) - Number(from) + 1;
    return count > 0 && count <= mostSeeds
      ? Array.from({ length: count }, (_, i) => Number(from) + i)
      : [NaN];
  });
  const distinct = new Set(seeds).size === seeds.length;
  if (seeds.length >= 2 && seeds.length <= mostSeeds && distinct && !seeds.some(Number.isNaN)) {
    return seeds.sort((a, b) => a - b);
  }
  throw new Failed({
    reason: "usage",
    message: `--seeds expects 2 to ${mostSeeds} different numbers, as 0-19 or 1,5,8; found ` +
      `${text === undefined ? "nothing" : `"${text}"`}.`,
  });
}

function parseLevel(text: string): number {
  const level = Number(text);
  if (level > 0 && level < 1) return level;
  const message = `--level expects a probability between 0 and 1, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

function parseCount(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Failed({
    reason: "usage",
    message: `--${flag} expects a number from 1 on, found "${text}".`,
  });
}
