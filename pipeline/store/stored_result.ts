/**
 * Checks a stored result against its stage before anything uses it: the entry names this stage and its
 * outputs, and each output decodes by its declared type. Entries come from remote stores, archives, other
 * programs and editors. One that does not fit counts as missing, so that its job is computed again.
 *
 * Decoding takes time, so it happens once: an entry that has a row in the stat table was checked.
 */
import type { Action, StoredOutput } from "../../schemas/run/action.ts";
import { Failed } from "../engine/failed.ts";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import type { AnyStage } from "../engine/stage.ts";
import { hashFile } from "./sha256.ts";
import { digestOf, forget, isKnown, noteWritten } from "./stat_cache.ts";
import { actionPath, isWhole, readAction, readBlob, type Store } from "./store.ts";
import { wordThrown } from "../engine/sandbox/thrown.ts";

/** The problem of an entry that is not of this stage, by the entry alone; undefined if there is none. */
export function entryProblem(
  stage: AnyStage,
  { stage: name, outputs }: Action,
): string | undefined {
  const [expected, found] = [stage.outputs, outputs]
    .map((outputs) => Object.keys(outputs).sort().join(", "));
  if (name === stage.name && found === expected) return undefined;
  return `has the outputs ${found} of ${name}; expected ${expected} of ${stage.name}`;
}

/** The problem of outputs that are not as the stage declares; undefined if there is none. Reads one at a time. */
export function outputProblem(
  stage: AnyStage,
  { outputs }: Action,
  read: (output: StoredOutput) => Uint8Array,
): string | undefined {
  for (const [name, type] of Object.entries<AnyArtifactType>(stage.outputs)) {
    const bytes = read(outputs[name]);
    const { size } = outputs[name];
    if (bytes.length !== size) {
      return `says that its output ${name} has ${size} bytes; found ${bytes.length}`;
    }
    try {
      type.decode(bytes);
    } catch (error) {
      return `has an output ${name} that is not of the type ${type.kind}: ${wordThrown(error)}`;
    }
  }
}

/** Notes that whoever stored the result of a job has encoded or checked its outputs. */
export function noteChecked(store: Store, key: string): void {
  const path = actionPath(store, key);
  noteWritten(store.table, path, hashFile(path));
}

/**
 * The stored result of a job, undefined where there is none that fits its stage and has all its bytes.
 * `onUnusable` gets the problem of an entry that cannot be used, as the end of "its entry …".
 */
export function findResult(
  store: Store,
  stage: AnyStage,
  key: string,
  onUnusable: (problem: string) => void,
): Action | undefined {
  const path = actionPath(store, key);
  const isChecked = isKnown(store.table, path);
  // Makes the row, with the state of the file from before it is read below.
  if (!isChecked && digestOf(store.table, path) === undefined) return undefined;
  const unusable = (problem: string) => {
    forget(store.table, path);
    onUnusable(problem);
    return undefined;
  };
  const action = readAction(store, key, unusable);
  if (action === undefined) return undefined;
  const problem = entryProblem(stage, action);
  if (problem !== undefined) return unusable(problem);
  const lost = "names an output that is missing or damaged";
  if (!isWhole(store, action)) return unusable(lost);
  if (isChecked) return action;
  try {
    const misfit = outputProblem(stage, action, ({ sha256 }) => readBlob(store, sha256));
    return misfit === undefined ? action : unusable(misfit);
  } catch (error) {
    if (error instanceof Failed) return unusable(lost);
    throw error;
  }
}
