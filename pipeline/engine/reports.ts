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
