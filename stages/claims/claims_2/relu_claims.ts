/** Claims 2c, on the moments of a ReLU and the rules that follow from them. */
import { ruleOfParts } from "../rule_of_parts.ts";
import { estimates, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import type { Law, ReluRow } from "../../../schemas/assignment/theory.ts";
import { laws } from "../../init_check/theory/laws.ts";
import { printedGain } from "../../init_check/theory/design.ts";
import { type ClaimDefinition, exactly, printed } from "../../../pipeline/claims/claim.ts";
import { ofCells, type Question2, wanted, wantedCells } from "./measured_2.ts";
import {
  about,
  asOne,
  catoni,
  equivalence,
  exactness,
  growthEquivalence,
  keptInDepth,
  networkConditions,
  reluConditions,
  roundingReason,
} from "./conditions.ts";

const catoniTest = catoni("independent draws of W and x, pre-activations being normal given ‖x‖");

const reluRows = ({ forward }: Question2, settings: Partial<ReluRow["cell"]> = {}) =>
  wantedCells(forward.relu, { against: "normal", ...settings });

/** Fields of a part that a moment is kept by layers which are drawn by a rule; `factor` is theory's. */
const keptByRule = (
  all: Question2,
  rule: ReluRow["cell"]["rule"],
  moment: "secondMoment" | "variance",
  factor: number,
) => ({
  ...equivalence(all.forward),
  test: catoniTest,
  conditions: reluConditions(reluRows(all, { rule }), moment, about(all.forward), factor),
});

/** A moment of the ReLU of N(0, 1). */
function momentOf(
  { activations: { algebra: { relu } } }: Question2,
  moment: "mean" | "second-moment" | "variance",
) {
  const found = relu.find((row) => row.moment === moment);
  if (found === undefined) throw new Error(`question 2: expected the ReLU's ${moment}, found none`);
  return found;
}

/** n_in σ² of the rule that asks for Var(y) = v². */
const varianceGain = ({ activations: { algebra: { varianceRule } } }: Question2): number =>
  varianceRule[0].gain;

/** Two ReLUs' moments within this ratio are the same for the assignment's purpose. */
const onePercent = { low: 0.99, high: 1.01 };

const lawNames: Law[] = ["gaussian", "uniform", "rademacher", "student-t5"];

/** "Lots of terms": this many or more. At 64, heavy-tailed inputs are still 1.1 % off. */
const lots = 128;

const normal: ClaimDefinition<Question2> = {
  id: "Q2c.normal",
  statement:
    'A pre-activation may be taken as normally distributed, "since x is the sum of lots of terms".',
  source: "Question 2c, before the ReLU's moments",
  analytic: "Given x, a is N(0, σ²‖x‖²); so E[ReLU(a)] is E‖x‖/(√n_in v) times a normal's, about " +
    "1 - (κ - 1)/(8 n_in) for inputs of kurtosis κ; E[ReLU(a)²] is the same",
  rule: ruleOfParts,
  parts: ({ activations: { normality } }) =>
    lawNames.map((law) => ({
      assertion:
        `With ${
          laws[law].text
        } inputs, the ReLU of a sum of ${lots} terms or more has a normal's ` +
        "mean and variance.",
      quantity: "mean, and variance, of the ReLU over those of a normal of the same variance",
      ...exactness(
        "1 %: less would not be seen in a network of fifty layers",
        "double exponential quadrature; its error is the interval",
      ),
      conditions: wanted(
        normality,
        `${law} inputs`,
        (row) => row.law === law && row.nIn >= lots,
      ).flatMap((row) =>
        ([["mean", row.meanRatio], ["variance", row.varianceRatio]] as const).map((
          [moment, ratio],
        ) => ({
          ...exactly(`n_in ${row.nIn}, ${moment}`, ratio, onePercent),
          interval: { low: ratio - row.error, high: ratio + row.error },
        }))
      ),
    })),
  sentence(parts, { activations: { normality } }) {
    const from = lawNames.map((law) => {
      const rows = normality.filter((row) => row.law === law);
      const far = rows.filter(({ meanRatio, varianceRatio }) =>
        Math.max(Math.abs(meanRatio - 1), Math.abs(varianceRatio - 1)) > 0.01
      );
      const first = rows.find(({ nIn }) => far.every((row) => row.nIn < nIn));
      return `${laws[law].text} ${first === undefined ? "at none" : `from ${first.nIn} on`}`;
    });
    return `From n_in = ${lots} on, the ReLU's mean and variance are ` +
      `${range(parts.flatMap(estimates))} times a normal pre-activation's, over four laws of ` +
      `inputs. They come within 1 %, of the n_in computed, for ${from.join(", ")}.`;
  },
  remarks({ activations: { normality }, forward }) {
    const one = normality.find(({ law, nIn }) => law === "gaussian" && nIn === 1);
    const seen = forward.relu.find(({ cell }) =>
      cell.against === "law" && cell.signal.law === "gaussian" && cell.nIn === 1
    );
    if (one === undefined) return [];
    return [
      `Of one term alone, n_in = 1 with Gaussian inputs, they are ${
        numberText(one.meanRatio)
      } and ` +
      `${one.varianceRatio.toFixed(3)} times a normal's` +
      (seen === undefined
        ? "."
        : `; whole matrices drawn gave ${numberText(seen.mean.estimate * one.meanRatio)} for the ` +
          "mean."),
    ];
  },
};

/** A moment of the ReLU: closed form, and measured for several s². */
const moment = (
  text: Pick<ClaimDefinition<Question2>, "id" | "statement" | "source" | "analytic">,
  kind: "mean" | "second-moment" | "variance",
  field: "mean" | "secondMoment" | "variance",
  printedValue?: [number, number],
): ClaimDefinition<Question2> => ({
  ...text,
  rule: ruleOfParts,
  parts(all) {
    const { closedForm, quadrature } = momentOf(all, kind);
    return [
      {
        assertion: "The closed form is the integral.",
        quantity: "closed form over quadrature, for s = 1",
        ...exactness(roundingReason, "double exponential quadrature"),
        conditions: [exactly("N(0, 1)", closedForm / quadrature, asOne)],
      },
      ...(printedValue === undefined ? [] : [{
        assertion: "It is the number that the assignment prints.",
        quantity: "closed form, for s = 1",
        ...exactness("what rounds to the printed digits"),
        conditions: [exactly("N(0, 1)", closedForm, printed(...printedValue))],
      }]),
      {
        assertion: "ReLUs of whole layers have it.",
        quantity: "measured over closed form",
        ...equivalence(all.forward),
        test: catoniTest,
        conditions: reluConditions(reluRows(all), field, about(all.forward)),
      },
    ];
  },
  sentence(parts, all) {
    const last = parts[parts.length - 1];
    return `For s = 1 the closed form is ${momentOf(all, kind).closedForm.toFixed(4)}, by ` +
      `quadrature ${momentOf(all, kind).quadrature.toFixed(4)}; layers drawn give ` +
      `${range(estimates(last))} times it in ${last.conditions.length} conditions.`;
  },
});

const mean = moment(
  {
    id: "Q2c.mean",
    statement: "The ReLU of N(0, s²) has mean s/√(2π).",
    source: "Question 2c, the ReLU's mean",
    analytic: "∫ over a > 0 of a φ(a/s)/s da = s/√(2π) = 0.3989 s",
  },
  "mean",
  "mean",
);

const second = moment(
  {
    id: "Q2c.second",
    statement: "The ReLU of N(0, s²) has second moment s²/2.",
    source: "Question 2c, the ReLU's second moment",
    analytic: "half of E[a²] by symmetry: s²/2",
  },
  "second-moment",
  "secondMoment",
);

const variance = moment(
  {
    id: "Q2c.var",
    statement: "The ReLU of N(0, s²) has variance s²(π - 1)/(2π) = 0.3408 s².",
    source: "Question 2c, the ReLU's variance",
    analytic: "s²/2 - s²/(2π) = s²(π - 1)/(2π)",
  },
  "variance",
  "variance",
  [0.3408, 4],
);

const ruleVariance: ClaimDefinition<Question2> = {
  id: "Q2c.rule-var",
  statement: "Asking for Var(y) = v² gives σ² = 2π/((π - 1) n_in).",
  source: "Question 2c, the rule from the ReLU's variance",
  analytic: "n_in σ² v² (π - 1)/(2π) = v², so n_in σ² = 2π/(π - 1) = 2.9339",
  rule: ruleOfParts,
  parts(all) {
    const { activations: { algebra: { varianceRule } } } = all;
    const { closedForm } = momentOf(all, "variance");
    return [
      {
        assertion: "With that σ² the ReLU's variance, by quadrature, is v².",
        quantity: "Var(y)/v² by quadrature",
        ...exactness(roundingReason, "double exponential quadrature"),
        conditions: varianceRule.map(({ nIn, varianceKept }) =>
          exactly(`n_in ${nIn}`, varianceKept, asOne)
        ),
      },
      {
        assertion: "A layer drawn by it has Var(y) = v².",
        quantity: "variance of y over ‖x‖²/n_in",
        ...keptByRule(all, "variance", "variance", closedForm * varianceGain(all)),
      },
    ];
  },
  sentence([, layer], all) {
    return `n_in σ² = ${
      varianceGain(all).toFixed(4)
    } solves Var(y) = v²; layers drawn by it have ` +
      `Var(y)/v² = ${range(estimates(layer))}.`;
  },
};

const ruleStable: ClaimDefinition<Question2> = {
  id: "Q2c.rule-stable",
  statement: "The choice σ² = 2π/((π - 1) n_in) keeps a deep network stable.",
  source: "Question 2c, the conclusion from the rule",
  analytic: "The next layer sees E[y²], not Var(y): E[y²] is multiplied by n σ²/2 = π/(π - 1) = " +
    "1.467 a layer, and with it the variance from the second layer on",
  rule: ruleOfParts,
  parts({ depth }) {
    const rows = wantedCells(depth.rows, { activation: "relu", rule: "variance" });
    return [
      ...keptInDepth(depth, rows, {
        layer: "Every layer keeps the second moment.",
        network: "The network keeps the second moment from end to end.",
        test: catoni("all layers, whose factors are independent"),
      }),
      {
        assertion: "The variance after the last layer is v².",
        quantity: "mean over networks of the variance over a layer's units, over v²",
        ...growthEquivalence(depth),
        conditions: networkConditions(depth, rows, "varianceAtEnd"),
      },
    ];
  },
  sentence([factor, growth, end]) {
    return `With that choice a ReLU layer multiplies the second moment by ` +
      `${range(estimates(factor))}; a whole network (${
        growth.conditions[0].condition
      }) multiplies ` +
      `it by ${range(estimates(growth))} and leaves a variance of ${range(estimates(end))} v².`;
  },
};

const number: ClaimDefinition<Question2> = {
  id: "Q2c.number",
  statement: `The value of that rule, 2π/(π - 1), is ${printedGain}.`,
  source: "Question 2c, the printed number",
  analytic: "2π/(π - 1) = 2.9339; its inverse, the ReLU's variance, is (π - 1)/(2π) = 0.3408",
  rule: ruleOfParts,
  parts(all) {
    const part = (assertion: string, quantity: string, value: number) => ({
      assertion,
      quantity,
      ...exactness("what rounds to the printed digits"),
      conditions: [exactly("any n_in", value, printed(printedGain, 3))],
    });
    const gain = varianceGain(all);
    const nearer = Math.abs(gain - printedGain) < Math.abs(1 / gain - printedGain)
      ? gain
      : 1 / gain;
    return [
      part("n_in σ² is the printed number.", "n_in σ²", gain),
      part("It or its inverse is.", "the one of n_in σ² and its inverse that is nearer", nearer),
    ];
  },
  sentence(_parts, all) {
    const gain = varianceGain(all);
    return `n_in σ² = ${gain.toFixed(4)} and its inverse is ${(1 / gain).toFixed(4)}; printed is ` +
      `${printedGain}.`;
  },
};

const he: ClaimDefinition<Question2> = {
  id: "Q2c.he",
  statement: "With ReLU, σ² = 2/n_in: the factor is 2.",
  source: "Question 2c, He's rule",
  analytic: "E[y²] = n_in σ² E[x²]/2 = E[x²] for σ² = 2/n_in (He et al. 2015, equation 10)",
  rule: ruleOfParts,
  parts(all) {
    const { depth } = all;
    const rows = wantedCells(depth.rows, { activation: "relu", rule: "he" });
    const { closedForm } = momentOf(all, "second-moment");
    return [
      {
        assertion: "One layer keeps the second moment.",
        quantity: "mean of y² over ‖x‖²/n_in",
        ...keptByRule(all, "he", "secondMoment", 2 * closedForm),
      },
      ...keptInDepth(depth, rows, {
        layer: "Every layer of a deep network keeps it.",
        network: "So does the network from end to end.",
        test: catoni("all layers, whose factors are independent"),
      }),
    ];
  },
  sentence([layer, factor, growth]) {
    return `With σ² = 2/n_in one ReLU layer multiplies the second moment by ` +
      `${range(estimates(layer))}, a layer of a deep network by ${
        range(estimates(factor))
      }, and a ` +
      `whole network (${growth.conditions[0].condition}) by ${range(estimates(growth))}.`;
  },
};

const tenth = 0.1;

const reason: ClaimDefinition<Question2> = {
  id: "Q2c.reason",
  statement: "The factor is 2 because (E[y])² is small: leaving it out changes σ² by less than " +
    "10 %.",
  source: "Question 2c, the reason given for He's rule; the 10 % are ours",
  analytic: "(E[y])²/E[y²] = (1/(2π))/(1/2) = 1/π. σ² is 2/n_in without it and 2.9339/n_in with " +
    "it. The reason is that Var(next a) = n σ² E[y²], in which (E[y])² is left in.",
  rule: ruleOfParts,
  parts: ({ activations: { algebra: { reason: { share, change } } } }) => [
    {
      assertion: "(E[y])² is less than a tenth of E[y²].",
      quantity: "(E[y])²/E[y²]",
      ...exactness("a tenth is the least that could be called small", "quadrature"),
      conditions: [exactly("N(0, s²), any s", share, { low: 0, high: tenth })],
    },
    {
      assertion: "Leaving it out changes σ² by less than a tenth.",
      quantity: "σ² without (E[y])² over σ² with it",
      ...exactness("the claim's own 10 %"),
      conditions: [exactly("any n_in", change, { low: 1 - tenth, high: 1 + tenth })],
    },
  ],
  sentence(_parts, { activations: { algebra: { reason: { share, change } } }, depth }) {
    const factors = ofCells(depth.rows, {
      activation: "relu",
      rule: "he",
      purpose: "layer-factor",
    }).map(({ factor, predictedFactor }) => factor.estimate * predictedFactor);
    return `(E[y])² is ${numberText(100 * share)} % of E[y²]; leaving it out lowers σ² by ` +
      `${numberText(100 * (1 - change))} %, taking it along raises it by ` +
      `${
        numberText(100 * (1 / change - 1))
      } %. What is kept with 2/n_in is the second moment, by ` +
      `${range(factors)} a layer, which is what the next layer's variance is made of.`;
  },
};

export const reluClaims = [
  normal,
  mean,
  second,
  variance,
  ruleVariance,
  ruleStable,
  number,
  he,
  reason,
];
