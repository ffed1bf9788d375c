/** Formats numbers, times and states for the report. */
import type { JobStatus, ManifestJob } from "../../schemas/run/manifest.ts";
import { listed, range, significant } from "../terminal/numbers.ts";

const minus = (text: string): string => text.replace(/-/g, "\u2212");

/**
 * A number to so many significant digits, with a typographic minus; in powers of ten where it is far
 * from 1. Whole numbers keep all their digits.
 */
export function typeset(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return minus(String(value));
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return minus(String(value));
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 2)).split("e");
    return minus(`${Number(mantissa)}e${Number(exponent)}`);
  }
  return minus(significant(value, digits));
}

/** An interval; an end that is null is open. */
export const interval = (ends: { low: number | null; high: number | null }): string =>
  range(ends, typeset);

export const states: Record<JobStatus, string> = {
  ran: "ran",
  cached: "cached",
  failed: "failed",
  skipped: "not run",
  interrupted: "interrupted",
};

/** "2 ran and 1 cached". */
export const statesText = (jobs: readonly Pick<ManifestJob, "status">[]): string =>
  listed(
    Object.entries(states)
      .map(([status, word]) => [jobs.filter((job) => job.status === status).length, word] as const)
      .filter(([number]) => number > 0)
      .map(([number, word]) => `${number} ${word}`),
  );

/** "24 November 2026, 08:09 UTC". */
export function moment(iso: string): string {
  const months = "January February March April May June July August September October November " +
    "December";
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(iso)!;
  return `${Number(day)} ${months.split(" ")[Number(month) - 1]} ${year}, ${time} UTC`;
}

/** The first digits of a hash, enough to find it by. */
export const shortHash = (sha256: string): string => sha256.slice(0, 12);
