/**
 * The one rule by which verdicts follow from measurements. A part of a claim holds if its interval
 * lies inside its equivalence margin in every condition, fails if it lies outside in every one; a claim is
 * confirmed if all parts hold, refuted if all fail, qualified if some hold and others do not, and
 * undecided as long as any interval straddles its margin.
 *
 * Confirming is an intersection-union test: each interval must lie inside at its own level, so the
 * level of the whole is no larger than that of one (Berger 1982), and nothing is corrected for.
 * Refuting is its mirror image.
 */
import type { Condition, JudgedPart, Part, Position } from "../../schemas/run/judged_claims.ts";
import type { Verdict } from "../../schemas/run/claim_verdict.ts";

/**
 * The position of an interval: inside its margin, ends included; wholly outside; or across an end. One
 * with an end that is infinite or NaN may lie anywhere, so it straddles, even an open margin.
 */
export function positionOf({ interval, band }: Condition): Position {
  if (!Number.isFinite(interval.low) || !Number.isFinite(interval.high)) return "straddles";
  const low = band.low ?? -Infinity;
  const high = band.high ?? Infinity;
  if (interval.low >= low && interval.high <= high) return "inside";
  if (interval.high < low || interval.low > high) return "outside";
  return "straddles";
}

export function judgePart(part: Part): JudgedPart {
  const conditions = part.conditions.map((condition) => ({
    ...condition,
    position: positionOf(condition),
  }));
  const all = (position: Position) => conditions.every((one) => one.position === position);
  const judged = (outcome: JudgedPart["outcome"]) => ({ ...part, conditions, outcome });
  if (conditions.some((one) => one.position === "straddles")) return judged("undecided");
  if (all("inside")) return judged("holds");
  return judged(all("outside") ? "fails" : "mixed");
}

export function verdictOf(parts: readonly JudgedPart[]): Verdict {
  const all = (outcome: JudgedPart["outcome"]) => parts.every((part) => part.outcome === outcome);
  if (parts.some((part) => part.outcome === "undecided")) return "undecided";
  if (all("holds")) return "confirmed";
  if (all("fails")) return "refuted";
  return "qualified";
}
