/** The claim on question 3's slow start. */
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";
import { type Question3, ruleOfParts } from "./measured_3.ts";

/**
 * The loss of the first epoch under a rule.
 * @throws Error if that training is not there, or its loss was not finite
 */
function firstLoss({ initialisations: { rows } }: Question3, name: string): number {
  const loss = rows.find((row) => row.name === name)?.trainLosses[0];
  if (loss !== undefined) return loss;
  throw new Error(`question 3: expected a first epoch's loss under the rule ${name}, found none`);
}

/** Relative, of variances that are quotients of integers. */
const rounding = 1e-12;

const largerRules = ["lecun", "glorot", "he"];

export const init: ClaimDefinition<Question3> = {
  id: "Q3.init",
  statement:
    "Epoch 0 is slow, with a train loss of 1.80, because the framework's initialisation has " +
    "a sixth of the variance of He's.",
  source: "Question 3, the first row",
  implied: true,
  analytic:
    "Uniform on ±1/√fan_in has variance 1/(3 fan_in); He's is 2/fan_in, which keeps the second " +
    "moment through ReLUs. Through each layer the former multiplies it by 1/6",
  rule: ruleOfParts,
  parts(measured) {
    const { "default-moments": byDefault, "he-moments": he, initialisations: { chance } } =
      measured;
    const slow = firstLoss(measured, "default");
    const half = (slow - firstLoss(measured, "he")) / 2;
    const difference = (
      name: string,
      estimate: number,
      band: { low: number; high: number | null },
    ) => ({
      condition: name,
      estimate,
      standardError: chance.standardDeviation * Math.SQRT2,
      interval: { low: estimate - chance.distance, high: estimate + chance.distance },
      band,
      p: null,
      power: null,
      sampleSize: null,
    });
    const test =
      `t interval of the difference of two runs, their spread from ${chance.seeds} seeds`;
    return [
      {
        assertion: "The framework's variance is a sixth of He's.",
        quantity: "variance of the weights by the framework's rule over that by He's, times 6",
        bandReason: "an identity",
        test: "exact: the variances that the weights drawn are tested against",
        confidence: 1,
        conditions: byDefault.layers.map(({ name, weightVariance }, l) =>
          exactly(name, 6 * weightVariance / he.layers[l].weightVariance, {
            low: 1 - rounding,
            high: 1 + rounding,
          })
        ),
      },
      {
        assertion: "With larger variances epoch 0 is faster.",
        quantity: "first train loss by the framework's rule less that by another, in nats",
        bandReason: "faster is above 0",
        test,
        confidence: chance.confidence,
        conditions: largerRules.map((name) =>
          difference(name, slow - firstLoss(measured, name), { low: 0, high: null })
        ),
      },
      {
        assertion: "With He's rule at a sixth of its variance epoch 0 is as slow.",
        quantity: "first train loss by the framework's rule less that, in nats",
        bandReason: "half of the distance to He's own: nearer to the framework's rule than to that",
        test,
        confidence: chance.confidence,
        conditions: [
          difference("he-sixth", slow - firstLoss(measured, "he-sixth"), {
            low: -Math.abs(half),
            high: Math.abs(half),
          }),
        ],
      },
    ];
  },
  sentence(_, measured) {
    const losses = ["default", ...largerRules, "he-sixth"].map((name) =>
      `${numberText(firstLoss(measured, name))} (${name})`
    );
    return `Train loss of epoch 0 by rule: ${losses.join(", ")}; two runs of one rule differ by ` +
      `${numberText(measured.initialisations.chance.distance)} at most, with confidence ` +
      `${measured.initialisations.chance.confidence}.`;
  },
};
