/**
 * Finds the parameters that a `--set` names, and changes their members: `train.mnist-scratch.epochs`,
 * `train.epochs` of a group, `train.fashion-mlp.optimizer.rate`, `train.fashion-mlp.widths[0]`. What `replicate`
 * seeds in a job is named alike, without the job: `optimizer.seed`.
 */
import type { z } from "zod";
import type { Job } from "../dag.ts";
import { Failed } from "../failed.ts";
import { dotted } from "./job_names.ts";
import {
  type Given,
  mayHave,
  type Members,
  membersIn,
  membersOf,
  type Part,
  partNamed,
  withMember,
} from "./parameter_parts.ts";
import { wildcard } from "./wildcard.ts";

export interface Place extends Part {
  readonly job: Job;
}

type Parameter = Omit<Place, "members">;

/**
 * The value that a parameter has so far, in the form of its schema if it is valid; undefined where none is
 * given and its stage has no default.
 */
export function valueOf(job: Job, parameter: string, given: Given = {}): unknown {
  const value = Object.hasOwn(given, parameter) ? given[parameter] : job.parameters[parameter];
  return schemaOf(job, parameter).safeParse(value).data ?? value;
}

const parametersOf = ({ stage }: Job): string[] => Object.keys(stage.parameters.shape);

/** A place as `--set` names it. */
const pathTo = (job: string, parameter: string, members: Members = []): string =>
  `${dotted(job)}.${parameter}` +
  members.map((one) => typeof one === "number" ? `[${one}]` : `.${one}`).join("");

/**
 * Finds what a path names. The name of a parameter goes before that of a member. `init-check.seed`, or
 * `init-check/*.seed`, is of every job of the group `init-check/…` that has such a parameter and whose value
 * the DAG leaves open: what the DAG itself sets makes the job what it is, and only the job's own name
 * changes that.
 */
export function placesAt(
  typed: string,
  jobs: readonly Job[],
  value: (job: Job, parameter: string) => unknown,
): Place[] {
  const { paths, ofJobs } = parameterPaths(jobs);
  const path = dotted(typed);
  const whole = parametersAt(path, paths, ofJobs);
  if (whole.length > 0) return whole.map((one) => ({ ...one, members: [] }));
  for (let end = path.length - 1; end > 0; end--) {
    const members = membersIn(path.slice(end));
    const head = path.slice(0, end);
    // A pattern that ends with "*" stands for any parameter, so its members would be anyone's.
    if (members === undefined || head.endsWith("*")) continue;
    const found = parametersAt(head, paths, ofJobs)
      .filter(({ job, parameter }) => mayHave(value(job, parameter), members));
    if (found.length > 0) return found.map((one) => ({ ...one, members }));
  }
  const inside = jobs.flatMap((job) =>
    parametersOf(job).flatMap((parameter) =>
      membersOf(value(job, parameter)).map((members) => pathTo(job.name, parameter, members))
    )
  );
  throw unknown(typed, [...paths.keys(), ...inside]);
}

/** The given parameters of a job with a seed where a path names it. Throws a `Failed` for a part that it lacks. */
export function withSeed<Value extends z.core.util.JSONType>(
  job: Job,
  given: Readonly<Record<string, Value>> | undefined,
  path: string,
  seed: number,
) {
  const { parameter, members } = partNamed(path, parametersOf(job));
  if (members.length === 0) return { ...given, [parameter]: seed };
  const before = valueOf(job, parameter, given);
  if (!mayHave(before, members)) throw unknownMember({ job, parameter, members }, before);
  const after = withMember(before, members, seed);
  refuseUnknownMembers({ job, parameter, members }, before, after);
  return { ...given, [parameter]: after };
}

const unknown = (name: string, known: string[]) =>
  new Failed({ reason: "unknown-name", what: "parameter", name, known });

/** Names of a job that `--set` takes, with the values that the DAG gives: parameters, and members of objects. */
export function settableIn(job: Job): { path: string; value: unknown }[] {
  return parametersOf(job).flatMap((parameter) => {
    const value = valueOf(job, parameter);
    const inside = membersOf(value).filter((members) => !members.some(Number.isInteger));
    return [[], ...inside].map((members: Members) => ({
      path: pathTo(job.name, parameter, members),
      value: members.reduce<unknown>(
        (outer, name) => (outer as Record<string, unknown>)[name],
        value,
      ),
    }));
  });
}

/** Each parameter by its path, also by those of its job's groups; `ofJobs` are the paths of one job. */
function parameterPaths(jobs: readonly Job[]) {
  const paths = new Map<string, Parameter[]>();
  for (const job of jobs) {
    for (const parameter of parametersOf(job)) {
      paths.set(pathTo(job.name, parameter), [{ job, parameter }]);
    }
  }
  const ofJobs = new Set(paths.keys());
  for (const job of jobs) {
    const names = job.name.split("/");
    for (const parameter of parametersOf(job)) {
      if (parameter in job.parameters) continue;
      for (let length = 1; length < names.length; length++) {
        const path = pathTo(names.slice(0, length).join("/"), parameter);
        if (ofJobs.has(path)) continue;
        const known = paths.get(path);
        if (known === undefined) paths.set(path, [{ job, parameter }]);
        else known.push({ job, parameter });
      }
    }
  }
  return { paths, ofJobs };
}

function parametersAt(
  path: string,
  paths: ReadonlyMap<string, Parameter[]>,
  ofJobs: ReadonlySet<string>,
): Parameter[] {
  const found = paths.get(path) ?? paths.get(path.replace(/\.\*(\.[^.]+)$/, "$1"));
  if (found !== undefined) return found;
  if (!path.includes("*")) return [];
  const meant = wildcard(path);
  return [...ofJobs].filter((one) => meant.test(one)).flatMap((one) => paths.get(one)!)
    .filter(({ job, parameter }) => !(parameter in job.parameters));
}

/**
 * Refuses members that the schema does not know, also where it would drop them in silence. `before` has the
 * known ones.
 */
export function refuseUnknownMembers(
  { job, parameter, members }: Place,
  before: unknown,
  after: unknown,
): void {
  const { data, error } = schemaOf(job, parameter).safeParse(after);
  const isUnknown = error === undefined
    ? !has(data, members)
    : error.issues.some((issue) =>
      issue.code === "unrecognized_keys" &&
      issue.keys.some((key) => sameMembers([...issue.path, key], members))
    );
  if (isUnknown) throw unknownMember({ job, parameter, members }, before);
}

const unknownMember = ({ job: { name }, parameter, members }: Place, before: unknown): Failed =>
  unknown(
    pathTo(name, parameter, members),
    membersOf(before).map((one) => pathTo(name, parameter, one)),
  );

const sameMembers = (a: readonly PropertyKey[], b: Members): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);

const has = (value: unknown, [first, ...rest]: Members): boolean =>
  first === undefined ||
  typeof value === "object" && value !== null && Object.hasOwn(value, first) &&
    has((value as Record<string | number, unknown>)[first], rest);

/** The schema of one parameter. */
export const schemaOf = ({ stage }: Job, parameter: string): z.ZodType =>
  stage.parameters.shape[parameter];
