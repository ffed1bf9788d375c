/**
 * Shows events to people, on standard error: a live view on a terminal, time-stamped lines elsewhere. What
 * fails is one line, with the number of jobs that it keeps from running.
 */
import type { Event, Failure, Notice } from "../engine/event.ts";
import { failureLine, failureLines } from "../engine/failed.ts";
import { noticeLines } from "../engine/words/notices.ts";
import { cellWidth } from "./cell_width.ts";
import type { Lines } from "./escape.ts";
import { followJobs, type JobProgress, leftWords } from "./job_progress.ts";
import { amount, liveFrame } from "./live_frame.ts";
import { seconds, someOf } from "./numbers.ts";
import { writeTo } from "./print.ts";
import { type Screen, screenOf } from "./screen.ts";
import { plainText, type Span, styled, type StyledLines, styledText } from "./styled.ts";
import { wrappedLine, wrappedLines } from "./wrapped.ts";

interface View {
  show(event: Event): void;
  /** Shows lines that stay. */
  say(lines: Lines): void;
  /** Shows what goes on before the jobs begin; on a terminal only as long as it does. */
  doing(what: string): void;
  /** Ends the live view; lines that are said later still show. */
  close(): void;
}

/** Disposing it closes it. */
export interface Console extends View, Disposable {
  notice(notice: Notice): void;
  /** Shows work of a command that is no job; the result shows how far it is, in `unit`. */
  task(name: string, about: string, unit: string): (done: number, total: number) => void;
}

/** Amount of text: failures and notices; also the progress; also each job that ended. */
export type Verbosity = "quiet" | "short" | "verbose";

interface ConsoleOptions {
  verbosity?: Verbosity;
  stream?: Pick<typeof Deno.stderr, "isTerminal" | "writeSync">;
  /** The size and colours at the moment. */
  screen?: () => Screen;
  /** A clock, in seconds. */
  now?: () => number;
}

/** Plain lines report a job's progress no more often than this, in seconds. */
const plainInterval = 10;
/** In milliseconds. */
const frameInterval = 100;

export function openConsole(
  {
    verbosity = "short",
    stream = Deno.stderr,
    screen = () => screenOf(stream),
    now = () => performance.now() / 1000,
  }: ConsoleOptions = {},
): Console {
  const options = { verbosity, stream, screen, now };
  return withoutRepeats(screen().moves ? liveConsole(options) : plainConsole(options));
}

/**
 * A view that shows each notice once: a plan, the run of it and a second plan find the same in the store.
 * Every report of stages and locks is news.
 */
function withoutRepeats(view: View): Console {
  const shown = new Set<string>();
  const show = (event: Event) => {
    if (event.type === "notice" && !recurring.includes(event.notice.reason)) {
      const notice = JSON.stringify(event.notice);
      if (shown.has(notice)) return;
      shown.add(notice);
    }
    view.show(event);
  };
  return {
    ...view,
    show,
    notice: (notice) => show({ type: "notice", notice }),
    task(job, about, unit) {
      show({ type: "started", job, about });
      return (done, total) => show({ type: "progress", job, done, total, unit });
    },
    [Symbol.dispose]: view.close,
  };
}

const recurring: Notice["reason"][] = ["stage-notice", "waiting-for-lock"];

/** Ends of jobs that follow from another's, or from an interruption, which the command words once. */
const consequences: Failure["reason"][] = ["job-skipped", "interrupted"];

/** The lines that stay for an event, if any do. `jobs` are as they were before it. */
function lasting(event: Event, jobs: JobProgress, verbosity: Verbosity): StyledLines | undefined {
  switch (event.type) {
    case "success":
      if (verbosity === "quiet") return undefined;
      if (event.from === "remote") {
        return labelled("taken", "good", [`${event.job} from the remote`]);
      }
      if (event.reason === "ran") {
        return labelled("done", "good", [`${event.job} in ${seconds(event.seconds)}`]);
      }
      // It was started here, and another process had its result first.
      return jobs.running.has(event.job)
        ? labelled("done", "good", [`${event.job} by another process`])
        : undefined;
    case "failure": {
      const { failure } = event;
      if (verbosity === "verbose") return labelled("failed", "bad", failureLines(failure));
      if (consequences.includes(failure.reason)) return undefined;
      const kept = "job" in failure ? jobs.keptBack(failure.job) : 0;
      return labelled("failed", "bad", [failureLine(failure, kept)]);
    }
    case "notice":
      return labelled("notice", "warning", noticeLines(event.notice));
    case "begun":
    case "started":
    case "progress":
    case "measured":
    case "ended":
      return undefined;
  }
}

/** The reasons of a start line: ` [parameter seed (0 → 7)]`. */
const because = (why: readonly string[] = []): string =>
  why.length === 0 ? "" : ` [${someOf(why, 3)}]`;

const labelled = (
  label: string,
  style: Exclude<Span, string>["style"],
  [first, ...rest]: readonly string[],
): readonly (string | readonly Span[])[] => [
  [styled(style, label), " ".repeat(8 - label.length), first],
  ...rest,
];

/** Place in a run whose jobs were announced: " (12 of 64, about 3 min left)". */
function placeOf(jobs: JobProgress): string {
  if (jobs.total() === 0) return "";
  const left = leftWords(jobs);
  const time = left === undefined ? "" : `, ${left}`;
  return ` (${jobs.ended()} of ${jobs.total()}${time})`;
}

type Options = Required<ConsoleOptions>;

function plainConsole({ verbosity, stream, screen, now }: Options): View {
  const jobs = followJobs(now);
  const shown = new Map<string, number>();
  const say = (lines: StyledLines) => {
    const [first, ...rest] = [lines].flat();
    const time = new Date().toISOString().slice(11, 19);
    const stamped = [[`${time} `, ...[first].flat()], ...rest];
    const { columns, colour } = screen();
    writeTo(stream, styledText(wrappedLines(stamped, columns), colour));
  };
  return {
    say,
    doing: (what) => verbosity === "quiet" ? undefined : say(what),
    close() {},
    show(event) {
      const lines = lasting(event, jobs, verbosity);
      jobs.note(event);
      if (lines !== undefined) {
        const [first, ...rest] = [lines].flat();
        const place = event.type === "success" ? [placeOf(jobs)] : [];
        say([[...[first].flat(), ...place], ...rest]);
      }
      if (verbosity === "quiet") return;
      if (event.type === "started") {
        shown.set(event.job, now());
        say(`start   ${event.job}: ${event.about}${because(event.why)}`);
      }
      if (
        event.type === "progress" && now() - (shown.get(event.job) ?? -Infinity) > plainInterval
      ) {
        shown.set(event.job, now());
        say(`at      ${event.job} ${amount(event)}`);
      }
    },
  };
}

function liveConsole({ verbosity, stream, screen, now }: Options): View {
  const jobs = followJobs(now);
  let drawn: { text: string; widths: readonly number[] } = { text: "", widths: [] };
  let isClosed = false;
  let preparation = "";
  const cleared = (columns: number) => {
    // A terminal that was made narrower has broken the lines into more rows.
    const rows = drawn.widths.reduce((sum, width) => sum + Math.ceil(width / columns), 0);
    // It may have shown "^C" where the cursor was.
    return rows === 0 ? "" : `\r\x1b[${rows}A\x1b[0J`;
  };
  /** Lines that stay, and the view below them, at once: what is written in parts flickers. */
  const draw = (lasting = "") => {
    const size = screen();
    const frame = isClosed || verbosity === "quiet"
      ? []
      : preparation !== ""
      ? wrappedLine([styled("faint", preparation)], size.columns - 1)
      : liveFrame(jobs, size, now());
    const text = styledText(frame, size.colour);
    if (lasting === "" && text === drawn.text) return;
    writeTo(stream, cleared(size.columns) + lasting + text);
    drawn = { text, widths: frame.map((line) => cellWidth(plainText(line))) };
  };
  const timer = setInterval(draw, frameInterval);
  // The view alone must not keep the process alive.
  Deno.unrefTimer(timer);
  const say = (lines: StyledLines) => {
    const { columns, colour } = screen();
    draw(styledText(wrappedLines(lines, columns), colour));
  };
  return {
    say,
    doing(what) {
      preparation = what;
      draw();
    },
    close() {
      clearInterval(timer);
      isClosed = true;
      draw();
    },
    show(event) {
      const lines = lasting(event, jobs, verbosity);
      jobs.note(event);
      if (event.type === "begun" || event.type === "started") preparation = "";
      const isRoutine = event.type === "success" && verbosity !== "verbose";
      if (lines !== undefined && !isRoutine) say(lines);
    },
  };
}
