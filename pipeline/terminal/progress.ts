/**
 * Shows events to people, on standard error: a live view on a terminal (a line for each running job, with
 * bar and time left), time-stamped lines elsewhere.
 */
import type { Event, Notice } from "../engine/event.ts";
import { failureLines } from "../engine/failed.ts";
import { noticeLines } from "../engine/words/notices.ts";
import { bytes, count, seconds, someOf } from "./numbers.ts";
import { escaped, type Lines, printable } from "./escape.ts";
import { writeTo } from "./print.ts";

interface View {
  show(event: Event): void;
  /** Shows lines that stay. */
  say(lines: Lines): void;
  /** Ends the live view; lines that are said later still show. */
  close(): void;
}

/** Disposing it closes it. */
export interface Console extends View, Disposable {
  notice(notice: Notice): void;
  /** Shows work of a command that is no job; the result shows how far it is, in `unit`. */
  task(name: string, about: string, unit: string): (done: number, total: number) => void;
}

interface Running {
  started: number;
  done: number;
  total: number;
  unit: string;
  why?: readonly string[];
}

/** Plain lines report a job's progress no more often than this, in milliseconds. */
const plainInterval = 10_000;
const frameInterval = 100;

export function openConsole(stream: typeof Deno.stderr = Deno.stderr): Console {
  const live = stream.isTerminal() && Deno.env.get("TERM") !== "dumb";
  return withoutRepeats(live ? liveConsole(stream) : plainConsole(stream));
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

/** The lines that stay for an event, if any do. */
function lasting(event: Event): Lines | undefined {
  switch (event.type) {
    case "success":
      if (event.from === "remote") return `taken   ${event.job} from the remote`;
      return event.reason === "ran"
        ? `done    ${event.job} in ${seconds(event.seconds)}`
        : undefined;
    case "failure":
      return labelled("failed", failureLines(event.failure));
    case "notice":
      return labelled("notice", noticeLines(event.notice));
    case "begun":
    case "started":
    case "progress":
    case "measured":
      return undefined;
  }
}

/** The reasons of a start line: ` (parameter seed (0 → 7))`. */
const because = (why: readonly string[] = []): string =>
  why.length === 0 ? "" : ` [${someOf(why, 3)}]`;

const labelled = (label: string, [first, ...rest]: string[]): string[] => [
  `${label}  ${first}`,
  ...rest,
];

function plainConsole(stream: typeof Deno.stderr): View {
  const shown = new Map<string, number>();
  const say = (lines: Lines) => {
    const [first, ...rest] = [lines].flat();
    const time = new Date().toISOString().slice(11, 19);
    writeTo(stream, printable([`${time} ${first}`, ...rest]));
  };
  return {
    say,
    close() {},
    show(event) {
      const lines = lasting(event);
      if (lines !== undefined) say(lines);
      if (event.type === "started") {
        shown.set(event.job, Date.now());
        say(`start   ${event.job}: ${event.about}${because(event.why)}`);
      }
      if (event.type === "progress" && Date.now() - (shown.get(event.job) ?? 0) > plainInterval) {
        shown.set(event.job, Date.now());
        say(`at      ${event.job} ${amount(event)}`);
      }
    },
  };
}

/** A line that fits; one that is cut says so, because a cut number is another number. */
const cutTo = (width: number, line: string): string =>
  line.length <= width ? line : `${line.slice(0, width - 1)}…`;

/** "3 of 25 epochs", "12.5 MiB of 206.3 MiB". */
const amount = ({ done, total, unit }: { done: number; total: number; unit: string }): string =>
  unit === "bytes" ? `${bytes(done)} of ${bytes(total)}` : `${done} of ${total} ${unit}`;

function bar({ done, total }: Running, width: number): string {
  const filled = total === 0 ? 0 : Math.min(width, Math.round(width * done / total));
  return "█".repeat(filled) + "░".repeat(width - filled);
}

function timeLeft(job: Running): string {
  if (job.done === 0 || job.done >= job.total) return "";
  const elapsed = (performance.now() - job.started) / 1000;
  return ` ${seconds(elapsed * (job.total / job.done - 1))} left,`;
}

/** 80 where the terminal does not say. */
function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}

function liveConsole(stream: typeof Deno.stderr): View {
  const running = new Map<string, Running>();
  const start = performance.now();
  let jobs = 0;
  let ended = 0;
  let drawn = 0;
  let isClosed = false;
  const clear = () => {
    if (drawn > 0) writeTo(stream, `\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    clear();
    if (isClosed) return;
    const columns = terminalColumns();
    const lines = [...running].map(([name, job]) => {
      const state = job.total === 0
        ? seconds((performance.now() - job.started) / 1000)
        : `${bar(job, 20)}${timeLeft(job)} ${amount(job)}`;
      return cutTo(columns - 1, escaped(`${name.padEnd(24)} ${state}${because(job.why)}`));
    });
    if (jobs > 0) {
      lines.push(
        `${ended} of ${count(jobs, "job")}, ${seconds((performance.now() - start) / 1000)}`,
      );
    }
    if (lines.length > 0) writeTo(stream, lines.join("\n") + "\n");
    drawn = lines.length;
  };
  const timer = setInterval(draw, frameInterval);
  // The view alone must not keep the process alive.
  Deno.unrefTimer(timer);
  const say = (lines: Lines) => {
    clear();
    writeTo(stream, printable(lines));
    draw();
  };
  return {
    say,
    close() {
      clearInterval(timer);
      clear();
      isClosed = true;
    },
    show(event) {
      // Replicates each begin with theirs.
      if (event.type === "begun") jobs += event.jobs;
      if (event.type === "started") {
        const { why } = event;
        running.set(event.job, { started: performance.now(), done: 0, total: 0, unit: "", why });
      }
      if (event.type === "progress") {
        const { done, total, unit } = event;
        const job = running.get(event.job);
        if (job !== undefined) Object.assign(job, { done, total, unit });
      }
      if (event.type === "success" || event.type === "failure") {
        ended++;
        if (event.type === "success") running.delete(event.job);
        else if ("job" in event.failure) running.delete(event.failure.job);
      }
      const lines = lasting(event);
      if (lines !== undefined) say(lines);
    },
  };
}

/**
 * Calls `each` on all items and shows how far that has come, by the items' weights where they have
 * some. Between two items the view can draw and signals are heard.
 */
export async function withProgress<T>(
  what: string,
  { about, unit, items, weight = () => 1 }: {
    about: string;
    unit: string;
    items: readonly T[];
    weight?: (item: T) => number;
  },
  each: (item: T) => void,
): Promise<void> {
  using view = openConsole();
  const total = items.reduce((sum, item) => sum + weight(item), 0);
  let done = 0;
  let shown = performance.now();
  const showDone = view.task(what, about, unit);
  for (const item of items) {
    each(item);
    done += weight(item);
    if (performance.now() - shown < frameInterval) continue;
    showDone(done, total);
    await new Promise((resolve) => setTimeout(resolve));
    shown = performance.now();
  }
}
