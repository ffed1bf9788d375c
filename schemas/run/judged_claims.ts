/**
 * The claims table: statements of a document, what was measured, and the verdict.
 * `pipeline/claims/verdict.ts` computes the verdict; here is only the form.
 */
import { z } from "zod";
import { Verdict } from "./claim_verdict.ts";
import { Float } from "./float.ts";

/** An interval with both ends; where an end is null there is none. */
const Interval = z.strictObject({ low: z.number().nullable(), high: z.number().nullable() });

/** One condition under which a part of a claim was measured. */
export const Condition = z.strictObject({
  /** Values of the varied parameters: "n_in 64, σ² 0.5, v² 2, t₅ inputs". */
  condition: z.string(),
  estimate: Float,
  /** Null where the value is exact (an identity, a count, a closed form). */
  standardError: Float.refine((error) => !(error < 0), "expected 0 or more").nullable(),
  /**
   * Confidence interval of the estimate; both ends are the estimate where it is exact. One without
   * finite ends decides nothing.
   */
  interval: z.strictObject({ low: Float, high: Float }),
  /** The equivalence margin: where the claim says that the value lies. */
  band: Interval,
  /**
   * P-value of the claimed value, by the part's test; null if there is none, or the margin has several
   * values.
   */
  p: z.number().min(0).max(1).nullable().default(null),
  /** Probability that the interval lies inside the equivalence margin if the claim is exactly true. */
  power: z.number().min(0).max(1).nullable().default(null),
  /** Independent samples that the interval rests on, where they are counted. */
  sampleSize: z.int().positive().nullable().default(null),
});
/** One condition under which a part of a claim was measured. */
export type Condition = z.infer<typeof Condition>;

/** The position of the interval in its equivalence margin. */
export const Position = z.enum(["inside", "outside", "straddles"]);
export type Position = z.infer<typeof Position>;

/** An assertion that the claim makes; a claim holds if all its parts do. */
export const Part = z.strictObject({
  /** Assertion in words. */
  assertion: z.string(),
  /** The quantity measured, with its unit or what it is relative to. */
  quantity: z.string(),
  /** The reason for the width of the equivalence margin. */
  bandReason: z.string(),
  /** The test or interval used: "exact χ²", "t interval over 200 draws", "exact arithmetic". */
  test: z.string(),
  /** Confidence of each condition's interval, 1 where it is exact. */
  confidence: z.number().min(0).max(1),
  conditions: z.array(Condition).min(1),
});
/** An assertion that a claim makes, with the conditions under which it was measured. */
export type Part = z.infer<typeof Part>;

export const JudgedPart = z.strictObject({
  ...Part.shape,
  conditions: z.array(z.strictObject({ ...Condition.shape, position: Position })).min(1),
  /** Mixed: it holds in some conditions and not in others. */
  outcome: z.enum(["holds", "fails", "mixed", "undecided"]),
});
/** A part with its outcome, and where each interval lies. */
export type JudgedPart = z.infer<typeof JudgedPart>;

export const Claim = z.strictObject({
  /**
   * A part, a dot and a name: `Q2c.he`, `needle.probability`. Claims whose parts begin with the same
   * letters and number stand together; "Q2" is read as question 2.
   */
  id: z.string().regex(
    /^[A-Za-z][A-Za-z0-9-]*(\.[a-z0-9-]+)+$/,
    'expected a part, a dot and a name, such as "Q2c.he"',
  ),
  statement: z.string(),
  /** Source of the claim, with the place in it. */
  source: z.string(),
  /** True for a claim that is ours: the source implies or uses it without saying so. Counted apart. */
  implied: z.boolean(),
  /** The value by theory and the equation it comes from. */
  analytic: z.string(),
  /** Rule by which the verdict follows from the parts of this claim. */
  rule: z.string(),
  parts: z.array(JudgedPart).min(1),
  verdict: Verdict,
  /** Made from the measured values. */
  sentence: z.string(),
  /**
   * Findings beside the claim that its source does not assert. Made from the measured values; no part of
   * the verdict.
   */
  remarks: z.array(z.string()).default([]),
  /** Sample size that would decide an undecided claim, or the reason why none does. */
  decidedBy: z.string().nullable(),
});
export type Claim = z.infer<typeof Claim>;

/** A control of the method itself: it must come out as expected, or the run has failed. */
export const Control = z.strictObject({
  id: z.string(),
  statement: z.string(),
  /** A negative control must fail, a positive one must hold. */
  kind: z.enum(["negative", "positive"]),
  part: JudgedPart,
  behaved: z.boolean(),
});
export type Control = z.infer<typeof Control>;

/** Claims with their verdicts, and the controls of how they were judged. */
export const Ledger = z.strictObject({
  claims: z.array(Claim),
  controls: z.array(Control),
});
/** Claims with their verdicts, and the controls of how they were judged. */
export type Ledger = z.infer<typeof Ledger>;
