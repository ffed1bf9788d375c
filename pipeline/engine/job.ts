/**
 * Runs one job from its key and the store alone: reads the record, loads the inputs, has the stage run,
 * stores the outputs, then the action. The executor decides where and when.
 */
import type { StoredOutput } from "../../schemas/run/action.ts";
import { checkpointsIn } from "./checkpoint.ts";
import type { JobSettings, Listener } from "./effects.ts";
import { threadsBeside } from "./machine/threads_beside.ts";
import { Failed } from "./failed.ts";
import { wordNotice } from "./words/notices.ts";
import { chanceKey, parseRecord } from "./key.ts";
import type { Limits } from "./program/supervisor.ts";
import { lock } from "../store/lock.ts";
import type { StageRunner } from "./sandbox/sandbox.ts";
import type { StageCode } from "./sandbox/stage_code.ts";
import { release } from "../formats/release.ts";
import { changedReads } from "./sandbox/discovered_inputs.ts";
import { servicesFor } from "./sandbox/services.ts";
import {
  hasBlob,
  isWhole,
  putBlob,
  quarantineBlob,
  readAction,
  readBlob,
  type Store,
  writeAction,
} from "../store/store.ts";

/** A job on its way to an executor. The key is the name of the job's record in the store. */
export interface Task {
  /** Its name in the DAG, for executors that know jobs before their keys. */
  job: string;
  /** The name of its stage, for executors that keep a stage loaded. */
  stage: string;
  key: string;
  /** Run even if the store has a result, from the beginning. */
  force: boolean;
  /** True if the store has a result that was found to be of no use. */
  again: boolean;
  /** Limits of a program; others have none. */
  limits?: Limits;
  /** Jobs that may run on this machine at the same time, itself included. */
  parallel: number;
}

/** The surroundings of a job. */
export interface JobContext {
  store: Store;
  /** The project's directory. */
  root: string;
  stages: Readonly<Record<string, StageCode>>;
  runner: StageRunner;
  settings: JobSettings;
  /** Shared with whoever may stop a job at its next checkpoint, by setting the first element to 1. */
  stop?: Int32Array;
}

type JobListener = Listener & { waiting(pid: number | undefined): void };

/**
 * Runs a job and stores its result. While another process computes the same key it waits for that
 * one's result; tells whether it found that, and computed nothing. Throws what the stage throws, or
 * `unfit-output` for an output that does not fit.
 */
export async function runJob(
  task: Task,
  context: JobContext,
  listener: JobListener,
  signal: AbortSignal,
): Promise<{ found: boolean }> {
  const { key, force, again } = task;
  const { root, stages, runner } = context;
  const store: Store = {
    ...context.store,
    onQuarantine: (sha256, path) =>
      listener.notice(wordNotice({ reason: "set-aside", sha256, path })),
  };
  using _held = await lock(store, key, true, (pid) => listener.waiting(pid));
  const record = parseRecord(new TextDecoder().decode(readBlob(store, key)));
  if (!Object.hasOwn(stages, record.stage)) {
    const known = Object.keys(stages);
    throw new Failed({ reason: "unknown-name", what: "stage", name: record.stage, known });
  }
  const code = stages[record.stage];
  if (!force && !again && isStored(store, root, code, key)) return { found: true };
  // A program has its inputs as files.
  const inputs = code.isProgram ? {} : Object.fromEntries(
    code.inputs.map((name) => [name, readBlob(store, record.inputs[name])]),
  );
  const { scratch } = runner;
  const start = performance.now();
  try {
    const { bytes, reads } = await compute(
      { code, record, inputs },
      task,
      { ...context, store },
      listener,
      signal,
    );
    refuseChangedInputs(store, record.inputs);
    const outputs: Record<string, StoredOutput> = {};
    for (const name of code.outputs) outputs[name] = putBlob(store, bytes[name]);
    release(Object.values(bytes));
    const [changed] = changedReads(reads, { table: store.table, root });
    if (changed !== undefined) {
      throw new Failed({ reason: "read-changed", path: changed.read.path });
    }
    writeAction(store, {
      version: 1,
      key,
      stage: code.name,
      outputs,
      ...(reads.length > 0 && { reads }),
      finished: new Date().toISOString(),
      seconds: (performance.now() - start) / 1000,
    });
    return { found: false };
  } finally {
    await Deno.remove(scratch, { recursive: true }).catch(() => {});
  }
}

/** Runs a job's stage: gives the bytes of its outputs, and what it read through its effects. */
async function compute(
  { code, record, inputs }: {
    code: StageCode;
    record: ReturnType<typeof parseRecord>;
    inputs: Record<string, Uint8Array<ArrayBuffer>>;
  },
  { force, limits, parallel }: Task,
  { store, root, runner, settings, stop }: JobContext,
  listener: JobListener,
  signal: AbortSignal,
) {
  const { name: stage, access, data } = code;
  const program = code.isProgram && { program: { store, inputs: record.inputs, limits, listener } };
  const services = servicesFor(
    { stage, access, data, root, settings, scratch: runner.scratch, signal, ...program },
    checkpointsIn(store, { stage, root, lines: record.lines }, {
      force,
      notice: (message) => listener.notice(message),
      stop: () => stop !== undefined && Atomics.load(stop, 0) === 1,
    }),
  );
  const { parameters, machine } = record;
  const bytes = await runner.run(
    {
      code,
      chance: chanceKey(record.lines),
      parameters,
      inputs,
      machine,
      settings: { threads: threadsBeside(parallel), ...settings },
    },
    services,
    listener,
  );
  return { bytes, reads: services.reads };
}

/** True if the store has the whole result of a key, as another process may have left it while this one waited. */
function isStored(store: Store, root: string, { outputs }: StageCode, key: string): boolean {
  const action = readAction(store, key, () => {});
  return action !== undefined && outputs.every((name) => Object.hasOwn(action.outputs, name)) &&
    isWhole(store, action) && changedReads(action.reads, { table: store.table, root }).length === 0;
}

/**
 * The inputs were hashed when they were read. If one has other bytes now, something else writes to the
 * store, and which bytes the stage saw is no longer certain: its result must not be stored either.
 */
function refuseChangedInputs(store: Store, inputs: Record<string, string>): void {
  for (const [input, sha256] of Object.entries(inputs)) {
    if (hasBlob(store, sha256)) continue;
    quarantineBlob(store, sha256);
    throw new Failed({ reason: "input-changed", input, sha256 });
  }
}
