/** Flags that several commands share, and what their values must be. */
import { Backend, ExecutorName, type Experiment } from "../../../schemas/run/experiment.ts";
import type { Override } from "../../engine/project/selection.ts";
import { Failed } from "../../engine/failed.ts";
import { defaultExperiment, isExperimentFile, type Project } from "../../engine/project/project.ts";
import { givenPath } from "../../terminal/user_path.ts";
import { file, type Given, short, toggle, value, values } from "./flags.ts";

export const json = toggle("prints one JSON value, for programs");

/** Flags that choose the jobs of an experiment. */
export const selecting = {
  experiment: value("NAME|FILE", "the experiment: one of the project, or a .json or .ts file"),
  set: values("JOB.PARAMETER=V", "sets a parameter of a job, or of a group of jobs such as train"),
  only: values("JOB", "runs this job, or group of jobs, and those that it needs"),
  force: values("JOB", "runs this job, or group of jobs, again even if cached"),
  backend: values(
    "webgpu|wasm",
    "accepts this backend only; repeat it for an order of preference",
  ),
};

/** Names of runs that count from the last one. */
const relative =
  `latest (the complete run that "reproduce" last ran or showed), latest~1 (the one ` +
  "before), --last (the run that began last, however it ended)";

/** Operands that name runs; `runs/open_run.ts` resolves them. */
export const runs = (least: number, most: number, text: string) => ({
  least,
  most,
  text,
  about:
    `RUN, A and B name runs: ${relative}, reference, an id or enough of it to name one run, a ` +
    "run's directory, or an archive.",
  words: { "--last": "last" },
});

/** An operand that names a run among those here. */
export const runOfProject = {
  least: 1,
  most: 1,
  text: "RUN",
  about:
    `RUN names a run here: ${relative}, an id or enough of it to name one run, or its directory.`,
  words: { "--last": "last" },
  isHere: true,
};

export const selectionOf = (project: Project, given: Given<typeof selecting>) => ({
  experiment: experimentOf(project, given.experiment),
  overrides: given.set.map(parseOverride),
  only: given.only,
  force: given.force,
  backends: given.backend.length === 0 ? undefined : given.backend.map(parseBackend),
});

/** Flags that choose the executor. */
export const executing = {
  executor: value(
    "local|slurm",
    "runs jobs on this machine or on Slurm; by default as the experiment says",
  ),
  cluster: file("FILE", "the settings of your Slurm site (default cluster.json)"),
  workers: short("j", value("N", "runs at most N jobs at once here (default: one for each core)")),
};

/** The executor that a command line names, and settings of one. */
export interface Execution {
  /** In place of the one that the experiment names. */
  executor?: Experiment["executor"];
  /** The site's file; by default `cluster.json` of the project, where there is one. */
  cluster?: string;
  /** Jobs that run at once on this machine; by default one for each core. */
  workers?: number;
}

export const executionOf = (
  { executor, cluster, workers }: Given<typeof executing>,
): Execution => ({
  executor: executor === undefined ? undefined : oneOf("executor", ExecutorName.options, executor),
  cluster,
  workers: parseWorkers(workers),
});

/** The executor that was named, or that the experiment names. Throws a failure for a setting of the other. */
export function executorOf(
  { executor: usual = "local" }: Pick<Experiment, "executor">,
  { executor = usual, cluster, workers }: Execution,
): "local" | "slurm" {
  if (executor === "local" && cluster !== undefined) {
    const message = "--cluster says how jobs are submitted; expected --executor slurm with it.";
    throw new Failed({ reason: "usage", message });
  }
  if (executor === "slurm" && workers !== undefined) {
    const message = "--workers counts jobs on this machine; expected --executor local with it.";
    throw new Failed({ reason: "usage", message });
  }
  return executor;
}

/** An experiment of the project by its name, or the absolute path of a file. */
export const experimentOf = (project: Project, typed = defaultExperiment(project)): string =>
  Object.hasOwn(project.experiments, typed) || !isExperimentFile(typed) ? typed : givenPath(typed);

function parseOverride(text: string): Override {
  const equals = text.indexOf("=");
  if (equals > 0) return { path: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new Failed({
    reason: "usage",
    message: `--set expects JOB.PARAMETER=VALUE, found "${text}".`,
  });
}

const parseBackend = (name: string): Backend => oneOf("backend", Backend.options, name);

/** Most workers that may be asked for. */
const mostWorkers = 1024;

/** The number in `--workers`; undefined where it is not given. */
export function parseWorkers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= mostWorkers) return number;
  const message = `--workers expects a number from 1 to ${mostWorkers}, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

/** A number from 1 on. */
export function parseCount(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Failed({
    reason: "usage",
    message: `--${flag} expects a number from 1 on, found "${text}".`,
  });
}

/** One of the known names; says which is nearest where it is none. */
export function oneOf<Name extends string>(
  what: string,
  known: readonly Name[],
  name: string,
): Name {
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Failed({ reason: "unknown-name", what, name, known });
}
