/**
 * Runs one job from its key and the store alone: reads the record, loads the inputs, calls the
 * stage, stores the outputs, then the action. Where and when this happens is the executor's matter.
 */
import type { AnyArtifactType } from "./format/type.ts";
import { checkpointsIn } from "./checkpoint.ts";
import { type Listener, machineEffects, type Settings } from "./effects.ts";
import { Failed, wordNotice } from "./event.ts";
import { parseRecord } from "./key.ts";
import { lock } from "./lock.ts";
import { hashFile } from "./sha256.ts";
import type { AnyStage } from "./stage.ts";
import { encodeOutput } from "./stage_outputs.ts";
import {
  hasBlob,
  putBlob,
  readBlob,
  scratchPath,
  setAside,
  type Store,
  writeAction,
} from "./store.ts";
import { findResult } from "./stored_result.ts";
import { wordThrown } from "./thrown.ts";
import type { StoredOutput } from "../schemas/action.ts";

/** A job on its way to an executor. The key is the name of the job's record in the store. */
export interface Task {
  /** Its name in the DAG, for executors that know jobs before their keys. */
  job: string;
  key: string;
  /** Run even if the store has a result. */
  force: boolean;
}

/** What jobs are run with, besides the store. */
export interface JobContext {
  store: Store;
  stages: Map<string, AnyStage>;
  /** Stage's name → the files that its code hash was made from, each with its SHA-256. */
  sources: Record<string, Record<string, string>>;
  settings: Settings;
  /** Shared with whoever may stop a job at its next checkpoint, by setting the first element to 1. */
  stop?: Int32Array;
}

/**
 * Runs a job and stores its result. While another process computes the same key it waits for that
 * one's result. Throws what the stage throws, or `unfit-output` for an output that does not fit.
 */
export async function runJob(
  task: Task,
  { store: shared, stages, sources, settings, stop }: JobContext,
  listener: Listener & { waiting(pid: number | undefined): void },
  signal: AbortSignal,
): Promise<void> {
  const { key, force } = task;
  const store: Store = {
    ...shared,
    onSetAside: (sha256, path) =>
      listener.notice(wordNotice({ reason: "set-aside", sha256, path })),
  };
  using _held = await lock(store, key, true, (pid) => listener.waiting(pid));
  const record = parseRecord(new TextDecoder().decode(readBlob(store, key)));
  const stage = stages.get(record.stage);
  if (stage === undefined) {
    throw new Failed({
      reason: "unknown-name",
      what: "stage",
      name: record.stage,
      known: [...stages.keys()],
    });
  }
  if (!force && findResult(store, stage, key, () => {}) !== undefined) return;
  const parameters = stage.parameters.parse(record.parameters);
  const inputs: Record<string, unknown> = {};
  for (const [name, type] of Object.entries<AnyArtifactType>(stage.inputs)) {
    const bytes = readBlob(store, record.inputs[name]);
    try {
      inputs[name] = type.decode(bytes);
    } catch (error) {
      const problem = wordThrown(error);
      throw new Failed({ reason: "unreadable-input", input: name, problem }, { cause: error });
    }
  }
  const scratch = scratchPath(store, key);
  const start = performance.now();
  try {
    const notice = (message: string) => listener.notice(message);
    const checkpoints = stage.steps && checkpointsIn(
      store,
      {
        stage: stage.name,
        lines: record.lines,
        type: stage.steps.state,
      },
      { force, notice, stop: () => stop !== undefined && Atomics.load(stop, 0) === 1 },
    );
    const effects = {
      ...machineEffects(scratch, settings, record.machine, listener, signal),
      checkpoints,
    };
    const values = await stage.run({ parameters, inputs, effects });
    refuseChangedCode(stage.name, sources[stage.name] ?? {});
    refuseChangedInputs(store, record.inputs);
    const outputs: Record<string, StoredOutput> = {};
    for (const name of Object.keys(stage.outputs)) {
      outputs[name] = putBlob(store, encodeOutput(stage, name, values));
    }
    writeAction(store, {
      version: 1,
      key,
      stage: stage.name,
      outputs,
      finished: new Date().toISOString(),
      seconds: (performance.now() - start) / 1000,
    });
  } finally {
    await Deno.remove(scratch, { recursive: true }).catch(() => {});
  }
}

/**
 * The key was made from the files as they were when the run began, and the stage was loaded later. A
 * result of other code must not be stored under that key.
 */
function refuseChangedCode(stage: string, sources: Record<string, string>): void {
  for (const [path, sha256] of Object.entries(sources)) {
    if (hashFile(path) !== sha256) throw new Failed({ reason: "code-changed", stage, path });
  }
}

/**
 * The inputs were hashed when they were read. If one has other bytes now, something else writes to the
 * store, and which bytes the stage saw is no longer certain: its result must not be stored either.
 */
function refuseChangedInputs(store: Store, inputs: Record<string, string>): void {
  for (const [input, sha256] of Object.entries(inputs)) {
    if (hasBlob(store, sha256)) continue;
    setAside(store, sha256);
    throw new Failed({ reason: "input-changed", input, sha256 });
  }
}
