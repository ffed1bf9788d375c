/**
 * The DAG: jobs, each a named use of a stage, and how outputs are wired to inputs. Checks names,
 * wiring and parameters before anything runs, and gives the jobs in an order in which they can run.
 */
import type { z } from "zod";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import type { AnyStage, ArtifactTypes, ParameterSchema, Stage } from "./stage.ts";
import { longestName } from "../../schemas/run/experiment.ts";
import { Resources } from "../../schemas/run/job_resources.ts";
import { Failed } from "./failed.ts";
import type { files } from "../formats/files.ts";
import {
  contentOutput,
  jobNameOf,
  type OwnData,
  ownData,
  stageOf,
  typeOf,
} from "./own_data/own_data.ts";

/** An output of a job, to be handed to another job as input. */
export interface Handle<T extends AnyArtifactType> {
  /** The name of the job that gives it. */
  readonly job: string;
  /** Its name among the outputs of that job. */
  readonly output: string;
  /** Its type, by which wiring is checked. */
  readonly type: T;
  /** Of what no stage makes: the file or directory that it is. */
  readonly data?: OwnData;
}

/** The outputs of a job by name, or the inputs that one takes. */
export type Handles<T extends ArtifactTypes> = { [Name in keyof T]: Handle<T[Name]> };

/** A job as declared; its parameters are not checked yet. */
export interface Job {
  readonly name: string;
  readonly stage: AnyStage;
  readonly inputs: Record<string, { job: string; output: string }>;
  readonly parameters: Record<string, unknown>;
  readonly optional: boolean;
  /** What its stage was said to need, if anything. */
  readonly resources?: Resources;
  /** Of own data, which no stage makes; its stage stands in for one, without code. */
  readonly data?: OwnData;
}

/** Jobs in the order declared, as `defineDag` gives them. */
export type Dag = readonly Job[];

/** By a stage's name: what it needs of a machine, where that is not the least. */
export type StageResources = Readonly<Record<string, z.input<typeof Resources>>>;

/**
 * Adds a job and gives its outputs. A handle of another type than the input's does not compile. An
 * optional job is run only where an experiment or `--only` names it, or a job that needs it.
 */
export type AddJob = <
  P extends ParameterSchema,
  I extends ArtifactTypes,
  O extends ArtifactTypes,
  S extends AnyArtifactType | undefined,
>(
  name: string,
  stage: Stage<P, I, O, S>,
  wiring: { inputs: Handles<I>; parameters?: Partial<z.input<P>>; optional?: boolean },
) => Handles<O>;

/**
 * Declares a DAG, top to bottom. Names, wiring and parameters are checked before anything runs.
 *
 * ```ts
 * export const dag = defineDag((job) => {
 *   const { draws } = job("draw", draw, { inputs: {} });
 *   job("judge", judge, { inputs: { draws } });
 * });
 * ```
 *
 * `resources` says what a stage needs of a machine, by the stage's name, for whoever hands its jobs to a
 * scheduler. It is said here and not in the stage's module, where every change to it would be one of the
 * stage's code and run its jobs again.
 */
export function defineDag(
  declare: (job: AddJob) => void,
  { resources = {} }: { resources?: StageResources } = {},
): Dag {
  const jobs: Job[] = [];
  declare((name, stage, { inputs, parameters = {}, optional = false }) => {
    for (const { job, data } of Object.values<Handle<AnyArtifactType>>(inputs)) {
      if (data !== undefined) addData(jobs, job, data);
    }
    jobs.push({
      name,
      stage,
      parameters,
      optional,
      resources: stage.name in resources ? Resources.parse(resources[stage.name]) : undefined,
      inputs: Object.fromEntries(
        Object.entries<Handle<AnyArtifactType>>(inputs)
          .map(([input, { job, output }]) => [input, { job, output }]),
      ),
    });
    return Object.fromEntries(
      Object.entries<AnyArtifactType>(stage.outputs)
        .map(([output, type]) => [output, { job: name, output, type }]),
    ) as Handles<typeof stage.outputs>;
  });
  const known = [...stagesOf(jobs).keys()];
  for (const name of Object.keys(resources)) {
    if (!known.includes(name)) {
      throw new Failed({ reason: "unknown-name", what: "stage, with resources,", name, known });
    }
  }
  return jobs;
}

/**
 * A file of the repository as a job's input. Its bytes are in the key of every job that takes it.
 *
 * ```ts
 * job("fit", fit, { inputs: { table: file("data/measurements.csv") } });
 * ```
 *
 * It can be wired to any input: that the input's type reads the bytes shows when the job runs.
 *
 * @param path Relative to the directory of `deno.json`.
 * @throws `Failed` for a path that leads out of the repository.
 */
// deno-lint-ignore no-explicit-any
export const file = (path: string): Handle<any> => handleOf(ownData("file", path));

/**
 * A directory of the repository as a job's input, with all files below it, hidden ones included. The
 * input's type is `files`: the files' bytes by their paths within the directory.
 *
 * ```ts
 * job("index", index, { inputs: { pages: directory("data/pages") } });
 * ```
 *
 * @param path Relative to the directory of `deno.json`.
 * @throws `Failed` for a path that leads out of the repository.
 */
export const directory = (path: string): Handle<typeof files> =>
  handleOf(ownData("directory", path));

const handleOf = <T extends AnyArtifactType>(data: OwnData): Handle<T> => ({
  job: jobNameOf(data),
  output: contentOutput,
  type: typeOf(data) as T,
  data,
});

/** Adds the job that own data are, once however many jobs take them; only they have it run. */
function addData(jobs: Job[], name: string, data: OwnData): void {
  const isSame = (job: Job) => job.data?.kind === data.kind && job.data.path === data.path;
  if (jobs.some(isSame)) return;
  jobs.push({ name, stage: stageOf(data), inputs: {}, parameters: {}, optional: true, data });
}

/** The stages that a DAG uses, by name. Two stages of one name are an error. */
export function stagesOf(dag: Dag): Map<string, AnyStage> {
  const stages = new Map<string, AnyStage>();
  for (const { stage, data } of dag) {
    if (data !== undefined) continue;
    const other = stages.get(stage.name);
    if (other !== undefined && other !== stage) {
      throw new Failed({ reason: "duplicate-stage", name: stage.name });
    }
    stages.set(stage.name, stage);
  }
  return stages;
}

/** A part of a path on every system: neither hidden, nor `..`, nor with anything to be escaped. */
const fitPart = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ .-]*$/u;

/** Caps the path of an output within a run, in UTF-16 code units; a manifest may have twice as many. */
const longestPath = 512;

/** Refuses a name that would make a file's name, or a path, that not every system can have. */
export function refuseLongName(what: string, name: string): void {
  const length = Math.max(...name.split("/").map((part) => part.length));
  if (length > longestName) {
    throw new Failed({ reason: "long-name", what, name, length, limit: longestName });
  }
  if (name.length > longestPath) {
    const { length } = name;
    throw new Failed({ reason: "long-name", what, name, length, limit: longestPath });
  }
}

/**
 * Names of jobs and outputs become paths. What leaves the run's directory, or falls on another name
 * where case does not count or letters are composed otherwise, is refused on every system alike.
 */
function refuseUnfitNames(dag: Dag): void {
  const taken = new Map<string, string>();
  for (const { name, stage } of dag) {
    for (const path of [name, ...Object.keys(stage.outputs).map((output) => `${name}/${output}`)]) {
      if (!path.split("/").every((part) => fitPart.test(part))) {
        throw new Failed({ reason: "unfit-name", name: path });
      }
      refuseLongName("job or output", path);
      const folded = path.normalize("NFC").toLowerCase();
      const other = taken.get(folded);
      if (other !== undefined) throw new Failed({ reason: "same-place", names: [other, path] });
      taken.set(folded, path);
    }
  }
}

/** Sorts jobs so that each comes after those that it needs, otherwise in the order declared. */
export function inOrder(dag: Dag): Job[] {
  const byName = new Map<string, Job>();
  for (const job of dag) {
    if (byName.has(job.name)) throw new Failed({ reason: "duplicate-job", name: job.name });
    byName.set(job.name, job);
  }
  refuseUnfitNames(dag);
  for (const job of dag) refuseWrongWiring(job, byName);
  return sortByNeeds(dag, byName);
}

function refuseWrongWiring(job: Job, byName: ReadonlyMap<string, Job>): void {
  const declared = Object.keys(job.stage.inputs);
  const unwired = declared.find((input) => !(input in job.inputs));
  if (unwired !== undefined) {
    throw new Failed({ reason: "missing-input", job: job.name, input: unwired });
  }
  const unknown = (what: string, name: string, known: readonly string[]) =>
    new Failed({ reason: "unknown-name", what, name, known });
  for (const [input, { job: producer, output }] of Object.entries(job.inputs)) {
    if (!declared.includes(input)) throw unknown(`input of ${job.name}`, input, declared);
    const from = byName.get(producer);
    if (from === undefined) {
      throw unknown(`job, wanted by ${job.name}`, producer, [...byName.keys()]);
    }
    const given: AnyArtifactType | undefined = from.stage.outputs[output];
    if (given === undefined) {
      const known = Object.keys(from.stage.outputs);
      throw unknown(`output of ${producer}, wanted by ${job.name}`, output, known);
    }
    const { kind: expected }: AnyArtifactType = job.stage.inputs[input];
    // A file has no kind of its own: decoding shows whether the input's type can read its bytes.
    if (given.kind !== expected && from.data?.kind !== "file") {
      const found = given.kind;
      throw new Failed({ reason: "wrong-wiring", job: job.name, input, expected, found });
    }
  }
}

function sortByNeeds(dag: Dag, byName: ReadonlyMap<string, Job>): Job[] {
  const sorted: Job[] = [];
  const state = new Map<Job, "open" | "done">();
  const path: string[] = [];
  // An explicit stack: a chain of 10,000 jobs must not exhaust the call stack.
  const stack: { job: Job; needs: string[] }[] = [];
  const enter = (job: Job) => {
    state.set(job, "open");
    path.push(job.name);
    stack.push({ job, needs: [...needsOf(job)].reverse() });
  };
  for (const root of dag) {
    if (!state.has(root)) enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const next = top.needs.pop();
      if (next === undefined) {
        state.set(top.job, "done");
        sorted.push(top.job);
        path.pop();
        stack.pop();
        continue;
      }
      const job = byName.get(next)!;
      if (state.get(job) === "open") {
        throw new Failed({ reason: "cycle", jobs: [...path.slice(path.indexOf(next)), next] });
      }
      if (!state.has(job)) enter(job);
    }
  }
  return sorted;
}

/** The names of the jobs whose outputs a job takes, each once. */
export const needsOf = (job: Job): Set<string> =>
  new Set(Object.values(job.inputs).map((input) => input.job));
