/**
 * Decides how far a run goes on using a remote store. Whatever goes wrong there costs the run a notice
 * and a bounded time: the run then asks less, writes nothing more, or leaves the remote alone.
 */
import type { Notice } from "../engine/event.ts";
import type { Client } from "./client.ts";
import { RemoteFailure, type Trouble } from "./remote_failure.ts";

export interface UseOptions {
  readOnly: boolean;
  /** Aborts all that is under way. */
  signal: AbortSignal;
  onNotice: (notice: Notice) => void;
  /** Milliseconds that the remote may cost a run more than it saves. */
  allowance?: number;
}

export interface RemoteUse {
  /** Aborted with the run, or when the remote is left alone. */
  readonly signal: AbortSignal;
  /** True if results are still written to the remote. */
  writes(): boolean;
  /** Decides what follows from an error, and reports it. */
  fail(error: unknown, during: "fetch" | "store"): void;
  /** Milliseconds that the remote may still cost. */
  allowance(): number;
  /** Counts the time of a fetch, in ms: what it took, and what it saved if it brought a result. */
  count(took: number, saved: number | undefined): void;
}

/** A request that takes no longer, in ms, costs nothing. */
const free = 500;
/** Successive wrong answers after which the remote is left alone. */
const mostLies = 3;

/** Consequences of a failure of the remote for the rest of the run. */
type Consequence = "report" | "report-once" | "stop-writing" | "leave-alone";

/** The consequence of a failure; `lies` counts the wrong answers in a row, this one included. */
function consequenceOf(
  { trouble, since }: RemoteFailure,
  during: "fetch" | "store",
  { lastAnswer, lies }: { lastAnswer: number; lies: number },
): Consequence {
  switch (trouble) {
    case "unreachable":
    case "slow":
      if (during === "store") return "stop-writing";
      // While the remote answers other requests, only this one fails.
      return lastAnswer < since ? "leave-alone" : "report-once";
    case "refused":
      return during === "store" ? "stop-writing" : "leave-alone";
    case "full":
    case "read-only":
      return "stop-writing";
    case "lying":
      if (during === "store") return "stop-writing";
      // Each is reported: they are different entries, and each costs what computing its job does.
      return lies >= mostLies ? "leave-alone" : "report";
    case "too-large":
    case "incomplete":
      return "report-once";
  }
}

export function useRemote(
  { url, lastAnswer }: Pick<Client, "url" | "lastAnswer">,
  options: UseOptions,
): RemoteUse {
  const alone = new AbortController();
  const signal = AbortSignal.any([options.signal, alone.signal]);
  const reported = new Set<Trouble>();
  let writes = !options.readOnly;
  let lies = 0;
  let allowance = options.allowance ?? 60_000;

  const report = (problem: string, then: Extract<Notice, { reason: "remote" }>["then"]) =>
    options.onNotice({ reason: "remote", url, problem, then });

  const leaveAlone = (problem: string) => {
    if (alone.signal.aborted) return;
    report(problem, "left-alone");
    alone.abort(new RemoteFailure("unreachable", problem));
  };

  const stopWriting = (problem: string) => {
    if (!writes) return;
    writes = false;
    report(problem, "not-written");
  };

  const failRemote = (failure: RemoteFailure, during: "fetch" | "store") => {
    const { trouble, message } = failure;
    const isLie = trouble === "lying" && during === "fetch";
    if (isLie) lies++;
    switch (consequenceOf(failure, during, { lastAnswer: lastAnswer(), lies })) {
      case "leave-alone":
        return leaveAlone(isLie ? `${message} (wrong ${lies} times in a row)` : message);
      case "stop-writing":
        return stopWriting(
          trouble === "read-only" ? `${message}, or only read (--remote-read-only)` : message,
        );
      case "report-once":
        if (reported.has(trouble)) return;
        reported.add(trouble);
      // falls through
      case "report":
        report(message, during === "fetch" ? "computed" : "not-stored");
    }
  };

  return {
    signal,
    writes: () => writes,
    allowance: () => allowance,
    fail(error, during) {
      if (signal.aborted) return;
      if (error instanceof RemoteFailure) return failRemote(error, during);
      // An error of this side ends the use too.
      const { message } = error as Error;
      return during === "fetch" ? leaveAlone(message) : stopWriting(message);
    },
    count(took, saved) {
      if (saved !== undefined) lies = 0;
      allowance += (saved ?? 0) - Math.max(0, took - free);
      if (allowance < 0) leaveAlone("it has cost this run more time than it has saved");
    },
  };
}
