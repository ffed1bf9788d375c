/** Claims on question 4's network before training: the deviation of its weights, and its guesses. */
import type { Condition } from "../../../schemas/run/judged_claims.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { estimates, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import { exactCounts, type Question4, ruleOfParts } from "./measured_4.ts";

/** For quotients of integers. */
const rounding = 1e-12;

type Weights = "described-weights" | "listed-weights" | "widening-weights";

/** The deviation of each layer's weights by the code's rule, over 1/√n_in. */
const deviations = (measured: Question4, of: Weights): Condition[] =>
  measured[of].tensors.filter(({ expectedVariance }) => expectedVariance > 0).map((
    { shape: [nIn, nOut], expectedVariance },
  ) =>
    exactly(`n_in ${nIn}, n_out ${nOut}`, Math.sqrt(nIn * expectedVariance), {
      low: 1 - rounding,
      high: 1 + rounding,
    })
  );

const comment: ClaimDefinition<Question4> = {
  id: "Q4.comment",
  statement: "The initial weights have standard deviation 1/√n for n inputs.",
  source: "Question 4, the comment in the listing above its rule",
  analytic:
    "The code's deviation is 1/√max(n_in, n_out): the same unless a layer has more outputs " +
    "than inputs",
  rule: ruleOfParts,
  parts(measured) {
    const part = (assertion: string, conditions: Condition[]) => ({
      assertion,
      quantity: "deviation by the code's rule over 1/√n_in",
      bandReason: "a rule is the same or it is not",
      test: "exact: the variance that the weights drawn are tested against",
      confidence: 1,
      conditions,
    });
    return [
      part("It is so in the layers of 784-32-10 and of 784-32-32-10.", [
        ...deviations(measured, "listed-weights"),
        ...deviations(measured, "described-weights"),
      ]),
      part(
        "It is so in layers with more outputs than inputs.",
        deviations(measured, "widening-weights"),
      ),
    ];
  },
  sentence([own, widening], { "widening-weights": { tensors } }) {
    const drawn = tensors.filter(({ expectedVariance }) => expectedVariance > 0)
      .map(({ shape: [nIn], variance }) => numberText(Math.sqrt(nIn * variance)));
    return `In all layers of both networks the code's deviation is ${
      range(estimates(own))
    } times ` +
      `1/√n_in. In layers that grow wider it is ${
        widening.conditions.map(({ condition, estimate }) =>
          `${numberText(estimate)} times it (${condition})`
        ).join(" and ")
      }; weights drawn there have ${drawn.join(" and ")} times it.`;
  },
};

/** A tenth to the digit that "around" leaves. */
const aboutTenth = { low: 0.05, high: 0.15 };

const chance: ClaimDefinition<Question4> = {
  id: "Q4.chance",
  statement: 'Before training, "somewhere around 1/10" of the digits are predicted correctly.',
  source: "Question 4, the results before training",
  analytic: "Labels are independent of random weights, so that each of ten classes is a guess",
  rule: ruleOfParts,
  parts: ({ untrained: { samples, ofTrained, correct, ...untrained } }) => [
    {
      assertion: "The network that is trained begins around 1/10.",
      quantity: "accuracy on the test set",
      bandReason: "what rounds to 0.1",
      ...exactCounts,
      conditions: [exactly("before training", ofTrained / samples, aboutTenth)],
    },
    {
      assertion: "Networks drawn by the same rule get 1/10 in the mean.",
      quantity: "mean accuracy on the test set",
      bandReason: "a tenth of 1/10 to either side",
      test: `t interval over ${correct.length} networks`,
      confidence: untrained.confidence,
      conditions: [{
        condition: untrained.rule,
        estimate: untrained.mean / samples,
        standardError: untrained.standardDeviation / Math.sqrt(correct.length) / samples,
        interval: {
          low: untrained.interval.low / samples,
          high: untrained.interval.high / samples,
        },
        band: { low: 0.09, high: 0.11 },
        p: null,
        power: null,
        sampleSize: correct.length,
      }],
    },
  ],
  sentence: (_, { untrained: { samples, ofTrained, correct, mean, standardDeviation } }) =>
    `The network that is trained begins with ${ofTrained} of ${samples} correct; ${correct.length} ` +
    `others drawn by the same rule have ${mean.toFixed(1)} in the mean, with a deviation of ` +
    `${standardDeviation.toFixed(1)} between networks, from ${Math.min(...correct)} to ` +
    `${Math.max(...correct)}.`,
};

export const untrainedClaims = [comment, chance];
