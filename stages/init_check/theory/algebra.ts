/**
 * Computes what needs no draw: closed forms next to quadrature, and the rules' formulas over a
 * grid of fans.
 */
import type { ActivationTheory, Algebra, Law } from "../../../schemas/assignment/theory.ts";
import { activationMoments, activations } from "./activation_moments.ts";
import type { Theory } from "./analytic.ts";
import { fans, products, variances } from "./design.ts";
import type { Distributions } from "../../../pipeline/claims/distributions.ts";
import { normality } from "./normality.ts";
import { expectation, normalDensity } from "./quadrature.ts";

/** Fans at which the ReLU's departure from a normal variable is computed. */
const normalityFans = [1, 4, 16, 64, 128, 256, 1024, 4096];

/** The assignment's formulas with their exact values, and moments of the ReLU by quadrature. */
export function algebra(theory: Theory): Algebra {
  const relu = activations.relu.value;
  const mean = expectation(relu).value;
  const secondMoment = expectation((z) => relu(z) ** 2).value;
  const variance = expectation((z) => (relu(z) - mean) ** 2).value;
  const gain = theory.varianceRuleGain();
  return {
    relu: [
      { moment: "mean", closedForm: theory.reluMean(1), quadrature: mean },
      {
        moment: "second-moment",
        closedForm: theory.reluSecondMoment(1),
        quadrature: secondMoment,
      },
      { moment: "variance", closedForm: theory.reluVariance(1), quadrature: variance },
    ],
    varianceRule: fans.map((nIn) => {
      const weightVariance = gain / nIn;
      const preActivation = theory.forwardVariance(nIn, weightVariance, 1);
      return { nIn, gain: nIn * weightVariance, varianceKept: preActivation * variance };
    }),
    reason: { share: mean ** 2 / secondMoment, change: theory.heGain() / gain },
    rules: fans.flatMap((nIn) =>
      fans.map((nOut) => {
        const [lecun, backward, glorot, he] = (["lecun", "backward", "glorot", "he"] as const)
          .map((rule) => variances[rule](nIn, nOut));
        return {
          nIn,
          nOut,
          lecun,
          backward,
          glorot,
          he,
          harmonicMean: 2 / (1 / lecun + 1 / backward),
          glorotForward: theory.glorotForward(nIn, nOut),
          glorotBackward: theory.glorotBackward(nIn, nOut),
        };
      })
    ),
    products: products.map(({ weightVariance, mean, variance }) => {
      const weight = { mean: 0, variance: weightVariance };
      const factor = { mean, variance };
      return {
        weightVariance,
        mean,
        variance,
        identity: theory.printedProductVariance(weight, factor),
        exact: theory.productVariance(weight, factor),
      };
    }),
  };
}

/** Everything of question 2 that needs no draw. */
export function activationTheory(r: Distributions, theory: Theory): ActivationTheory {
  const laws: Law[] = ["gaussian", "uniform", "rademacher", "student-t5"];
  return {
    moments: activationMoments(r),
    normality: laws.flatMap((law) => normalityFans.map((nIn) => normality(law, nIn))),
    algebra: algebra(theory),
    reluDensity: {
      atZero: 0.5,
      points: Array.from({ length: 71 }, (_, i) => i / 20)
        .map((y) => ({ y, density: normalDensity(y) })),
    },
  };
}
