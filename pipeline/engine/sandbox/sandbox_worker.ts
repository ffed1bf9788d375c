/**
 * Runs inside a stage's worker: loads the bundle, and runs the stage for each request. It has the permissions
 * of its stage alone, and requests from its parent what takes more.
 */
import { callStage } from "./call_stage.ts";
import type { Services } from "../effects.ts";
import type { Failure } from "../event.ts";
import { paced, reporter } from "../reports.ts";
import { fixGlobals } from "./sandbox_globals.ts";
import { framesHere, setFrames, stackOf } from "./sandbox_stacks.ts";
import type { Call, FromSandbox, ToSandbox } from "./sandbox.ts";
import type { Load } from "./sandbox_threads.ts";
import { watchTraces, watchWorkers } from "./sandbox_traces.ts";
import type { AnyStage } from "../stage.ts";
import { bounded, wordThrown, wordWithCauses } from "./thrown.ts";

const scope = self as unknown as {
  postMessage?: unknown;
  addEventListener(
    type: "message",
    hear: (event: MessageEvent<Load>) => void,
    options: { once: true },
  ): void;
};
// Only this code reports to the host, by a port that it alone has.
delete scope.postMessage;
// As it is now: a stage that replaced it would get the port.
const { postMessage } = MessagePort.prototype;
let send: (message: FromSandbox, transfer?: Transferable[]) => void;

const workers = watchWorkers();
const globals = fixGlobals({
  log: (text) => send({ type: "log", call: current, text }),
  clock: (name) =>
    send({
      type: "notice",
      call: current,
      message: `it reads the clock (${name}); what depends on that differs from run to run`,
    }),
  exit(name) {
    const message = `it called ${name}(), which ends no job; expected it to return or to throw`;
    const error = new Error(message);
    send({ type: "failed", call: current, name: "Error", message, stack: stackOf(error) });
    throw error;
  },
});

/** The runtime's own: a stage may replace the global one. */
const { setTimeout } = globalThis;

/** Resolves after the runtime has reported the promises that were rejected and that nobody handles. */
const rejectionsReported = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The stage to run, by the URL of its bundle and its name. */
let loaded: { bundle: string; name: string };
/** Tells whether no job has left behind what the next one would see; only a worker that may be kept looks. */
let isClean: (() => boolean) | undefined;
let jobs = 0;

/**
 * The bundle's stage: its one export, or the one of that name among them or in its DAG. Each job has an
 * instance of its own, so that nothing that the stage's modules keep reaches another job; npm packages stay.
 */
async function load({ bundle, name }: typeof loaded): Promise<AnyStage> {
  const exported: Record<string, unknown> = await import(`${bundle}?job=${jobs++}`);
  const dag = Array.isArray(exported.dag) ? exported.dag.map((job) => job.stage) : [];
  const candidates = [...Object.values(exported), ...dag] as Partial<AnyStage>[];
  const found = candidates.find((one) => one?.name === name && typeof one?.run === "function");
  if (found === undefined) throw new Error(`its bundle has no stage ${name}`);
  return found as AnyStage;
}

/** A failure on its way to the host, which words it. */
class Unworded extends Error {
  constructor(readonly failure: Failure, options?: ErrorOptions) {
    super(failure.reason, options);
  }
}

/** The job that is running: what another one left behind speaks for that one, and is not listened to. */
let current = -1;
let asked = 0;
/** Requests that are not answered yet, each with the stack that it was made from. */
const open = new Map<number, PromiseWithResolvers<unknown> & { frames: string }>();
/** Errors of services, each with the number of the request that it answers. */
const refusals = new WeakMap<Error, number>();

const servicesOf = (call: number): Services => {
  const ask =
    <Name extends keyof Services>(name: Name) =>
    (...given: Parameters<Services[Name]>): ReturnType<Services[Name]> => {
      const id = asked++;
      const answer = Promise.withResolvers<unknown>();
      open.set(id, { ...answer, frames: framesHere() });
      send({ type: "request", call, id, request: { name, arguments: given } } as FromSandbox);
      return answer.promise as ReturnType<Services[Name]>;
    };
  return {
    readFile: ask("readFile"),
    readPackageFile: ask("readPackageFile"),
    run: ask("run"),
    runProgram: ask("runProgram"),
    makeTempDir: ask("makeTempDir"),
    remove: ask("remove"),
    readCheckpoint: ask("readCheckpoint"),
    saveCheckpoint: ask("saveCheckpoint"),
  };
};

async function run(
  call: number,
  { chance, ...given }: Omit<Call, "code">,
  mayBeKept: boolean,
): Promise<void> {
  current = call;
  // Before any code of the stage is loaded: one that may not be kept runs no job after its first.
  if (mayBeKept) isClean ??= watchTraces(workers);
  globals.begin(chance, Object.keys(given.machine));
  const stage = await load(loaded);
  const listener = reporter((report) => send({ ...report, call }));
  const { progress, flush } = paced(listener.progress);
  const outputs = await callStage(stage, given, servicesOf(call), {
    listener: { ...listener, progress },
    // A worker is stopped from outside, so its signal never fires.
    signal: new AbortController().signal,
    // So a job that goes on from a state draws as one that came there.
    onState: (step) => globals.seed(chance, step),
    Failed: Unworded,
  }).finally(flush);
  const done = { type: "done", call, outputs, isClean: mayBeKept && isClean!() } as const;
  await rejectionsReported();
  send(done, buffersOf(Object.values(outputs)));
}

/** The buffers that bytes fill alone, which can be passed rather than copied. */
const buffersOf = (all: readonly Uint8Array[]): Transferable[] => {
  const whole = all.filter(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  );
  return [...new Set(whole.map(({ buffer }) => buffer as ArrayBuffer))];
};

scope.addEventListener("message", ({ data: { bundle, stage, port } }) => {
  loaded = { bundle, name: stage };
  send = postMessage.bind(port) as typeof send;
  port.onmessage = ({ data }) => hear(data);
}, { once: true });

async function hear(data: ToSandbox): Promise<void> {
  switch (data.type) {
    case "reply":
      open.get(data.id)?.resolve(data.value);
      open.delete(data.id);
      return;
    case "refusal": {
      const kinds = Deno.errors as unknown as Record<string, new (message: string) => Error>;
      const kind = Object.hasOwn(kinds, data.name) ? kinds[data.name] : Error;
      const error = new kind(data.message);
      setFrames(error, open.get(data.id)?.frames ?? "");
      refusals.set(error, data.id);
      open.get(data.id)?.reject(error);
      open.delete(data.id);
      return;
    }
    case "run":
      try {
        await run(data.id, data.call, data.mayBeKept);
      } catch (error) {
        send({ type: "failed", call: data.id, ...described(error) });
      }
  }
}

for (const type of ["error", "unhandledrejection"] as const) {
  // An error beside the job fails it as well, and nobody else prints it.
  self.addEventListener(type, (event) => {
    event.preventDefault();
    const thrown = event instanceof PromiseRejectionEvent
      ? event.reason
      : (event as ErrorEvent).error;
    send({ type: "failed", call: current, ...described(thrown) });
  });
}

function described(
  error: unknown,
): Omit<Extract<FromSandbox, { type: "failed" }>, "type" | "call"> {
  if (!(error instanceof Error)) return { name: "Error", message: wordThrown(error), stack: "" };
  return {
    name: String(error.name),
    message: bounded(wordWithCauses(error)),
    stack: stackOf(error),
    refusal: refusals.get(error),
    failure: error instanceof Unworded ? error.failure : undefined,
  };
}
