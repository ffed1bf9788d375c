/**
 * What happens when a run is told to stop: the first signal ends it in order, a later one ends the
 * process.
 */

export interface Interruption extends Disposable {
  signal: AbortSignal;
  /** As shells count: 128 and the signal's number. Undefined where there was none. */
  exitCode(): number | undefined;
}

/** Signals that follow each other within so many milliseconds are one. */
const repeatInterval = 1000;

/** The first signal ends the run in order; a later one ends the process. */
export function listenForInterruption(): Interruption {
  const codes: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
    ? { SIGINT: 130 }
    : { SIGINT: 130, SIGTERM: 143 };
  const controller = new AbortController();
  let received: number | undefined;
  let at = 0;
  const listeners = Object.entries(codes).map(([name, code]) => {
    const listener = () => {
      // A terminal signals the whole group, and the task runner passes it on: one key, two signals.
      if (received !== undefined && performance.now() - at > repeatInterval) Deno.exit(code);
      if (received !== undefined) return;
      received = code;
      at = performance.now();
      controller.abort(new Error("interrupted"));
    };
    Deno.addSignalListener(name as Deno.Signal, listener);
    return [name as Deno.Signal, listener] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => received,
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}
