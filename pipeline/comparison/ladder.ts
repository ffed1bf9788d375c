/** The ladder of verdicts, from the same bytes down to nothing to compare: its order, and what agrees. */
import { Rung } from "../../schemas/comparison.ts";

/** From the best to the worst. */
export const rungs: readonly Rung[] = Rung.options;

/** What `--level` can ask for: the worst rung that still agrees. */
export const levels = ["identical", "equal", "within", "consistent"] as const;
export type Level = typeof levels[number];

export const isWorse = (a: Rung, b: Rung): boolean => rungs.indexOf(a) > rungs.indexOf(b);

/** The worst of several; identical where there is none. */
export const worstOf = (all: Iterable<Rung>): Rung =>
  [...all].reduce((worst, rung) => isWorse(rung, worst) ? rung : worst, "identical");

export const agreesAt = (rung: Rung, level: Rung): boolean => !isWorse(rung, level);

/** As people read it. */
export const rungWords: Record<Rung, string> = {
  identical: "identical",
  equal: "equal values",
  within: "within tolerance",
  consistent: "consistent",
  different: "DIFFERENT",
  missing: "MISSING",
};
