/**
 * Says what would decide an undecided claim: how many samples, if samples do. The width of an interval
 * shrinks as one over the root of their number.
 */
import type { JudgedPart } from "../../schemas/run/judged_claims.ts";
import { numberText } from "./claim_numbers.ts";

type JudgedCondition = JudgedPart["conditions"][number];

/**
 * Returns the factor by which the sample must grow to put the interval on one side of its margin's ends,
 * if the estimate stays where it is. Null if no factor does.
 */
export function samplesNeeded(
  { estimate, standardError, interval, band }: Omit<JudgedCondition, "position">,
): number | null {
  if (standardError === null) return null;
  const ends = [band.low, band.high].filter((end) => end !== null)
    .filter((end) => interval.low < end && end < interval.high);
  // The interval, smaller, must reach none of the ends that it straddles now.
  const multiples = ends.map((end) => {
    const width = end < estimate ? estimate - interval.low : interval.high - estimate;
    return (width / Math.abs(end - estimate)) ** 2;
  });
  const most = Math.max(...multiples);
  return Number.isFinite(most) ? most : null;
}

/** In words, for the condition that asks for most; null where every interval has its side. */
export function decidedBy(parts: readonly JudgedPart[]): string | null {
  const open = parts.flatMap((part) =>
    part.conditions.filter(({ position }) => position === "straddles")
      .map((condition) => ({ part, condition, multiple: samplesNeeded(condition) }))
  );
  if (open.length === 0) return null;
  const [{ part, condition, multiple }] = open.sort((a, b) =>
    (b.multiple ?? Infinity) - (a.multiple ?? Infinity)
  );
  const { interval, band, sampleSize } = condition;
  const what = `“${part.assertion}” in the condition ${condition.condition}`;
  if (!Number.isFinite(interval.low) || !Number.isFinite(interval.high)) {
    return `A finite interval would decide ${what}: found ${numberText(interval.low)} to ` +
      numberText(interval.high);
  }
  const where = `${what}: the interval ` +
    `${numberText(interval.low)} to ${
      numberText(interval.high)
    } lies across an end of the margin ` +
    `${band.low === null ? "-∞" : numberText(band.low)} to ${
      band.high === null ? "∞" : numberText(band.high)
    }`;
  if (multiple === null) return `No number of samples decides ${where}`;
  const numbers = sampleSize === null
    ? ""
    : ` (${Math.ceil(multiple * sampleSize)} rather than ${sampleSize})`;
  return `${numberText(multiple)} times as many samples${numbers} would decide ${where}`;
}
