/** Lays out the live view of a run: its running jobs with why they run, and how far the whole is. */
import { cellWidth, padded, shortenedName } from "./cell_width.ts";
import { escaped } from "./escape.ts";
import { type JobProgress, leftWords, type Running } from "./job_progress.ts";
import { bytes, count, duration, someOf } from "./numbers.ts";
import type { Screen } from "./screen.ts";
import { plainText, type Span, styled } from "./styled.ts";
import { wrappedLine } from "./wrapped.ts";

type Line = readonly Span[];

/** Columns of a bar; there is none on a narrower terminal than `leastForBars`. */
const barWidth = 12;
const leastForBars = 60;

/** Columns by which lines below another are set in. */
const indent = 4;

/** "3 of 25 epochs", "12.5 MiB of 206.3 MiB". */
export const amount = ({ done, total, unit }: Pick<Running, "done" | "total" | "unit">): string =>
  unit === "bytes" ? `${bytes(done)} of ${bytes(total)}` : `${done} of ${total} ${unit}`;

function bar(done: number, total: number): Line {
  const filled = total === 0 ? 0 : Math.min(barWidth, Math.floor(barWidth * done / total));
  return [
    styled("good", "█".repeat(filled)),
    styled("faint", "░".repeat(barWidth - filled)),
    " ",
  ];
}

/**
 * The lines of the view, each narrower than the terminal, and fewer than its rows. Where there are more,
 * the reasons go first, then jobs.
 */
export function liveFrame(jobs: JobProgress, { columns, rows }: Screen, now: number): Line[] {
  const width = Math.max(10, columns - 1);
  const hasBars = columns >= leastForBars;
  const whole = jobs.total() === 0 ? [] : wrappedLine(wholeLine(jobs, hasBars), width, indent);
  const room = Math.max(1, rows - 1 - whole.length);
  const names = [...jobs.running.keys()].map((name) => cellWidth(escaped(name)));
  const column = Math.min(Math.max(0, ...names), Math.floor((hasBars ? 0.45 : 0.8) * width));
  const heads = [...jobs.running].map(([name, job]) => {
    const shown = shortenedName(escaped(name), column);
    return [hasBars ? padded(shown, column) : shown, "  ", ...stateOf(job, hasBars, now)];
  });
  const reasons = [...jobs.running.values()].map(({ why }) => escaped(someOf(why, 3)));
  const full = heads.map((head, i) => withReason(head, reasons[i], width));
  const short = heads.map((head) => wrappedLine(head, width, indent));
  return [...fitting(full, short, room), ...whole].map((line) => narrowed(line, width));
}

/** A line with a word that is wider than the terminal, which would break it, without the word's middle. */
const narrowed = (line: Line, width: number): Line =>
  cellWidth(plainText(line)) <= width ? line : [shortenedName(plainText(line), width)];

/** "12 of 64 jobs, 1 failed, 1 min 12 s, about 3 min left" */
function wholeLine(jobs: JobProgress, hasBar: boolean): Line {
  const left = leftWords(jobs);
  const failed = jobs.failed();
  return [
    ...hasBar ? bar(jobs.ended(), jobs.total()) : [],
    styled("strong", `${jobs.ended()} of ${count(jobs.total(), "job")}`),
    ...failed === 0 ? [] : [", ", styled("bad", `${failed} failed`)],
    `, ${duration(jobs.elapsed())}`,
    ...left === undefined ? [] : [`, ${left}`],
  ];
}

/** Seconds after which a job's pace is known: the first bytes wait for the disk. */
const settled = 2;

function stateOf({ since, done, total, unit }: Running, hasBar: boolean, now: number): Span[] {
  const elapsed = now - since;
  if (total === 0) return [duration(elapsed)];
  const isKnown = elapsed >= settled && done > 0 && done < total;
  const left = isKnown ? `, ${duration(elapsed * (total / done - 1))} left` : "";
  return [...hasBar ? bar(done, total) : [], escaped(amount({ done, total, unit })) + left];
}

/** A job's line with the reason beside it, or below it where both are too long for one line. */
function withReason(head: Line, reason: string, width: number): Line[] {
  if (reason === "") return wrappedLine(head, width, indent);
  const both = [...head, "  ", styled("faint", `(${reason})`)];
  if (cellWidth(plainText(both)) <= width) return [both];
  const set = " ".repeat(indent);
  const below = wrappedLine([styled("faint", `(${reason})`)], width - indent);
  return [...wrappedLine(head, width, indent), ...below.map((line) => [set, ...line])];
}

/** Lines of the jobs as far as there is room for them. */
function fitting(full: readonly Line[][], short: readonly Line[][], room: number): Line[] {
  const lines = (blocks: readonly Line[][]) => blocks.reduce((sum, { length }) => sum + length, 0);
  if (lines(full) <= room) return full.flat();
  if (lines(short) <= room) {
    // Reasons of the jobs that began last are new to the reader.
    let kept = [...short];
    for (let i = full.length - 1; i >= 0; i--) {
      const more = kept.with(i, full[i]);
      if (lines(more) <= room) kept = more;
    }
    return kept.flat();
  }
  let shown = short.length;
  while (shown > 0 && lines(short.slice(0, shown)) > room - 1) shown--;
  return [...short.slice(0, shown).flat(), [styled("faint", `and ${short.length - shown} more`)]];
}
