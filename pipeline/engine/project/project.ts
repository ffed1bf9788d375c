/**
 * Defines the project that commands work on: a repository with its DAG, experiments and artifacts. Loads
 * experiments, and prepares what keys are made from.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { foreign } from "../../store/cached_output/foreign.ts";
import { type Deviation, Manifest } from "../../../schemas/run/manifest.ts";
import { type Code, codeOf, type Unit } from "../code/code_hash.ts";
import { type Dag, stagesOf } from "../dag.ts";
import { refuseLongName } from "../order.ts";
import { select, type Selection } from "./selection.ts";
import { deviationOf } from "./deviation.ts";
import { type StageCode, stageCode } from "../sandbox/stage_code.ts";
import type { Console } from "../../terminal/progress.ts";
import { Failed } from "../failed.ts";
import { invalidFile, readJson } from "../../formats/read_json.ts";
import { problemsIn } from "../../formats/artifact_type.ts";
import { loaded } from "./load_module.ts";
import { machineFacts } from "../machine/machine.ts";
import { needPath } from "../../terminal/needed_path.ts";
import type { Context } from "../keyed_job.ts";
import { versionsOf } from "../program/versions.ts";
import { takeSnapshots } from "../own_data/read_data.ts";
import type { AnyStage } from "../stage.ts";
import { type Store, storeOf } from "../../store/store.ts";
import { cachesPath } from "../../store/store_place.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { makeDirectory } from "../../store/atomic_write.ts";

/** A project whose DAG is loaded only when a command needs it. */
export interface LazyProject {
  /** The directory of `deno.json` and `deno.lock`. */
  readonly root: string;
  /** The directory of store and runs. */
  readonly artifacts: string;
  /** By default what `dagModule` exports as `dag`. */
  readonly dag?: () => Promise<Dag>;
  /** URL of the module that exports `dag`, for workers to import. */
  readonly dagModule: string;
  /** Experiments by name, the default first; each is loaded on demand. */
  readonly experiments: Readonly<Record<string, () => Promise<unknown>>>;
  /** URL of the module that exports `panels`, which the report has beside charts; absent if there are none. */
  readonly panelsModule?: string;
  /** Checks that the system has what the experiments need; called in a command that will run jobs. */
  readonly setUp?: () => Promise<void>;
}

/** A project with its DAG. */
export interface Project extends Omit<LazyProject, "dag"> {
  readonly dag: Dag;
}

/** The experiment that is meant where none is named: the project's first. */
export function defaultExperiment({ experiments }: Pick<Project, "experiments">): string {
  const [first] = Object.keys(experiments);
  if (first !== undefined) return first;
  const message = "The project has no experiment of its own; name a file with --experiment.";
  throw new Failed({ reason: "usage", message });
}

/** Caps an experiment in JSON, in bytes. */
const largestExperiment = 4 << 20;

/** Tells whether a name that is none of an experiment is that of a file with one. */
export const isExperimentFile = (name: string): boolean => /\.(json|ts|js)$/.test(name);

/**
 * The experiment of a name, or the one in a file by its absolute path: `.json`, also a run's manifest, or
 * `.ts` with a default export.
 */
export async function loadExperiment(
  project: Pick<Project, "experiments">,
  name: string,
): Promise<Experiment> {
  const load = Object.hasOwn(project.experiments, name) ? project.experiments[name] : undefined;
  const isFile = load === undefined && isExperimentFile(name);
  if (isFile) needPath("file", "--experiment", name);
  if (load === undefined && !isFile) {
    throw new Failed({
      reason: "unknown-name",
      what: "experiment",
      name,
      known: Object.keys(project.experiments),
    });
  }
  const hint = "Expected { name, about, jobs?, backends?, parameters?, metrics?, replicate? }.";
  const experiment = load === undefined && name.endsWith(".json")
    ? experimentIn(
      readJson(name, z.json(), { limit: largestExperiment, hint, isLossless: true }),
      name,
      hint,
    )
    : checkedExperiment(
      await loaded(
        `The experiment ${shownPath(name)}`,
        () => foreign(load ?? (() => importExperiment(name))),
      ),
      isFile ? name : `The experiment ${name}`,
      hint,
    );
  refuseLongName("experiment", experiment.name);
  return experiment;
}

/** The experiment in a JSON file: itself, or the jobs and parameters of a run in the run's manifest. */
function experimentIn(value: unknown, path: string, hint: string): Experiment {
  const run = Manifest.safeParse(value).data;
  return run === undefined
    ? checkedExperiment(value, path, hint)
    : { ...run.experiment, jobs: run.jobs.map(({ name }) => name) };
}

function checkedExperiment(value: unknown, path: string, hint: string): Experiment {
  const result = Experiment.safeParse(value);
  if (result.success) return result.data;
  throw invalidFile(path, problemsIn(result.error), hint);
}

/**
 * Returns how a run deviates from its experiment. That is the committed experiment of its name, else the
 * one that the run was made from. Undefined if the manifest does not say.
 */
export async function deviationOfRun(
  project: Project,
  { experiment: { name }, jobs, deviation }: Manifest,
): Promise<Deviation | undefined> {
  if (!Object.hasOwn(project.experiments, name)) return deviation;
  const { jobs: wanted } = select(project.dag, await loadExperiment(project, name));
  return deviationOf(wanted, jobs);
}

/**
 * Returns the names of a run's main metrics: those that the committed experiment of its name declares,
 * else those that it recorded. An experiment that cannot be loaded hides no run that was made of it.
 */
export async function mainMetricNames(
  project: Pick<Project, "experiments">,
  { experiment }: Pick<Manifest, "experiment">,
): Promise<readonly string[] | undefined> {
  if (!Object.hasOwn(project.experiments, experiment.name)) return experiment.metrics;
  try {
    return (await loadExperiment(project, experiment.name)).metrics;
  } catch (error) {
    if (error instanceof Failed) return experiment.metrics;
    throw error;
  }
}

const importExperiment = async (path: string): Promise<unknown> =>
  (await import(pathToFileURL(path).href)).default;

export const machineFile = (project: Project): string =>
  join(cachesPath(project.artifacts), "machine.json");

export interface Prepared extends Context {
  codes: ReadonlyMap<string, Code>;
  /** The stages as workers need them, by name. */
  stages: Record<string, StageCode>;
}

/** Opens the store and finds what the selected jobs' keys depend on besides themselves. */
export async function prepare(
  project: Project,
  { jobs, experiment }: Pick<Selection, "jobs" | "experiment">,
  { notice, doing }: Pick<Console, "notice" | "doing">,
): Promise<Prepared> {
  makeDirectory(cachesPath(project.artifacts));
  const store: Store = {
    ...storeOf(project.artifacts),
    onQuarantine: (sha256, path) => notice({ reason: "set-aside", sha256, path }),
  };
  if (store.table.problem !== undefined) {
    const { file, problem } = store.table;
    notice({ reason: "cache-file-reset", path: file, message: problem });
  }
  // First: it may not be there at all, and the code takes a second.
  const data = takeSnapshots(jobs, project.root, store.table);
  const used: AnyStage[] = jobs.filter((job) => job.data === undefined).map((job) => job.stage);
  const stages = new Set(used);
  const named = new Set<string>([...stages].flatMap((stage) => stage.machine ?? []));
  // No stage, but code that the answer depends on.
  const program: Unit[] = [
    { name: "/main", module: Deno.mainModule, isStage: false },
    { name: "/dag", module: project.dagModule, isStage: false },
  ];
  const all = stagesOf(project.dag);
  const versions = await versionsOf(stages, project.root);
  const units = await Promise.all([...stages].map((stage) => unitOf(stage, project.dagModule)));
  const codes = await codeOf(
    // Stages first: what is wrong with one is reported of it, not of the DAG that imports it.
    [...units, ...program],
    project.root,
    store.table,
    store.caches,
    () => doing("Reading the stages' code, because some of it is new."),
    (name) => all.has(name),
  );
  return {
    store,
    root: project.root,
    versions,
    codes,
    data,
    stages: Object.fromEntries(
      [...stages].map((stage) => {
        const isShared = used.indexOf(stage) < used.lastIndexOf(stage);
        return [stage.name, stageCode(stage, codes.get(stage.name)!, isShared)];
      }),
    ),
    machine: await machineFacts(
      machineFile(project),
      project.root,
      named,
      experiment.backends,
      notice,
    ),
  };
}

/**
 * Finds the code of a stage. For an exported stage it is that export and its imports. A factory may make a
 * stage elsewhere, with values that only the DAG has: its code is all of the DAG's.
 */
async function unitOf(stage: AnyStage, dagModule: string): Promise<Unit> {
  const { name, module, packages } = stage;
  if (!module.startsWith("file:")) {
    const message = `The stage ${name} names "${module}" as its module; expected import.meta.url.`;
    throw new Failed({ reason: "usage", message });
  }
  const exported: Record<string, unknown> = await foreign(() => import(module));
  const own = Object.keys(exported).find((one) => exported[one] === stage);
  return own === undefined
    ? { name, packages, module: dagModule }
    : { name, packages, module, export: own };
}
