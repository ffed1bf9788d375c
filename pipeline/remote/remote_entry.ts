/**
 * Parses and writes the entries under `ac/` in a remote store: a job's action, or the entry of a run.
 * Both are untrusted: bounded, parsed, and compared with the key that they lie under.
 */
import type { z } from "zod";
import { Action } from "../../schemas/run/action.ts";
import { RemoteRun } from "../../schemas/run/remote_run.ts";
import { canonicalJson, parseJson } from "../formats/json.ts";
import { problemsIn } from "../formats/artifact_type.ts";
import type { KeyedJob } from "../engine/keyed_job.ts";
import { sha256Of } from "../store/sha256.ts";
import { entryProblem } from "../store/stored_result.ts";
import { RemoteFailure } from "./remote_failure.ts";

const encoder = new TextEncoder();

/** The key under which the entry of a run lies. */
export const keyOfRun = (run: string): string => sha256Of(`run ${run}\n`);

/** Canonical JSON with a line feed, so that the same entry always has the same bytes. */
export const entryOf = (value: Action | RemoteRun): Uint8Array<ArrayBuffer> =>
  encoder.encode(canonicalJson(value) + "\n");

/** The action in the entry of a job. Throws a `RemoteFailure` for one that its stage cannot have given. */
export function parseResult(bytes: Uint8Array, { job, key }: KeyedJob): Action {
  const action = parseAction(bytes, key);
  const problem = entryProblem(job.stage, action);
  if (problem !== undefined) throw unfit(key, job.name, problem);
  return action;
}

/** The failure of an entry that is not of the job under whose key it lies. */
export const unfit = (key: string, job: string, problem: string): RemoteFailure =>
  new RemoteFailure("lying", `ac/${key}, the entry of ${job}, ${problem}`);

/** The action in an entry. Throws a `RemoteFailure` for one of another form or of another key. */
export function parseAction(bytes: Uint8Array, key: string): Action {
  const action = parsed(bytes, Action, `ac/${key}`);
  if (action.key !== key) {
    throw new RemoteFailure(
      "lying",
      `ac/${key} has the entry of another key than expected, ${action.key}`,
    );
  }
  return action;
}

/** The entry of a run. Throws a `RemoteFailure` for one of another form or of another run. */
export function parseRemoteRun(bytes: Uint8Array, run: string): RemoteRun {
  const path = `ac/${keyOfRun(run)}`;
  const entry = parsed(bytes, RemoteRun, path);
  if (entry.run === run) return entry;
  throw new RemoteFailure(
    "lying",
    `${path} has the entry of another run than expected, ${entry.run}`,
  );
}

function parsed<T>(bytes: Uint8Array, schema: z.ZodType<T>, path: string): T {
  const wrong = (problems: string) =>
    new RemoteFailure("lying", `${path} is not the expected entry: ${problems}`);
  let value: unknown;
  try {
    value = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw wrong(problemsIn(result.error));
}
