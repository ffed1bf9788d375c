/**
 * Handles the signals that ask a run to stop: the first ends it in order, a later one ends the process.
 */

interface Interruption extends Disposable {
  signal: AbortSignal;
  /** Returns the shells' exit code, 128 and the signal's number; undefined without a signal. */
  exitCode(): number | undefined;
}

/** Signals that follow each other within so many milliseconds are one. */
const repeatInterval = 1000;

/**
 * The signals that ask a process to end (Ctrl-C, `kill`, a terminal that was closed), each with the exit
 * code that says so.
 */
const codes: ReadonlyMap<Deno.Signal, number> = new Map(
  Deno.build.os === "windows"
    ? [["SIGINT", 130]]
    : [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]],
);

/** Tells whether an exit code says that a signal ended the process. */
export const isInterrupted = (code: number): boolean => [...codes.values()].includes(code);

/** Calls `listener` for each signal that asks the process to end, or for some of them, until disposed. */
export function onEndingSignal(
  listener: (exitCode: number) => void,
  signals: readonly Deno.Signal[] = [...codes.keys()],
): Disposable {
  const listeners = [...codes].filter(([signal]) => signals.includes(signal))
    .map(([signal, code]) => [signal, () => listener(code)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}

/** The first signal ends the run in order; a later one ends the process. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let received: number | undefined;
  let at = 0;
  const listening = onEndingSignal((code) => {
    // A terminal signals the whole group, and the task runner passes it on: one key, two signals.
    if (received !== undefined && performance.now() - at > repeatInterval) Deno.exit(code);
    if (received !== undefined) return;
    received = code;
    at = performance.now();
    controller.abort(new Error("interrupted"));
  });
  return {
    signal: controller.signal,
    exitCode: () => received,
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
