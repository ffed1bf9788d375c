/** Orders the levels at which evidence is verified, and words them. */
import { type Grade, type Recomputed, TrustLevel } from "../../schemas/run/graded.ts";

const levels = TrustLevel.options;

export const isAtLeast = (level: TrustLevel, required: TrustLevel): boolean =>
  levels.indexOf(level) >= levels.indexOf(required);

/** The lowest of some levels; null if there is none. */
export const lowest = (found: readonly TrustLevel[]): TrustLevel | null =>
  levels.find((level) => found.includes(level)) ?? null;

export const isVerified = ({ outcome }: Recomputed): boolean =>
  outcome === "same-bytes" || outcome === "within-tolerance";

const meanings: Record<TrustLevel, string> = {
  claimed: "CLAIMED: the submission says so, and nothing was verified",
  consistent: "consistent: hashes and derivations check, and nothing was computed again",
  recomputed: "recomputed: computed here from this project's data and code, and the same",
};

/** Says what the points of a grade rest on. */
export const levelText = ({ trust: { level, required } }: Pick<Grade, "trust">): string =>
  (level === null ? "No points were given" : `Points are ${meanings[level]}`) +
  `. Required: ${required}.`;
