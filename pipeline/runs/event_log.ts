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
import { validJson } from "../formats/read_json.ts";

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
      const text = JSON.stringify({ at: new Date().toISOString(), ...line }, floatsInJson) + "\n";
      Deno.writeTextFileSync(logPath(directory), text, { append: true });
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
      return undefined;
  }
}

interface Tail {
  /** Whole lines, each with the offset at which the next one begins. */
  lines: { line: LogLine; next: number }[];
  /** Position to continue reading from, in bytes. */
  next: number;
}

/** The lines of a log from an offset on, in bytes; a line that is not complete is left for later. */
export function readEventLog(directory: string, offset: number): Tail {
  let bytes: Uint8Array;
  try {
    using file = Deno.openSync(logPath(directory));
    const { size } = file.statSync();
    if (size <= offset) return { lines: [], next: offset };
    file.seekSync(offset, Deno.SeekMode.Start);
    bytes = new Uint8Array(size - offset);
    for (let at = 0; at < bytes.length;) {
      const read = file.readSync(bytes.subarray(at));
      if (read === null) {
        bytes = bytes.subarray(0, at);
        break;
      }
      at += read;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { lines: [], next: offset };
    throw error;
  }
  const decoder = new TextDecoder();
  const lines: Tail["lines"] = [];
  let from = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const text = decoder.decode(bytes.subarray(from, end));
    from = end + 1;
    const line = validJson(text, LogLine);
    // Lines of other versions are skipped.
    if (line !== undefined) lines.push({ line, next: offset + from });
  }
  return { lines, next: offset + from };
}
