/**
 * Runs a stage's bundle in a worker of its own, which may read the bundle and the npm packages that it
 * uses, reach the hosts that the stage declares, and nothing else. Inputs and outputs pass as bytes; the
 * worker requests all else from the host, through `Services`.
 */
import { checkedBundle } from "../code/bundle_store.ts";
import type { JobSettings, Listener, Services } from "../effects.ts";
import type { Failure } from "../event.ts";
import { Failed, wordFailure } from "../failed.ts";
import type { MachineFacts } from "../machine/machine.ts";
import { deliver, type Report } from "../reports.ts";
import type { requestThreads, SandboxThread } from "./sandbox_threads.ts";
import type { StageCode } from "./stage_code.ts";
import { StageError, traceOf } from "./stage_error.ts";

/** One run of a stage. */
export interface Call {
  readonly code: StageCode;
  /** The key by which chance is fixed. */
  readonly chance: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  readonly machine: Readonly<Partial<MachineFacts>>;
  readonly settings: JobSettings;
}

type Outputs = Record<string, Uint8Array>;

/** Runs stages, one call at a time. */
export interface StageRunner {
  /** The directory for a stage's temporary files. */
  readonly scratch: string;
  /**
   * Gives the outputs' bytes. Rejects with a `StageError` for what the stage throws, and with what a
   * service threw where the stage does not catch it.
   */
  run(call: Call, services: Services, listener: Listener): Promise<Outputs>;
  close(): void;
}

/** A request: the service's name, and its arguments. */
type Request = {
  [Name in keyof Services]: { name: Name; arguments: Parameters<Services[Name]> };
}[keyof Services];

/** The messages to a sandbox through its port. */
export type ToSandbox =
  /** `mayBeKept` if another job of the stage may run there next. */
  | { type: "run"; id: number; call: Omit<Call, "code">; mayBeKept: boolean }
  | { type: "reply"; id: number; value: unknown }
  | { type: "refusal"; id: number; name: string; message: string };

/** Each says of which call it is: what an earlier one left behind is not taken for this one's. */
export type FromSandbox = { call: number } & Message;

type Message =
  | { type: "request"; id: number; request: Request }
  | Report
  /** `isClean` where the worker may be kept, and the job left nothing behind that the next one could see. */
  | { type: "done"; outputs: Outputs; isClean: boolean }
  /** `refusal` is that of the request whose error was not caught. */
  | {
    type: "failed";
    name: string;
    message: string;
    stack: string;
    refusal?: number;
    /** Set if the failure is one of the engine's. */
    failure?: Failure;
  };

/** Jobs of one worker: each leaves an instance of the stage's modules there. */
const mostJobs = 30;

/**
 * Bytes of inputs from which on a worker ends with its job: as its garbage they would lie beside the next ones, and
 * what it has loaded is loaded again in less time than they take to read.
 */
const largeInputs = 16 << 20;

interface Places {
  /** The store's directory, where the bundles are. */
  readonly store: string;
  /** The project's directory. */
  readonly root: string;
  /** A directory for temporary files that nobody else uses. */
  readonly scratch: string;
}

/** Runs each stage in a worker of its own, which `start` starts. */
export function sandboxes(
  { store, ...places }: Places,
  start: ReturnType<typeof requestThreads>["start"],
): StageRunner {
  /**
   * The worker used last, kept for another job of its stage: what a stage loads may take a second, and 100 MB.
   * Stages that a DAG makes itself share their bundle, so `stage` is the code's hash with the stage's name.
   */
  let idle: { stage: string; thread: SandboxThread; jobs: number } | undefined;
  const endIdle = () => {
    idle?.thread.end();
    idle = undefined;
  };
  const keep = (stage: string, thread: SandboxThread, jobs: number) => {
    endIdle();
    idle = { stage, thread, jobs };
    // It has no request: a message now says that something which it left running has broken.
    thread.port.onmessage = ({ data }: MessageEvent<FromSandbox>) =>
      data.type === "failed" && endIdle();
    thread.onbreak = endIdle;
  };
  const take = (stage: string) => {
    // That of another stage would keep its memory beside this job, and would be ended after it.
    if (idle?.stage !== stage) return void endIdle();
    const taken = idle;
    idle = undefined;
    return taken;
  };
  return {
    scratch: places.scratch,
    async run({ code, ...call }, services, listener) {
      const stage = `${code.sha256} ${code.name}`;
      const bytes = Object.values(call.inputs).reduce((sum, { length }) => sum + length, 0);
      // A device takes longer.
      const isWorthKeeping = bytes < largeInputs || typeof call.machine.adapter === "string";
      const { thread, jobs } = take(stage) ??
        { thread: start(checkedBundle(store, code), code, places), jobs: 0 };
      try {
        const mayBeKept = code.isShared === true && isWorthKeeping && jobs + 1 < mostJobs;
        const given = { id: jobs, call, mayBeKept };
        const { outputs, isClean } = await converse(thread, code, given, services, listener);
        if (isClean) keep(stage, thread, jobs + 1);
        else thread.end();
        return outputs;
      } catch (error) {
        // Work that it left running must not touch another job.
        thread.end();
        throw error;
      }
    },
    close: endIdle,
  };
}

/** The buffers of bytes, or of an object's bytes by name, which are passed on without a copy. */
function buffersIn(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap((one) =>
    one instanceof Uint8Array ? [one.buffer as ArrayBuffer] : []
  );
}

/** Has a worker run its stage, and answers its requests meanwhile. */
function converse(
  thread: SandboxThread,
  code: StageCode,
  { id, call, mayBeKept }: { id: number; call: Omit<Call, "code">; mayBeKept: boolean },
  services: Services,
  listener: Listener,
): Promise<{ outputs: Outputs; isClean: boolean }> {
  const refusals = new Map<number, unknown>();
  const serve = async (id: number, { name, arguments: given }: Request) => {
    let answer: ToSandbox;
    let transfer: Transferable[] = [];
    try {
      const value = await (services[name] as (...given: unknown[]) => Promise<unknown>)(...given);
      transfer = buffersIn(value);
      answer = { type: "reply", id, value };
    } catch (error) {
      refusals.set(id, error);
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      answer = { type: "refusal", id, name, message };
    }
    thread.port.postMessage(answer, transfer);
  };
  return new Promise((resolve, reject) => {
    thread.onbreak = ({ message, place }) => reject(new StageError(message, traceOf(place)));
    thread.port.onmessage = ({ data }: MessageEvent<FromSandbox>) => {
      if (data.call !== id) return;
      switch (data.type) {
        case "request":
          return void serve(data.id, data.request);
        case "done":
          return resolve(data);
        case "failed":
          return reject(errorFrom(data, code, refusals));
        default:
          return deliver(data, listener);
      }
    };
    const buffers = new Set(Object.values(call.inputs).map(({ buffer }) => buffer));
    const run: ToSandbox = { type: "run", id, call, mayBeKept };
    thread.port.postMessage(run, [...buffers]);
  });
}

/** Returns a stage's failure as the error that the executor reports. */
function errorFrom(
  { name, message, stack, refusal, failure }: Extract<FromSandbox, { type: "failed" }>,
  { name: stage }: StageCode,
  refusals: ReadonlyMap<number, unknown>,
): unknown {
  if (failure !== undefined) return new Failed(failure);
  const trace = traceOf(stack);
  const cause = refusal === undefined ? undefined : refusals.get(refusal);
  if (cause instanceof Failed) return cause;
  const [, what, target] =
    /^Requires (\w+) access to "?([^"]*?)"?(?:, run again .*)?$/.exec(message) ??
      [];
  if (what === undefined || refusal !== undefined) return new StageError(message, trace, name);
  const file = target.replace(/^\/project\//, "");
  return new StageError(wordFailure({ reason: "not-declared", stage, what, target: file }), trace);
}
