/**
 * The commands there are: what each takes on the command line and what that must be. The work is done
 * by the file of the command's name beside this one, which is loaded when the command is given.
 */
import { Backend, ExecutorName } from "../../schemas/run/experiment.ts";
import { levels } from "../diff/agreement.ts";
import type { Override } from "../engine/dag.ts";
import { Failed } from "../engine/event.ts";
import { defaultExperiment, isExperimentFile, type Project } from "../engine/project.ts";
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

const json = toggle("one JSON value for programs");

/** What chooses the jobs of an experiment. */
const selecting = {
  experiment: value("NAME|FILE", "one of the project, by default the first; a .json or .ts file"),
  set: values("JOB.PARAMETER=V", "change a parameter, of a job or of all in a part of the DAG"),
  only: value("JOB", "this job and what it needs"),
  force: values("JOB", "run it even if its result is stored"),
  backend: values(
    "webgpu|wasm",
    "accept this instead of what the experiment does; twice: in order",
  ),
};

/** What names a remote store to a command that runs jobs. */
const remoting = {
  remote: value("URL", "ask this store for what is not here, hand it what was computed"),
  "remote-read-only": toggle("only ask it"),
};

const farRuns = { remote: value("URL", "where a run that is not here is looked for, by its id") };

/** Operands that name runs; `runs/open_run.ts` resolves them. */
const runs = (least: number, most: number, text: string) => ({
  least,
  most,
  text,
  about: [
    'RUN, A, B: latest (the complete run that "reproduce" ran or showed last), latest~1 (that before),',
    "--last (the run that began last, however it ended), reference, an id, a directory, an archive.",
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
    "where jobs are run: this machine, unless the experiment says Slurm",
  ),
  cluster: file("FILE", "how jobs are submitted at this site (default cluster.json)"),
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
  about: "run an experiment as far as needed, record the run, print what it found",
  flags: {
    ...selecting,
    ...executing,
    data: directory("DIR", "a directory that has data files already"),
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
  about: "follow a run at Slurm to its end that another process submitted, and record it",
  operands: runs(1, 1, "RUN"),
  flags: { cancel: toggle("cancel its jobs and remove the run; stored results stay"), json },
  async run(project, { operands: [run], cancel, json }) {
    const { attach } = await import("./attach.ts");
    return attach(project, { run, cancel, json });
  },
});

const job = defineCommand({
  about: "run one job of a submission; for the nodes of a cluster, not for people",
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
  about: "what would run, and why",
  flags: {
    ...selecting,
    explain: value("JOB", "the lines that are hashed for its key"),
    remote: value("URL", "tell apart what this store has"),
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
  about: "the runs that there are",
  flags: { json },
  run: async (project, given) => (await import("./runs.ts")).showRuns(project, given),
});

const diff = defineCommand({
  about: "whether two runs agree, by how much they differ, where and why they first part",
  operands: runs(2, 2, "A B"),
  flags: {
    level: value("LEVEL", `what agrees: ${levels.join(", ")}; by default within tolerance`),
    tolerances: file("FILE", "instead of what the outputs declare: schemas/run/tolerances.ts"),
    expected: file("FILE", "expected figures whose replicates say what is consistent"),
    html: result("FILE", "write a page with both runs' charts laid over each other"),
    markdown: toggle("Markdown, for an issue or a pull request"),
    all: toggle("also what is identical, and every tensor"),
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
  about: "how a run differs from the reference run; --update --yes makes it the reference",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    update: toggle("make the run (by default the latest) the reference, after showing the diff"),
    force: toggle("also of another experiment, a part of one, or other parameters"),
    yes: toggle("of --update: do it; without it only the diff is shown"),
    json,
  },
  async run(project, { operands: [run = "latest"], ...given }) {
    return (await import("./reference.ts")).reference(project, { run, ...given });
  },
});

const report = defineCommand({
  about: "the report of a run, or of how two compare, as one HTML file",
  operands: runs(0, 2, "[RUN | A B]"),
  flags: {
    open: toggle("show it in the browser"),
    watch: toggle("follow the newest run in the browser, with live curves"),
    port: value("N", "of --watch: serve there (default 8765)"),
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
  about: "read every stored byte again, name what is damaged",
  flags: { json },
  run: async (project, given) => (await import("./verify.ts")).verify(project, given),
});

const grade = defineCommand({
  about: "hold a run, a file of figures or many of them against expected figures",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    metrics: file("FILE", "in place of a run, figures of any program: flat JSON or CSV"),
    all: directory("DIR", "in place of a run, every submission in a directory, into one table"),
    expected: file("FILE", "in place of the committed figures for the run's experiment"),
    experiment: value("NAME", "of what names none itself: figures, or a run without a manifest"),
    recompute: toggle("run again what the grade rests on, from the run's own inputs"),
    "recompute-all": toggle("also what works in steps, such as trainings"),
    format: value(
      "FORMAT",
      "table, json, junit, tap, gradescope, classroom; or csv, html with --all",
    ),
    output: result("FILE", "write it there"),
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
  about: "run an experiment under many seeds, write expected figures from them",
  flags: {
    seeds: value("A-B", "the seeds: 0-19, or 1,5,8"),
    experiment: selecting.experiment,
    ...executing,
    level: value("P", "that one new run passes an item (default 0.95)"),
    output: result("FILE", "in place of artifacts/replicates/EXPERIMENT-seeds-A-B.json"),
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
  about: "remove what the last runs, or the named ones, do not need",
  operands: { least: 0, most: Infinity, text: "[RUN …]" },
  flags: {
    last: value("N", "keep so many runs (default 5)"),
    yes: toggle("remove; without it only say what would be"),
    json,
  },
  async run(project, { operands, last, yes, json }) {
    const { gc } = await import("./gc.ts");
    return gc(project, { runs: operands, last: parseCount("last", last ?? "5"), yes, json });
  },
});

const exporting = defineCommand({
  about: "one archive with a run, its artifacts, and descriptions of it in standard forms",
  operands: runs(1, 1, "RUN"),
  flags: {
    output: result("FILE", "where to; by default artifacts/exports/RUN.crate.zip"),
    author: values("NAME", "whom to name; more than once: in order"),
    license: value("SPDX|URL", "under what the results may be used, such as CC-BY-4.0"),
    json,
  },
  async run(project, { operands: [run], author: authors, ...given }) {
    const { exportCommand } = await import("./export.ts");
    return exportCommand(project, { run, authors, ...given });
  },
});

const importing = defineCommand({
  about: "bring an exported run into this store, every byte of it verified",
  operands: { least: 1, most: 1, text: "FILE", kind: "file" },
  flags: { json },
  async run(project, { operands: [file], json }) {
    const { importCommand } = await import("./import.ts");
    return importCommand(project, { file, json });
  },
});

const create = defineCommand({
  about: "write a stage, an experiment or a repository to start from, with its test",
  operands: { least: 2, most: 2, text: "stage|experiment|project NAME" },
  flags: { json },
  async run(project, { operands: [kind, name], json }) {
    const { create, kinds } = await import("./new.ts");
    return create(project, { kind: oneOf("kind of start", kinds, kind), name, json });
  },
});

const push = defineCommand({
  about: "bring a run into a remote store: its record, its jobs' results, its artifacts",
  operands: runs(1, 1, "RUN"),
  flags: { remote: value("URL", "the store"), json },
  async run(project, { operands: [run], remote, json }) {
    const { push } = await import("./push.ts");
    return push(project, { run, remote: neededRemote("push", remote), json });
  },
});

const pull = defineCommand({
  about: "bring a run from a remote store into this one, every byte of it verified",
  operands: { least: 1, most: 1, text: "RUN" },
  flags: { remote: value("URL", "the store"), json },
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
