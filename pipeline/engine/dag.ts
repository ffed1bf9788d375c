/** Declares the DAG: jobs, each a named use of a stage, and the wiring of outputs to inputs. */
import { type Accepted, type AnyArtifactType, problemsIn } from "../formats/artifact_type.ts";
import type { AnyStage, ArtifactTypes, ParameterSchema, Stage } from "./stage.ts";
import type { JobResources } from "../../schemas/public/project_settings.ts";
import { Resources } from "../../schemas/run/job_resources.ts";
import { checkDeclaration } from "./check_declaration.ts";
import { Failed } from "./failed.ts";
import { checkProgram } from "./program/check_program.ts";
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
  /** The file or directory that it is, where no stage makes it. */
  readonly data?: OwnData;
}

/** The outputs of a job by name, or the inputs that one takes. */
export type Handles<T extends ArtifactTypes> = { [Name in keyof T]: Handle<T[Name]> };

/** A job as declared; its parameters are not checked yet. */
export interface Job {
  /** Unique in the DAG. */
  readonly name: string;
  /** The stage that it uses. */
  readonly stage: AnyStage;
  /** Outputs of other jobs, by the name of the input. */
  readonly inputs: Record<string, { job: string; output: string }>;
  /** Parameters in place of the stage's defaults. */
  readonly parameters: Record<string, unknown>;
  /** True for a job that runs only where something names or needs it. */
  readonly optional: boolean;
  /** Resources that the DAG declares for its stage. */
  readonly resources?: JobResources;
  /** The own data that the job is; its stage stands in for one, without code. */
  readonly data?: OwnData;
}

/** Jobs in the order declared, as `defineDag` gives them. */
export type Dag = readonly Job[];

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
  wiring: { inputs: Handles<I>; parameters?: Partial<Accepted<P>>; optional?: boolean },
) => Handles<O>;

/**
 * Declares a DAG, top to bottom. Names, wiring and parameters are checked before anything runs.
 *
 * `resources` says what a stage needs of a machine, by the stage's name, for whoever hands its jobs to a
 * scheduler. It is said here and not in the stage's module, where every change to it would be one of the
 * stage's code and run its jobs again.
 *
 * @example
 * ```ts
 * import { defineDag, defineStage, metrics } from "fanin";
 *
 * const draw = defineStage({
 *   name: "draw",
 *   module: import.meta.url,
 *   about: "draws numbers",
 *   outputs: { metrics },
 *   run: () => ({ metrics: { mean: 0.5 } }),
 * });
 *
 * export const dag = defineDag((job) => {
 *   job("draw/first", draw, { inputs: {} });
 * }, { resources: { draw: { memory: 4096 } } });
 * ```
 */
export function defineDag(
  declare: (job: AddJob) => void,
  { resources = {} }: { resources?: Readonly<Record<string, Partial<JobResources>>> } = {},
): Dag {
  const jobs: Job[] = [];
  const added = new Set<string>();
  /** Adds the job that own data are, once however many jobs take them; only they have it run. */
  const addData = (name: string, data: OwnData) => {
    const content = `${data.kind} ${data.path}`;
    if (added.has(content)) return;
    added.add(content);
    jobs.push({ name, stage: stageOf(data), inputs: {}, parameters: {}, optional: true, data });
  };
  declare((name, stage, wiring) => {
    checkDeclaration(name, stage, wiring);
    checkProgram(stage);
    const { inputs: wired, parameters = {}, optional = false } = wiring;
    const inputs: Record<string, Handle<AnyArtifactType>> = { ...ownFiles(stage), ...wired };
    for (const { job, data } of Object.values(inputs)) {
      if (data !== undefined) addData(job, data);
    }
    jobs.push({
      name,
      stage,
      parameters,
      optional,
      resources: Object.hasOwn(resources, stage.name)
        ? resourcesOf(stage.name, resources[stage.name])
        : undefined,
      inputs: Object.fromEntries(
        Object.entries(inputs)
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

function resourcesOf(stage: string, declared: Partial<JobResources>): Resources {
  const { success, data, error } = Resources.safeParse(declared);
  if (success) return data;
  throw new Failed({ reason: "invalid-resources", stage, problems: problemsIn(error) });
}

/**
 * A file of the repository as a job's input. Its bytes are in the key of every job that takes it.
 *
 * It can be wired to any input: that the input's type reads the bytes shows when the job runs.
 *
 * @param path Relative to the directory of `deno.json`.
 * @throws `Failed` for a path that leads out of the repository.
 *
 * @example
 * ```ts
 * import { csv, defineDag, defineStage, file, metrics } from "fanin";
 * import { z } from "zod";
 *
 * const count = defineStage({
 *   name: "count",
 *   module: import.meta.url,
 *   about: "counts rows",
 *   inputs: { table: csv("table", z.strictObject({ depth: z.coerce.number() })) },
 *   outputs: { metrics },
 *   run: ({ inputs: { table } }) => ({ metrics: { rows: table.length } }),
 * });
 *
 * export const dag = defineDag((job) => {
 *   job("count", count, { inputs: { table: file("data/measurements.csv") } });
 * });
 * ```
 */
// deno-lint-ignore no-explicit-any
export const file = (path: string): Handle<any> => handleOf(ownData("file", path));

/**
 * A directory of the repository as a job's input, with all files below it, hidden ones included. The
 * input's type is `files`: the files' bytes by their paths within the directory.
 *
 * @param path Relative to the directory of `deno.json`.
 * @throws `Failed` for a path that leads out of the repository.
 *
 * @example
 * ```ts
 * import { defineDag, defineStage, directory, files, metrics } from "fanin";
 *
 * const index = defineStage({
 *   name: "index",
 *   module: import.meta.url,
 *   about: "counts pages",
 *   inputs: { pages: files },
 *   outputs: { metrics },
 *   run: ({ inputs: { pages } }) => ({ metrics: { pages: Object.keys(pages).length } }),
 * });
 *
 * export const dag = defineDag((job) => {
 *   job("index", index, { inputs: { pages: directory("data/pages") } });
 * });
 * ```
 */
export const directory = (path: string): Handle<typeof files> =>
  handleOf(ownData("directory", path));

const handleOf = <T extends AnyArtifactType>(data: OwnData): Handle<T> => ({
  job: jobNameOf(data),
  output: contentOutput,
  type: typeOf(data) as T,
  data,
});

/** The files of the repository that a program takes by itself. */
const ownFiles = ({ program }: AnyStage): Record<string, Handle<AnyArtifactType>> =>
  Object.fromEntries(
    Object.entries(program?.own ?? {})
      .map(([name, path]) => [name, path.endsWith("/") ? directory(path) : file(path)]),
  );

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
