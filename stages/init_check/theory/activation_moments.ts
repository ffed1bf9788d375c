/**
 * Lists activation functions with their derivatives, and computes their moments for a standard
 * normal argument.
 */
import type { ActivationName, ActivationTheory } from "../../../schemas/assignment/theory.ts";
import type { Distributions } from "../../../pipeline/claims/distributions.ts";
import { expectation, normalDensity } from "./quadrature.ts";

export interface Activation {
  formula: string;
  value(a: number): number;
  /** At 0, where some have none, the derivative on the left. */
  derivative(a: number): number;
}

const logistic = (a: number): number => 1 / (1 + Math.exp(-a));

/** Those that networks here are built with. */
export const activations: Record<ActivationName, Activation> = {
  linear: { formula: "a", value: (a) => a, derivative: () => 1 },
  relu: {
    formula: "max(0, a)",
    value: (a) => Math.max(0, a),
    derivative: (a) => (a > 0 ? 1 : 0),
  },
  tanh: {
    formula: "tanh a",
    value: Math.tanh,
    derivative: (a) => 1 - Math.tanh(a) ** 2,
  },
  sigmoid: {
    formula: "1/(1 + e^-a)",
    value: logistic,
    derivative: (a) => logistic(a) * (1 - logistic(a)),
  },
};

const leaky = (slope: number): Activation => ({
  formula: `a for a > 0, otherwise ${slope} a`,
  value: (a) => (a > 0 ? a : slope * a),
  derivative: (a) => (a > 0 ? 1 : slope),
});

/** G. Klambauer et al., "Self-normalizing neural networks", 2017, equation 14. */
const selu = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

/** All whose moments are tabulated, by name; GELU needs Φ. */
function tabulated({ pnorm }: Distributions): Record<string, Activation> {
  return {
    ...activations,
    "leaky-relu-0.01": leaky(0.01),
    "leaky-relu-0.2": leaky(0.2),
    // D. Hendrycks and K. Gimpel, "Gaussian error linear units", 2016.
    gelu: {
      formula: "a Φ(a)",
      value: (a) => a * pnorm(a),
      derivative: (a) => pnorm(a) + a * normalDensity(a),
    },
    silu: {
      formula: "a/(1 + e^-a)",
      value: (a) => a * logistic(a),
      derivative: (a) => logistic(a) * (1 + a * (1 - logistic(a))),
    },
    selu: {
      formula: `${selu.scale} times (a for a > 0, otherwise ${selu.alpha} (e^a - 1))`,
      value: (a) => selu.scale * (a > 0 ? a : selu.alpha * Math.expm1(a)),
      derivative: (a) => selu.scale * (a > 0 ? 1 : selu.alpha * Math.exp(a)),
    },
  };
}

/**
 * Gains as documented for torch.nn.init.calculate_gain
 * (https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain).
 */
const pytorchGains: Record<string, number> = {
  linear: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  "leaky-relu-0.01": Math.sqrt(2 / (1 + 0.01 ** 2)),
  "leaky-relu-0.2": Math.sqrt(2 / (1 + 0.2 ** 2)),
  selu: 3 / 4,
};

/** Two gains are the same: far more digits than documentation gives, far fewer than quadrature. */
const same = (a: number, b: number): boolean => Math.abs(a / b - 1) < 1e-9;

/**
 * Moments of f(z). A second moment of 1 is kept forward by weights of variance gain²/n_in with gain² =
 * 1/E[f(z)²], as Var(next a) = n σ² E[y²]; gradients by gain² = 1/E[f'(z)²].
 */
export function activationMoments(r: Distributions): ActivationTheory["moments"] {
  return Object.entries(tabulated(r)).map(([name, { formula, value, derivative }]) => {
    const mean = expectation(value);
    const secondMoment = expectation((z) => value(z) ** 2);
    const derivativeSecondMoment = expectation((z) => derivative(z) ** 2);
    const gains = {
      gain: 1 / Math.sqrt(secondMoment.value),
      gradientGain: 1 / Math.sqrt(derivativeSecondMoment.value),
    };
    const documented = pytorchGains[name];
    return {
      name,
      formula,
      mean,
      secondMoment,
      derivativeSecondMoment,
      variance: secondMoment.value - mean.value ** 2,
      ...gains,
      pytorch: documented === undefined ? null : {
        gain: documented,
        equals: (["gain", "gradientGain"] as const).filter((kind) => same(gains[kind], documented)),
      },
    };
  });
}
