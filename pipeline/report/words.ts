/** How the report words figures, times and states. */
import type { JobStatus } from "../../schemas/run/manifest.ts";

const minus = (text: string): string => text.replace(/-/g, "\u2212");

/**
 * A figure with so many significant digits; in powers of ten where it is far from 1. Counts keep
 * all of theirs.
 */
export function figure(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return minus(String(value));
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return minus(String(value));
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 2)).split("e");
    return minus(`${Number(mantissa)}e${Number(exponent)}`);
  }
  return minus(String(Number(value.toPrecision(digits))));
}

/** An interval or band; an end that is null is open. */
export function interval({ low, high }: { low: number | null; high: number | null }): string {
  if (low === null && high === null) return "any";
  if (low === null) return `≤ ${figure(high!)}`;
  if (high === null) return `≥ ${figure(low)}`;
  return low === high ? figure(low) : `${figure(low)} to ${figure(high)}`;
}

export const percent = (share: number): string => `${figure(100 * share, 3)} %`;

export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** "1 job", "3 jobs". */
export const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? "" : "s"}`;

/** "a, b and c". */
export const listed = (items: readonly string[]): string =>
  items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;

export const states: Record<JobStatus, string> = {
  ran: "ran",
  cached: "from the store",
  failed: "failed",
  skipped: "not run",
  interrupted: "interrupted",
};

/** "24 November 2026, 08:09 UTC". */
export function moment(iso: string): string {
  const months = "January February March April May June July August September October November " +
    "December";
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(iso)!;
  return `${Number(day)} ${months.split(" ")[Number(month) - 1]} ${year}, ${time} UTC`;
}

/** The first digits of a hash, enough to find it by. */
export const short = (sha256: string): string => sha256.slice(0, 12);
