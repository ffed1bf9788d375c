/**
 * Orders levels of agreement from the best to the worst, and says which agree at a level. `unknown` has no
 * place in the order: it neither hides a difference nor makes one.
 */
import { type Agreement, KnownAgreement } from "../../schemas/run/agreement_level.ts";

/** Everything that a comparison can find, from the best to the worst. */
export const order: readonly KnownAgreement[] = KnownAgreement.options;

/** Values of `--level`: the worst agreement that still counts as agreeing. */
export const levels = ["identical", "equal", "within", "consistent"] as const;
export type Level = typeof levels[number];

export const isKnown = (agreement: Agreement): agreement is KnownAgreement =>
  agreement !== "unknown";

export const isWorse = (a: KnownAgreement, b: KnownAgreement): boolean =>
  order.indexOf(a) > order.indexOf(b);

/** The worst of several; identical where there is none. */
export const worstOf = (all: Iterable<KnownAgreement>): KnownAgreement =>
  [...all].reduce((worst, one) => isWorse(one, worst) ? one : worst, "identical");

/**
 * The agreement of a file by that of its parts. A file that lacks a part is there, so it is
 * `different`; `missing` is the part. Bytes that differ outside of all parts encode equal values.
 */
export function agreementOfParts(parts: Iterable<KnownAgreement>): KnownAgreement {
  const worst = worstOf(["equal", ...parts]);
  return worst === "missing" ? "different" : worst;
}

/**
 * Orders parts for display, the worst first. A changed value comes before a missing one, because its
 * distance says more; missing ones are counted beside it.
 */
export const byInterest = (a: KnownAgreement, b: KnownAgreement): number =>
  interests.indexOf(a) - interests.indexOf(b);
const interests: readonly KnownAgreement[] = [
  "different",
  "missing",
  "consistent",
  "within",
  "equal",
  "identical",
];

/** The rank of an agreement by what it says of a difference, the most telling first; the unknown last. */
export const interest = (agreement: Agreement): number =>
  isKnown(agreement) ? interests.indexOf(agreement) : interests.length;

/** True if two values are known to agree at a level. */
export const agreesAt = (agreement: Agreement, level: Level): boolean =>
  isKnown(agreement) && !isWorse(agreement, level);

/** True if two values are known to differ at a level. Different hashes are never identical. */
export const differsAt = (agreement: Agreement, level: Level): boolean =>
  isKnown(agreement) ? isWorse(agreement, level) : level === "identical";

/** Agreement as readers see it. */
export const agreementWords: Record<Agreement, string> = {
  identical: "identical",
  equal: "equal values",
  within: "within tolerance",
  consistent: "within spread",
  different: "DIFFERENT",
  missing: "MISSING",
  unknown: "not compared",
};
