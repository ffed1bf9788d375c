/**
 * Types of the claims table for those who write stages. `schemas/run/judged_claims.ts` has the schemas of
 * the same form; a test compares both.
 */

/** The verdict on a claim. */
export type Verdict = "confirmed" | "refuted" | "qualified" | "undecided";

/** An equivalence margin: where a claim says that a value lies. A missing end is null. */
export interface Margin {
  /** Least value that fits the claim; null if there is none. */
  low: number | null;
  /** Largest value that fits the claim; null if there is none. */
  high: number | null;
}

/** One condition under which a part of a claim was measured. */
export interface Condition {
  /** Values of the varied parameters: "n_in 64, σ² 0.5, v² 2, t₅ inputs". */
  condition: string;
  /** The measured value. */
  estimate: number;
  /** Null where the value is exact (an identity, a count, a closed form). */
  standardError: number | null;
  /** Confidence interval of the estimate. One without finite ends decides nothing. */
  interval: { low: number; high: number };
  /** The equivalence margin: where the claim says that the value lies. */
  band: Margin;
  /** P-value of the claimed value, by the part's test; null if there is none. */
  p: number | null;
  /** Probability that the interval lies inside the margin if the claim is exactly true. */
  power: number | null;
  /** Independent samples that the interval rests on, where they are counted. */
  sampleSize: number | null;
}

/** A measured condition, and where its interval lies. */
export interface JudgedCondition extends Condition {
  /** The position of the interval in its equivalence margin. */
  position: "inside" | "outside" | "straddles";
}

/** An assertion that a claim makes, with the conditions under which it was measured. */
export interface Part {
  /** Assertion in words. */
  assertion: string;
  /** The quantity measured, with its unit or what it is relative to. */
  quantity: string;
  /** The reason for the width of the equivalence margin. */
  bandReason: string;
  /** The test or interval used: "exact χ²", "t interval over 200 draws", "exact arithmetic". */
  test: string;
  /** Confidence of each condition's interval, 1 where it is exact. */
  confidence: number;
  /** At least one condition. */
  conditions: Condition[];
}

/** A part with its outcome, and where each interval lies. */
export interface JudgedPart extends Part {
  /** The part's conditions, each with its position. */
  conditions: JudgedCondition[];
  /** Mixed: it holds in some conditions and not in others. */
  outcome: "holds" | "fails" | "mixed" | "undecided";
}

/** A claim with its verdict. */
export interface JudgedClaim {
  /** A part, a dot and a name: `Q2c.he`, `needle.probability`. */
  id: string;
  /** The claim in words. */
  statement: string;
  /** Source of the claim, with the place in it. */
  source: string;
  /** True for a claim that the source implies or uses without saying so. Counted apart. */
  implied: boolean;
  /** The value by theory and the equation it comes from. */
  analytic: string;
  /** Rule by which the verdict follows from the parts of this claim. */
  rule: string;
  /** The measured parts; the claim holds if all of them do. */
  parts: JudgedPart[];
  /** Computed from the parts. */
  verdict: Verdict;
  /** Made from the measured values. */
  sentence: string;
  /** Findings beside the claim that its source does not assert; no part of the verdict. */
  remarks: string[];
  /** Sample size that would decide an undecided claim, or the reason why none does. */
  decidedBy: string | null;
}

/** A control of the method itself: it must come out as expected, or the run has failed. */
export interface JudgedControl {
  /** Unique among a run's claims and controls. */
  id: string;
  /** The control in words. */
  statement: string;
  /** A negative control must fail, a positive one must hold. */
  kind: "negative" | "positive";
  /** The part that was measured. */
  part: JudgedPart;
  /** True if it came out as its kind demands. */
  behaved: boolean;
}

/** Claims with their verdicts, and the controls of how they were judged. */
export interface Ledger {
  /** In the order in which they are shown. */
  claims: JudgedClaim[];
  /** In the order in which they are shown. */
  controls: JudgedControl[];
}
