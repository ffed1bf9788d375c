/**
 * Writes and reads the log of a run, `events.jsonl` in its directory: a line for each event while the run
 * goes on. A log that cannot be written stops no run.
 */
import { join } from "node:path";
import { LogLine } from "../../schemas/run/logged_event.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Event } from "../engine/event.ts";
import { wordFailure } from "../engine/failed.ts";
import { wordNotice } from "../engine/words/notices.ts";
import { linesFrom } from "../formats/read_json.ts";
import { appendLine } from "../store/append_line.ts";

/** Milliseconds between two lines about the progress of one job. */
const progressInterval = 250;

type Opening = Omit<Extract<LogLine, { type: "opened" }>, "at" | "type">;
type Ending = Omit<Extract<LogLine, { type: "ended" }>, "at" | "type">;

interface EventLog {
  append(event: Event): void;
  end(ending: Ending): void;
}

/** Its name in the run's directory. */
export const eventLogFile = "events.jsonl";

const logPath = (directory: string): string => join(directory, eventLogFile);

/** Begins the log of a run in its directory. Calls `onProblem` once if the log cannot be written. */
export function openEventLog(
  directory: string,
  opening: Opening,
  onProblem: (message: string) => void,
): EventLog {
  const last = new Map<string, number>();
  let works = true;
  const write = (line: Record<string, unknown>) => {
    if (!works) return;
    try {
      const text = JSON.stringify({ at: new Date().toISOString(), ...line }, floatsInJson);
      appendLine(logPath(directory), text);
    } catch (error) {
      works = false;
      onProblem((error as Error).message);
    }
  };
  write({ type: "opened", ...opening });
  return {
    append(event) {
      if (event.type === "progress") {
        const now = performance.now();
        if (now - (last.get(event.job) ?? -Infinity) < progressInterval) return;
        last.set(event.job, now);
      }
      const line = lineOf(event);
      if (line !== undefined) write(line);
    },
    end: (ending) => write({ type: "ended", ...ending }),
  };
}

function lineOf(event: Event): Record<string, unknown> | undefined {
  switch (event.type) {
    case "failure": {
      const { failure } = event;
      const job = "job" in failure ? failure.job : undefined;
      return { type: "failure", job, message: wordFailure(failure) };
    }
    case "notice":
      return { type: "notice", message: wordNotice(event.notice) };
    case "started":
      return { type: "started", job: event.job };
    case "measured":
    case "progress":
    case "success":
      return { ...event };
    case "begun":
    case "ended":
      return undefined;
  }
}

/** The lines of a log from an offset on, in bytes; a line that is not complete is left for later. */
export const readEventLog = (directory: string, offset: number) =>
  linesFrom(LogLine, logPath(directory), offset);
