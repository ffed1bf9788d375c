/**
 * Times and durations in files. Values that pass these schemas can be added, subtracted and written again: a
 * result with `seconds: 1e300` has no start that a manifest could hold.
 */
import { z } from "zod";

/** A moment, ISO 8601 in UTC. */
export const Moment = z.iso.datetime();

/** Wall time in seconds, at most about 31 years. */
export const Seconds = z.number().nonnegative().max(1e9);

/** Tells whether the moment so many seconds later, or earlier, still has a year of four digits. */
export function isDated(moment: string, seconds: number): boolean {
  const year = new Date(Date.parse(moment) + seconds * 1000).getUTCFullYear();
  return year >= 0 && year <= 9999;
}

/** The message for a moment and a duration that together lead out of the calendar. */
export const undated = { error: "expected a start and an end with years from 0 to 9999" };
