/** Checks a DAG's names and wiring, and sorts its jobs into an order in which they can run. */
import { longestName } from "../../schemas/run/experiment.ts";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import { prototypeName } from "../formats/lossless_json.ts";
import { Failed } from "./failed.ts";
import type { Dag, Job } from "./dag.ts";
import type { AnyStage } from "./stage.ts";

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
    const { inputs, outputs, parameters: { shape } } = stage;
    const names = [...name.split("/"), ...[inputs, outputs, shape].flatMap(Object.keys)];
    if (names.includes(prototypeName)) throw new Failed({ reason: "prototype-name", job: name });
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

/** A key has a line for each input and parameter, with its name as one word. */
function refuseWords({ name: stage, inputs, parameters }: AnyStage): void {
  for (const [what, names] of [["input", inputs], ["parameter", parameters.shape]] as const) {
    const name = Object.keys(names).find((one) => !/^\S+$/.test(one));
    if (name !== undefined) throw new Failed({ reason: "unfit-word", stage, what, name });
  }
}

/** Sorts jobs so that each comes after those that it needs, otherwise in the order declared. */
export function inOrder(dag: Dag): Job[] {
  const byName = new Map<string, Job>();
  for (const job of dag) {
    const other = byName.get(job.name);
    if (other !== undefined) {
      const [a, b] = [other.data, job.data];
      const data = a && b && [a, b].map(({ kind, path }) => `${kind} ${path}`);
      throw new Failed({ reason: "duplicate-job", name: job.name, ...(data && { data }) });
    }
    byName.set(job.name, job);
  }
  refuseUnfitNames(dag);
  for (const { stage } of dag) refuseWords(stage);
  for (const job of dag) refuseWrongWiring(job, byName);
  return sortByNeeds(dag, byName);
}

function refuseWrongWiring(job: Job, byName: ReadonlyMap<string, Job>): void {
  const declared = Object.keys(job.stage.inputs);
  const unwired = declared.find((input) => !Object.hasOwn(job.inputs, input));
  if (unwired !== undefined) {
    throw new Failed({ reason: "missing-input", job: job.name, input: unwired });
  }
  const unknown = (what: string, name: string, known: readonly string[]) =>
    new Failed({ reason: "unknown-name", what, name, known });
  for (const [input, { job: producer, output }] of Object.entries(job.inputs)) {
    if (!declared.includes(input)) throw unknown(`input of ${job.name}`, input, declared);
    const from = byName.get(producer);
    if (from === undefined) {
      throw unknown(`job, wanted by ${job.name},`, producer, [...byName.keys()]);
    }
    const outputs: Record<string, AnyArtifactType> = from.stage.outputs;
    const given = Object.hasOwn(outputs, output) ? outputs[output] : undefined;
    if (given === undefined) {
      const known = Object.keys(outputs);
      throw unknown(`output of ${producer}, wanted by ${job.name},`, output, known);
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
