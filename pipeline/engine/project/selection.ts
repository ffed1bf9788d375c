/** Selects what an experiment and the command line ask for: jobs of the DAG with checked parameters. */
import type { z } from "zod";
import { FormatError, problemsIn } from "../../formats/artifact_type.ts";
import { canonicalJson, checkJsonValue } from "../../formats/json.ts";
import { checkLossless } from "../../formats/lossless_json.ts";
import type { ExperimentInput } from "../../../schemas/public/project_settings.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import type { Deviation } from "../../../schemas/run/manifest.ts";
import type { Dag, Job } from "../dag.ts";
import { inOrder, needsOf } from "../order.ts";
import { Failed } from "../failed.ts";
import { deviationOf } from "./deviation.ts";
import { dotted, jobsNamed } from "./job_names.ts";
import {
  type Place,
  placesAt,
  refuseUnknownMembers,
  schemaOf,
  valueOf,
} from "./parameter_paths.ts";
import { withMember } from "./parameter_parts.ts";

/** A change to a parameter from the command line: `--set train.mnist-scratch.epochs=5`. */
export interface Override {
  /** Path as typed: a job or a group of jobs, then the parameter or what is inside it, with "." or "/". */
  path: string;
  value: string;
}

/** The checked jobs of a run, in order, and the experiment that they come from. */
export interface Selection {
  experiment: Experiment;
  jobs: Job[];
  /** Names of the jobs that run even if their results are stored. */
  force: ReadonlySet<string>;
  /** Jobs that the command line left out of the experiment, and parameters that it changed. */
  deviation: Deviation;
}

type Parameters = Record<string, unknown>;
type JsonValue = z.core.util.JSONType;

/** Job's name → the parameters that it is given in place of the DAG's. */
type Given = Readonly<Record<string, Record<string, JsonValue>>>;

/**
 * Selects the jobs of an experiment. Precedence of parameters: command line, experiment, DAG, the
 * stage's default. `only` keeps the named jobs and those that they need; `jobsNamed` finds them.
 */
export function select(
  dag: Dag,
  experiment: Experiment,
  { overrides = [], only = [], force = [], backends = experiment.backends }: {
    overrides?: readonly Override[];
    only?: readonly string[];
    force?: readonly string[];
    backends?: Experiment["backends"];
  } = {},
): Selection {
  const sorted = inOrder(dag);
  const byName = new Map(sorted.map((job) => [job.name, job]));
  for (const name of Object.keys(experiment.parameters)) {
    refuseUnknown(byName, name, `job, of which the experiment ${experiment.name} sets parameters,`);
  }
  const given = withOverrides(experiment.parameters, overrides, sorted);
  const unasked = sorted.filter((job) => !job.optional).map((job) => job.name);
  const whole = withNeeds(experiment.jobs ?? unasked, byName);
  const wanted = only.length === 0
    ? whole
    : withNeeds(only.flatMap((text) => among(text, whole, byName)), byName);
  // Also the jobs that are not wanted, so that no mistake in a parameter goes unnoticed.
  const jobs = sorted
    .map((job) => withParameters(job, given[job.name], wanted.has(job.name)))
    .filter((job) => wanted.has(job.name));
  const forced = force.flatMap((text) => jobsNamed(text, [...wanted], "job of this run"));
  const own = sorted.filter((job) => whole.has(job.name)).map((job) => ({
    name: job.name,
    parameters: declaredParameters(job, experiment.parameters[job.name]),
  }));
  return {
    experiment: { ...experiment, backends, parameters: given },
    jobs,
    force: new Set(forced),
    deviation: deviationOf(own, jobs),
  };
}

/**
 * Names the jobs that an experiment runs, in order; nothing is run. An experiment's test checks with it
 * that the experiment fits the DAG.
 *
 * @throws ZodError for what is no experiment, and `Failed` for a job or parameter that the DAG lacks.
 *
 * @example
 * ```ts
 * import { defineDag, defineStage, jobsOf, metrics } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const draw = defineStage({
 *   name: "draw",
 *   module: import.meta.url,
 *   about: "draws numbers",
 *   outputs: { metrics },
 *   run: () => ({ metrics: { mean: 0.5 } }),
 * });
 *
 * const dag = defineDag((job) => {
 *   job("draw/first", draw, { inputs: {} });
 *   job("draw/second", draw, { inputs: {} });
 * });
 * const experiment = { name: "half", about: "one of two", jobs: ["draw/first"] };
 * assertEquals(jobsOf(dag, experiment), ["draw/first"]);
 * ```
 */
export const jobsOf = (dag: Dag, experiment: ExperimentInput): string[] =>
  select(dag, Experiment.parse(experiment)).jobs.map(({ name }) => name);

function refuseUnknown(
  known: ReadonlySet<string> | ReadonlyMap<string, unknown>,
  name: string,
  what: string,
): void {
  if (known.has(name)) return;
  throw new Failed({ reason: "unknown-name", what, name, known: [...known.keys()] });
}

function withOverrides(
  parameters: Given,
  overrides: readonly Override[],
  jobs: readonly Job[],
): Given {
  const given = Object.fromEntries(
    Object.entries(parameters).map(([name, own]) => [name, { ...own }]),
  );
  const value = (job: Job, parameter: string) => valueOf(job, parameter, given[job.name]);
  const inside: { place: Place; before: unknown }[] = [];
  for (const override of overrides) {
    for (const place of placesAt(override.path, jobs, value)) {
      const { job, parameter } = place;
      const before = value(job, parameter);
      if (place.members.length > 0) inside.push({ place, before });
      const to = withLiteral(place, before, override.value);
      given[job.name] = { ...given[job.name], [parameter]: to };
    }
  }
  // Not one by one, because a later member can decide which others there are.
  for (const { place, before } of inside) {
    refuseUnknownMembers(place, before, given[place.job.name][place.parameter]);
  }
  return given;
}

/** The jobs that a text means: of the experiment if it has such jobs, otherwise of the DAG. */
function among(
  text: string,
  experiment: ReadonlySet<string>,
  all: ReadonlyMap<string, unknown>,
): string[] {
  const found = jobsNamed(text, [...all.keys()]);
  const own = found.filter((name) => experiment.has(name));
  return own.length > 0 ? own : found;
}

/** The names of jobs and of all that they need. */
function withNeeds(targets: readonly string[], byName: ReadonlyMap<string, Job>): Set<string> {
  for (const target of targets) refuseUnknown(byName, target, "job");
  const wanted = new Set<string>();
  const open = [...targets];
  while (open.length > 0) {
    const name = open.pop()!;
    if (wanted.has(name)) continue;
    wanted.add(name);
    open.push(...needsOf(byName.get(name)!));
  }
  return wanted;
}

/** A job with checked parameters. Those of a job that is neither wanted nor given any may be incomplete. */
function withParameters(job: Job, given: Parameters | undefined, isWanted: boolean): Job {
  const result = job.stage.parameters.safeParse({ ...job.parameters, ...given });
  const problems = result.success
    ? unwritable(result.data) ?? unsettled(job.stage.parameters, result.data)
    : problemsIn(result.error);
  if (problems !== undefined && (isWanted || given !== undefined)) {
    throw new Failed({ reason: "invalid-parameters", job: job.name, problems });
  }
  return { ...job, parameters: result.data as Parameters };
}

/** A job's parameters by its experiment. The command line may give those that the experiment leaves open. */
function declaredParameters(job: Job, given: Parameters | undefined): Parameters {
  const parameters = { ...job.parameters, ...given };
  return (job.stage.parameters.safeParse(parameters).data ?? parameters) as Parameters;
}

/** The problem of parameters that JSON cannot hold: in the key they would be another value. */
function unwritable(parameters: unknown): string | undefined {
  try {
    checkJsonValue("parameters", parameters);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** The problem of parameters that their schema changes again: the stage parses what the key holds. */
function unsettled(schema: z.ZodObject, parameters: Parameters): string | undefined {
  const again = schema.safeParse(parameters);
  const [before, after] = [parameters, again.data ?? {}].map(
    (values: Parameters) => (name: string) => canonicalJson(values[name] ?? null),
  );
  const name = again.success
    ? Object.keys(parameters).find((name) => after(name) !== before(name))
    : String(again.error.issues[0].path[0]);
  if (name === undefined) return undefined;
  const [once, twice] = [before(name), again.success ? after(name) : "an error"];
  return `✖ Its schema makes ${once} of what is given, and ${twice} of that; expected it to keep what ` +
    `it made. Change the value in the stage's run\n  → at ${name}`;
}

/** A parameter's value with a `--set` in it: JSON where the schema takes it, otherwise the text itself. */
function withLiteral({ job, parameter, members }: Place, before: unknown, text: string): JsonValue {
  const asText = withMember(before, members, text);
  const value = jsonIn(text);
  if (value === undefined) return asText;
  const asJson = withMember(before, members, value);
  const schema = schemaOf(job, parameter);
  if (!schema.safeParse(asJson).success && schema.safeParse(asText).success) return asText;
  refuseLossy(`${dotted(job.name)}.${parameter}`, text);
  return asJson;
}

/** Throws a failure for JSON that says another value than it would give: a key would have that one. */
function refuseLossy(parameter: string, text: string): void {
  try {
    checkLossless(text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new Failed({ reason: "usage", message: `--set ${parameter}: ${error.message}.` });
  }
}

/** The JSON value that a text is; undefined if it is none. */
function jsonIn(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
