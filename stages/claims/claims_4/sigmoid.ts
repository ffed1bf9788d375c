/** Claims on question 4's sigmoid: when its exponentials overflow, and what keeps them from it. */
import type { GradientScale } from "../../../schemas/assignment/by_hand_measurements.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";
import { type Question4, ruleOfParts } from "./measured_4.ts";

/** Largest z of which e^z is finite in float64. */
const largestExponent = Math.log(Number.MAX_VALUE);

const whenText = ({ when }: GradientScale["rows"][number]): string => when.replaceAll("-", " ");

const list = ({ rows }: GradientScale): string =>
  rows.map((row) => `${numberText(row.largestArgument)} (${whenText(row)})`).join(", ");

const clip: ClaimDefinition<Question4> = {
  id: "Q4.clip",
  statement: "Without clipping, the sigmoid overflows with a warning.",
  source: "Question 4, the listing's sigmoid",
  analytic: `e^|z| overflows in float64 for |z| above ln(1.8e308) = ${largestExponent.toFixed(2)}`,
  rule: ruleOfParts,
  parts: ({ "scaled-gradients": { rows } }) => [{
    assertion:
      "As configured, with pixels of 0 to 1, some |z| is beyond what an exponential bears.",
    quantity: "largest |z| of any sigmoid",
    bandReason: "where e^|z| overflows, of which numpy warns",
    test: "exact: every unit and sample, in float64",
    confidence: 1,
    conditions: rows.map((row) =>
      exactly(`${whenText(row)}, ${row.samples} samples`, row.largestArgument, {
        low: largestExponent,
        high: null,
      })
    ),
  }],
  sentence: (_, { "scaled-gradients": scaled }) =>
    `With pixels of 0 to 1 the largest |z| is ${list(scaled)}; an exponential overflows from ` +
    `${largestExponent.toFixed(2)} on.`,
  remarks: ({ "raw-gradients": raw }) => [
    `With raw pixels it is ${list(raw)}, so that a clip matters ${
      raw.rows.some((row) => row.largestArgument > largestExponent) ? "there" : "nowhere"
    }.`,
  ],
};

/** Relative error that the exponent of a rounded sum leaves: |z| times 2^-53 or so. */
const rounding = 1e-12;

const stable: ClaimDefinition<Question4> = {
  id: "Q4.stable",
  statement: "The sigmoid with np.where is numerically stable.",
  source: "Question 4, the listing's sigmoid",
  analytic:
    "1/(1 + e^-z) for z ≥ 0 and e^z/(1 + e^z) for z < 0 are exact to rounding. But np.where " +
    "evaluates both for every z, so that e^|z| overflows in the one not taken",
  rule: ruleOfParts,
  parts: ({ forms }) => [
    {
      assertion: "The values that it takes are those of the sigmoid.",
      quantity: "largest relative error, where the sigmoid is a normal number",
      bandReason: "1e-12: rounding of z's multiples",
      test: "exact: against exp(-log(1 + e^-z)), over a grid",
      confidence: 1,
      conditions: [
        exactly(`|z| up to ${forms.largest}, ${forms.points} points`, forms.relativeError, {
          low: 0,
          high: rounding,
        }),
      ],
    },
    {
      assertion: "No exponential overflows, without the clip.",
      quantity: "points where an exponential overflows",
      bandReason: "none",
      test: "exact: both branches, as np.where evaluates them",
      confidence: 1,
      conditions: [
        exactly(`|z| up to ${forms.largest}, ${forms.points} points`, forms.overflows, {
          low: 0,
          high: 0,
        }),
      ],
    },
  ],
  sentence: (_, { forms }) =>
    `The values are within ${numberText(forms.relativeError)} of the sigmoid. Both branches are ` +
    (forms.overflowsFrom === null
      ? `evaluated, and no exponential overflows for |z| up to ${forms.largest}.`
      : `evaluated, and from |z| = ${forms.overflowsFrom} on an exponential overflows, at ` +
        `${forms.overflows} of ${forms.points} points.`),
  remarks: ({ forms }) => [
    `The clip is what keeps it quiet: with z clipped to ±${forms.clip}, exponentials overflow at ` +
    `${forms.overflowsClipped} points, and no value changes by more than ${
      numberText(forms.differenceByClip)
    }.`,
  ],
};

export const sigmoidClaims = [clip, stable];
