/** Passes the reports of a job from the thread that runs it to the listener in another. */
import type { Listener, Measured, Progress } from "./effects.ts";

/** A call of a listener, as a message between threads. */
export type Report =
  | { type: "progress"; progress: Progress }
  | { type: "measured"; measured: Measured }
  | { type: "notice"; message: string }
  | { type: "log"; text: string };

/** Returns a listener that posts each call as a report. */
export const reporter = (post: (report: Report) => void): Listener => ({
  progress: (progress) => post({ type: "progress", progress }),
  measured: (measured) => post({ type: "measured", measured }),
  notice: (message) => post({ type: "notice", message }),
  log: (text) => post({ type: "log", text }),
});

/** Makes the call that was posted. */
export function deliver(report: Report, listener: Listener): void {
  switch (report.type) {
    case "progress":
      return listener.progress(report.progress);
    case "measured":
      return listener.measured(report.measured);
    case "notice":
      return listener.notice(report.message);
    case "log":
      return listener.log(report.text);
  }
}

// As they are now: a stage may replace them.
const { setTimeout, clearTimeout } = globalThis;
const now = performance.now.bind(performance);

/** Milliseconds between two reports of a job's progress: a stage may make one for each of a million rows. */
const progressInterval = 10;

/** Passes on the progress that is reported, of much at once the latest alone. `flush` passes on what waits. */
export function paced(pass: Listener["progress"]): Pick<Listener, "progress"> & { flush(): void } {
  let last = -Infinity;
  let waiting: Progress | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    last = now();
    pass(waiting);
    waiting = undefined;
  };
  return {
    progress(progress) {
      waiting = progress;
      if (now() - last >= progressInterval) flush();
      else timer ??= setTimeout(flush, progressInterval);
    },
    flush,
  };
}
