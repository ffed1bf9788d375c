/** Claims on question 4's gradients and on the scale of what its neurons see. */
import type {
  GradientCheck,
  GradientScale,
} from "../../../schemas/assignment/by_hand_measurements.ts";
import type { Condition } from "../../../schemas/run/judged_claims.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { estimates, numberText } from "../../../pipeline/claims/claim_numbers.ts";
import { epochText, type Question4, ruleOfParts } from "./measured_4.ts";

/** Largest relative differences that rounding leaves. */
const limits = { "central-differences": 1e-6, autodiff: 1e-5 };

/** Conditions that compare one gradient with another. */
export function differences(
  { rows, samples }: GradientCheck,
  gradient: GradientCheck["rows"][number]["gradient"],
  against: GradientCheck["rows"][number]["against"],
): Condition[] {
  const found = rows.filter((row) => row.gradient === gradient && row.against === against);
  if (found.length > 0) {
    return found.map(({ epoch, layer, parameters, largestRelative }) =>
      exactly(
        `layer ${layer}, ${epochText(epoch)}; ${parameters} parameters, ${samples} samples`,
        largestRelative,
        { low: 0, high: limits[against] },
      )
    );
  }
  throw new Error(`question 4: expected a ${gradient} gradient against ${against}, found none`);
}

export const differenceQuantity =
  "largest difference of a derivative, relative to the layer's largest derivative";

const backprop: ClaimDefinition<Question4> = {
  id: "Q4.backprop",
  statement: "The gradients of the hand-written backpropagation are right.",
  source: "Question 4, the backward pass",
  analytic: "δ_L = p - onehot(y), δ_l = (W_{l+1} δ_{l+1}) ∘ σ'(a_l), ∂L/∂W_l = x_l ⊗ δ_l",
  rule: ruleOfParts,
  parts: ({ gradients }) => [
    {
      assertion: "They are those of central differences.",
      quantity: differenceQuantity,
      bandReason: "with h = 1e-5 central differences are good to about 1e-8 of the largest; a " +
        "mistake in a factor or an index is of order 1",
      test: "exact: the difference itself, in float64",
      confidence: 1,
      conditions: differences(gradients, "hand-written", "central-differences"),
    },
    {
      assertion: "They are those of tfjs's automatic differentiation.",
      quantity: differenceQuantity,
      bandReason: "it computes in float32, whose rounding is 6e-8 an operation",
      test: "exact: the difference itself",
      confidence: 1,
      conditions: differences(gradients, "hand-written", "autodiff"),
    },
  ],
  sentence: ([differences, autodiff]) =>
    `Of the layer's largest derivative, hand-written gradients differ by at most ` +
    `${
      numberText(Math.max(...estimates(differences)))
    } from central differences in float64 and by ` +
    `${numberText(Math.max(...estimates(autodiff)))} from autodiff in float32.`,
};

/** Conditions on the ratio of a value on raw pixels to that on pixels of 0 to 1. */
const ratios = (
  { "raw-gradients": raw, "scaled-gradients": scaled }: Question4,
  of: (row: GradientScale["rows"][number]) => number,
  band: Condition["band"],
): Condition[] =>
  raw.rows.map((row) => {
    const other = scaled.rows.find(({ when }) => when === row.when);
    if (other === undefined) {
      throw new Error(`question 4: expected gradients ${row.when} with scaled pixels, found none`);
    }
    return exactly(
      `${row.when.replaceAll("-", " ")}, ${row.samples} samples`,
      of(row) / of(other),
      band,
    );
  });

const scaleReason: ClaimDefinition<Question4> = {
  id: "Q4.scale-reason",
  statement: "Raw pixels do worse because the gradients were too large, slowing learning.",
  source: "Question 4, the remark on the inputs' scale",
  analytic:
    "∂L/∂W_1 = x ⊗ δ_1 grows with x; but δ_1 has the factor σ'(a_1), which dies out as e^-|a_1|, " +
    "and a_1 grows with x too",
  rule: ruleOfParts,
  parts: (measured) => [
    {
      assertion: "The first layer's gradients are larger in the mean.",
      quantity: "mean norm with raw pixels over that with pixels of 0 to 1",
      bandReason: "larger is above 1",
      test: "exact: each sample's own gradient, in float64",
      confidence: 1,
      conditions: ratios(measured, (row) => row.gradientNorm.mean, { low: 1, high: null }),
    },
    {
      assertion: "The first layer's gradients are larger in the median.",
      quantity: "median norm with raw pixels over that with pixels of 0 to 1",
      bandReason: "larger is above 1",
      test: "exact: each sample's own gradient, in float64",
      confidence: 1,
      conditions: ratios(measured, (row) => row.gradientNorm.median, { low: 1, high: null }),
    },
  ],
  sentence: ([means, medians]) =>
    `Raw pixels multiply the mean norm of the first layer's gradients by ${ratioList(means)} (${
      means.conditions.map(({ condition }) => condition.split(",")[0]).join(", ")
    }), its median by ${ratioList(medians)}.`,
  remarks: (measured) => {
    const slopes = ratios(measured, (row) => row.slope.median, { low: null, high: null });
    return [
      `The units saturate: raw pixels multiply the median slope of the first layer's sigmoids by ` +
      `${slopes.map(({ estimate }) => numberText(estimate)).join(", ")}, in the same order.`,
    ];
  },
};

const ratioList = (part: Parameters<typeof estimates>[0]): string =>
  estimates(part).map(numberText).join(", ");

const unitDeviation: ClaimDefinition<Question4> = {
  id: "Q4.unit-std",
  statement: "The weighted input of a neuron has a standard deviation close to 1, and with zero " +
    "biases of exactly 1.",
  source: "Question 4, the choice of initial weights",
  analytic:
    "√(n_in σ² E[x²]) with σ² = 1/max(n_in, n_out): 1 only if E[x²] = 1 and n_in ≥ n_out; " +
    "E[x²] is about 0.11 of pixels and 0.26 of sigmoids",
  rule: ruleOfParts,
  parts({ "weighted-inputs": { layers, networks, samples, confidence }, moments }) {
    const band = { low: 0.9, high: 1.1 };
    const bandReason = "1 ± 10 %: close to 1";
    return [
      {
        assertion: "Over networks drawn by the rule it is close to 1.",
        quantity: "√ of the mean square of the weighted inputs, whose mean is 0",
        bandReason,
        test: `t interval over ${networks} networks, on ${samples} real images`,
        confidence,
        conditions: layers.map(({ layer, deviation, standardError, interval }) => ({
          condition: `layer ${layer}`,
          estimate: deviation,
          standardError,
          interval,
          band,
          p: null,
          power: null,
          sampleSize: networks,
        })),
      },
      {
        assertion: "In the network that is trained it is close to 1.",
        quantity: "√ of the mean square of the weighted inputs",
        bandReason,
        test: `exact, on ${moments.samples} real images`,
        confidence: 1,
        conditions: moments.layers.map(({ name, activation }) =>
          exactly(name.replace("-", " "), Math.sqrt(activation.measured), band)
        ),
      },
    ];
  },
  sentence: ([drawn, trained], { "weighted-inputs": { layers, networks } }) =>
    `Layer by layer the weighted inputs' deviation is ${
      estimates(drawn).map(numberText).join(", ")
    } ` +
    `over ${networks} networks (by theory ${
      layers.map(({ predicted }) => numberText(predicted)).join(", ")
    }) and ${estimates(trained).map(numberText).join(", ")} in the one that is trained.`,
};

export const gradientClaims = [backprop, scaleReason, unitDeviation];
