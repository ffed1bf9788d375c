/** Makes the key of a job whose inputs exist, from its declaration and what else its result depends on. */
import type { Action, StoredOutput } from "../../schemas/run/action.ts";
import type { Store } from "../store/store.ts";
import type { CodeIdentity } from "./code/code_hash.ts";
import type { Job } from "./dag.ts";
import { dataLines, type KeyLine, keyLines, keyOf } from "./key.ts";
import type { MachineFacts } from "./machine/machine.ts";
import type { Snapshot } from "./own_data/read_data.ts";

/** Everything besides declarations that enters the keys of jobs, and the store of their results. */
export interface Context {
  store: Store;
  /** The project's directory, to which the paths of files are relative that jobs read. */
  root: string;
  codes: ReadonlyMap<string, CodeIdentity>;
  machine: MachineFacts;
  /** Own data, by the names of the jobs that they are. */
  data: ReadonlyMap<string, Snapshot>;
  /** Stage's name → versions of its programs, by the names that it declares. */
  versions?: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Job's name → its result, as far as keys depend on it. */
export type Results = ReadonlyMap<string, Pick<Action, "outputs">>;

/** A job whose inputs exist, so that its key is known. */
export interface KeyedJob {
  job: Job;
  key: string;
  lines: KeyLine[];
  /** SHA-256 of each input. */
  inputs: Record<string, string>;
  /** The bytes of an own file, which are known before they are in the store. */
  content?: StoredOutput;
}

/** SHA-256 of each input that exists. */
export const inputsFrom = ({ inputs }: Job, results: Results): Record<string, string> =>
  Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { job, output }]) => {
      const result = results.get(job);
      return result === undefined ? [] : [[name, result.outputs[output].sha256]];
    }),
  );

/** The key of a job, from the results of the jobs before it; undefined where one is missing. */
export function keyed(job: Job, results: Results, context: Context): KeyedJob | undefined {
  const inputs = inputsFrom(job, results);
  if (Object.keys(inputs).length < Object.keys(job.inputs).length) return undefined;
  const lines = linesOf(job, inputs, context);
  return { job, key: keyOf(lines), lines, inputs, content: context.data.get(job.name)?.content };
}

/** The lines of a job's key. */
export function linesOf(
  { name, stage, parameters, data }: Job,
  inputs: Record<string, string>,
  { codes, machine, data: snapshots, versions }: Pick<
    Context,
    "codes" | "machine" | "data" | "versions"
  >,
): KeyLine[] {
  return data === undefined
    ? keyLines(
      stage,
      parameters,
      inputs,
      codes.get(stage.name)!,
      machine,
      versions?.get(stage.name),
    )
    : dataLines(data, snapshots.get(name)!.sha256);
}
