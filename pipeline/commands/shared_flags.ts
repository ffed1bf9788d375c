/** Flags that several commands share, and what their values must be. */
import { Backend, ExecutorName } from "../../schemas/run/experiment.ts";
import type { Override } from "../engine/project/selection.ts";
import { Failed } from "../engine/failed.ts";
import { defaultExperiment, isExperimentFile, type Project } from "../engine/project/project.ts";
import { parseAddress, type RemoteOptions, takeCredentials } from "../remote/address.ts";
import type { Verbosity } from "../terminal/progress.ts";
import { givenPath } from "../terminal/user_path.ts";
import { file, type Given, short, toggle, value, values } from "./flags.ts";

export const json = toggle("prints one JSON value, for programs");

/** Flags that say how much a command prints about a run. */
export const telling = {
  verbose: short("v", toggle("prints all jobs, claims and differences before the summary")),
  quiet: short("q", toggle("prints one line")),
  json,
};

export function tellingOf(
  { verbose, quiet, json }: Omit<Given<typeof telling>, "operands">,
): { json: boolean; verbosity: Verbosity } {
  const given = Object.entries({ verbose, quiet, json }).filter(([, isGiven]) => isGiven);
  if (given.length > 1) {
    const found = given.map(([name]) => `--${name}`).join(" and ");
    const message = `expected one of --verbose, --quiet and --json, found ${found}.`;
    throw new Failed({ reason: "usage", message });
  }
  return { json, verbosity: verbose ? "verbose" : quiet ? "quiet" : "short" };
}

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

/** Goes with every `--remote`. */
export const redirecting = {
  "remote-redirect": values(
    "HOST",
    "follows redirects of the remote store to this host, without credentials",
  ),
};

/** Flags that name a remote store to a command that runs jobs. */
export const remoting = {
  remote: value("URL", "reads missing results from this store and writes new ones to it"),
  "remote-read-only": toggle("reads from the remote store, and writes nothing to it"),
  ...redirecting,
};

export const farRuns = {
  remote: value("URL", "also looks for a run id in this remote store"),
  ...redirecting,
};

/** Operands that name runs; `runs/open_run.ts` resolves them. */
export const runs = (least: number, most: number, text: string) => ({
  least,
  most,
  text,
  about: `RUN, A and B name runs: latest (the complete run that "reproduce" last ran or showed), ` +
    "latest~1 (the one before), --last (the run that began last, however it ended), reference, " +
    "an id or enough of it to name one run, a run's directory, or an archive.",
  words: { "--last": "last" },
});

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

export const executionOf = ({ executor, cluster, workers }: Given<typeof executing>) => {
  const named = executor === undefined
    ? undefined
    : oneOf("executor", ExecutorName.options, executor);
  if (named === "local" && cluster !== undefined) {
    const message = "--cluster says how jobs are submitted; expected --executor slurm with it.";
    throw new Failed({ reason: "usage", message });
  }
  if (named === "slurm" && workers !== undefined) {
    const message = "--workers counts jobs on this machine; expected no --executor slurm with it.";
    throw new Failed({ reason: "usage", message });
  }
  return { executor: named, cluster, workers: parseWorkers(workers) };
};

/**
 * The remote store that was named, with the credentials from the environment, which nothing that the
 * command starts finds there any more.
 */
export function remoteOf(
  given: { remote?: string; "remote-read-only"?: boolean; "remote-redirect": string[] },
): RemoteOptions | undefined {
  const credentials = takeCredentials();
  const { remote, "remote-read-only": readOnly = false, "remote-redirect": redirects } = given;
  if (remote !== undefined) {
    return { address: parseAddress(remote, credentials, redirects), readOnly };
  }
  const lone = readOnly ? "--remote-read-only" : redirects.length > 0 ? "--remote-redirect" : "";
  if (lone === "") return undefined;
  throw new Failed({ reason: "usage", message: `${lone} goes with --remote URL.` });
}

export function neededRemote(
  task: string,
  given: { remote?: string; "remote-redirect": string[] },
): RemoteOptions {
  const remote = remoteOf(given);
  if (remote !== undefined) return remote;
  throw new Failed({ reason: "usage", message: `${task} needs --remote URL, the store.` });
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
