/** Claims of question 2 on what its derivations assume: a density, products, another paper's reason. */
import { ruleOfParts } from "../rule_of_parts.ts";
import { estimates, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import type { Assumptions, ProductCase } from "../../../schemas/assignment/theory.ts";
import { productCases } from "../../init_check/theory/product_cases.ts";
import type { ClaimDefinition } from "../../../pipeline/claims/claim.ts";
import { type Question2, wanted } from "./measured_2.ts";
import { about, aboutZero, atMost, batched } from "./conditions.ts";

/** The equivalence margin of what is simulated, relative; the draws are as many as it asks for. */
const margin = { epsilon: 0.05 };

const simulated = ({ level }: Assumptions, test: string) => ({
  bandReason: `±${100 * margin.epsilon} %, as for the moments of a layer at full size`,
  test,
  confidence: 1 - level,
});

const overBatches = "t interval over independent batches of draws";

export const densityClaim: ClaimDefinition<Question2> = {
  id: "Q2c.density",
  statement: "The density f_y of y = ReLU(x) follows f_x for y > 0.",
  source: "Question 2c, before the ReLU's moments",
  analytic: "P(y ≤ t) = P(x ≤ t) for t ≥ 0, so f_y = f_x for y > 0; P(y = 0) = P(x ≤ 0) = 1/2",
  rule: ruleOfParts,
  parts: ({ assumptions }) => {
    const { density: { above, samples } } = assumptions;
    return [{
      assertion: "In every interval above 0 the ReLU of whole layers has the share of a normal x.",
      quantity: "share of y in the interval, over the integral of f_x",
      ...simulated(assumptions, "normal interval of a binomial share"),
      conditions: above.map(({ from, to, ...share }) => {
        const condition = to === null ? `y > ${from} s` : `${from} s < y ≤ ${to} s`;
        return batched(condition, { ...share, batches: samples }, about(margin));
      }),
    }];
  },
  sentence: ([above], { assumptions: { density: { samples } } }) =>
    `Of ${samples} ReLUs of whole layers, the shares in ${above.conditions.length} intervals above 0 ` +
    `are ${range(estimates(above))} times the integrals of f_x.`,
  remarks: ({ assumptions: { density: { atZero } } }) => [
    `The text leaves out that y = 0 has a probability of its own, measured ${
      numberText(atZero.share)
    }. The integrals of y and y² do not change, because the integrand is 0 there.`,
  ],
};

const caseOf = ({ assumptions: { products } }: Question2, name: ProductCase) =>
  wanted(products, productCases[name].text, (row) => row.case === name)[0];

/** Cases of independent W and g; with that alone E[W g] is E[W] E[g]. */
const independent: ProductCase[] = [
  "independent",
  "weights-with-mean",
  "correlated-gradients",
  "weights-with-mean-correlated-gradients",
];

/** Cases of independent weights with mean 0 besides, as the assignment has them. */
const centred: ProductCase[] = ["independent", "correlated-gradients"];

export const independentClaim: ClaimDefinition<Question2> = {
  id: "Q2d.independent",
  statement: "E[W g] = E[W] E[g], and Var(Σ W g) = Σ Var(W g).",
  source: "Question 2d, the gradient's mean and variance",
  analytic: "The first holds if W and g are independent. For the second, the covariances " +
    "E[W_i W_k]E[g_i g_k] - E[W_i]E[W_k]E[g_i]E[g_k] vanish if weights are independent with mean 0",
  rule: ruleOfParts,
  parts: (all) => [
    {
      assertion: "E[W g] = E[W] E[g] for independent W and g.",
      quantity: "E[W g] - E[W] E[g], over the deviations of W and g",
      ...simulated(all.assumptions, overBatches),
      conditions: independent.map((name) =>
        batched(productCases[name].text, caseOf(all, name).covariance, aboutZero(margin.epsilon))
      ),
    },
    {
      assertion: "Var(Σ W g) = Σ Var(W g) for independent weights of mean 0, independent of g.",
      quantity: "Var(Σ W g) over Σ Var(W g)",
      ...simulated(all.assumptions, overBatches),
      conditions: centred.map((name) =>
        batched(productCases[name].text, caseOf(all, name).variance, about(margin))
      ),
    },
  ],
  sentence([products, sums], { assumptions: { products: [{ terms }] } }) {
    return `For independent W and g, E[W g] - E[W] E[g] is ${
      range(estimates(products))
    } deviations, ` +
      `over ${products.conditions.length} cases. For independent weights of mean 0 the variance of ` +
      `a sum of ${terms} products is ${range(estimates(sums))} times the sum of their variances.`;
  },
  remarks(all) {
    const together = caseOf(all, "weights-with-mean-correlated-gradients").variance.estimate;
    const dependent = caseOf(all, "dependent-factors").covariance.estimate;
    return [
      "The assignment uses that W and g are independent for the first, and that weights are " +
      `independent with mean 0 for the second. If each weight depends on its gradient, ` +
      `E[W g] - E[W] E[g] is ${numberText(dependent)} deviations; with a mean of the weights and ` +
      `correlated gradients the variance is ${numberText(together)} times the sum.`,
    ];
  },
};

/** The largest share that could be called small, as for Q2c.reason. */
const smallShare = 0.1;

export const attributionClaim: ClaimDefinition<Question2> = {
  id: "Q2e.attribution",
  statement: 'He et al. "simplify" by using E[y²], because (E[y])² is small.',
  source: "Question 2e, what is said of He's paper",
  analytic:
    "He et al. 2015 (arXiv 1502.01852, section 2.2) keep E[y²], because Var(next a) = n σ² E[y²] for " +
    "weights of mean 0, and note that it is not Var(y) as y has a mean. (E[y])² is E[y²]/π.",
  rule: ruleOfParts,
  parts: ({ assumptions }) => {
    const { nextLayer: { share, overVariance } } = assumptions;
    return [
      {
        assertion: "(E[y])² is small.",
        quantity: "(E[y])² over E[y²], of ReLU layers drawn",
        ...simulated(assumptions, overBatches),
        bandReason: "a tenth is the least that could be called small",
        conditions: [batched("layers of 64 units", share, atMost(smallShare))],
      },
      {
        assertion: "E[y²] simplifies: the next layer's variance is n σ² Var(y).",
        quantity: "variance of the next layer's pre-activation over n σ² Var(y)",
        ...simulated(assumptions, overBatches),
        conditions: [batched("layers of 64 units", overVariance, about(margin))],
      },
    ];
  },
  sentence: (
    [{ conditions: [share] }, { conditions: [variance] }],
    { assumptions: { nextLayer: { overSecondMoment } } },
  ) =>
    `(E[y])² is ${numberText(100 * share.estimate)} % of E[y²]. The next layer's variance is ` +
    `${numberText(variance.estimate)} times n σ² Var(y) and ${
      numberText(overSecondMoment.estimate)
    } times n σ² E[y²], which is what He et al. (arXiv 1502.01852, section 2.2) keep.`,
};
