/**
 * States theory's predictions in closed form; each function names its equation. Weights are
 * independent with mean 0 and variance σ², unless a function says otherwise, and there are no
 * biases. Comments cite question 2 of the assignment by its part.
 */

/** 2a: Var(a_j) = n_in σ² v². Equation 7 of He et al. 2015 with E[x²] = v². */
export const forwardVariance = (nIn: number, variance: number, inputVariance: number): number =>
  nIn * variance * inputVariance;

/**
 * 2d: g_in = Wᵀ g_out has variance and second moment n_out σ² (g² + μ²). Equation 14 of He et al. 2015
 * with E[g_out²] = g² + μ².
 */
export const backwardVariance = (
  nOut: number,
  variance: number,
  gradientMean: number,
  gradientVariance: number,
): number => nOut * variance * (gradientVariance + gradientMean ** 2);

/** 2c: E[ReLU(a)] of a ~ N(0, s²): ∫ over a > 0 of a φ(a/s)/s da. */
export const reluMean = (deviation: number): number => deviation / Math.sqrt(2 * Math.PI);

/** 2c: E[ReLU(a)²] = s²/2, half of E[a²] by symmetry. */
export const reluSecondMoment = (deviation: number): number => deviation ** 2 / 2;

/** 2c: Var(ReLU(a)) = s²/2 - s²/(2π) = s² (π - 1)/(2π). */
export const reluVariance = (deviation: number): number =>
  deviation ** 2 * (Math.PI - 1) / (2 * Math.PI);

/**
 * 2c: n_in σ² from Var(ReLU(a)) = v²: 2π/(π - 1) = 2.9339, as Var(a) = n_in σ² v² by 2a.
 */
export const varianceRuleGain = (): number => 2 * Math.PI / (Math.PI - 1);

/** He et al. 2015, equation 10: n_in σ² = 2. */
export const heGain = (): number => 2;

/** By what a linear layer multiplies the second moment: n σ². */
export const linearFactor = (gain: number): number => gain;

/** By what a ReLU layer multiplies the second moment: E[y²]/E[x²] = n σ²/2 (He et al. 2015). */
export const reluFactor = (gain: number): number => reluSecondMoment(Math.sqrt(gain));

/** Glorot and Bengio 2010, equation 12, in a forward pass: n_in σ². */
export const glorotForward = (nIn: number, nOut: number): number => 2 * nIn / (nIn + nOut);

/** The same in a backward pass: n_out σ². */
export const glorotBackward = (nIn: number, nOut: number): number => 2 * nOut / (nIn + nOut);

/**
 * Var(WG) of independent W and G: Var(W)Var(G) + Var(W)E[G]² + E[W]²Var(G) (L. Goodman, "On the exact
 * variance of products", 1960).
 */
export const productVariance = (
  weight: { mean: number; variance: number },
  factor: { mean: number; variance: number },
): number =>
  weight.variance * factor.variance + weight.variance * factor.mean ** 2 +
  weight.mean ** 2 * factor.variance;

/** The identity used in 2d: Var(W)E[G²] + E[W²]Var(G). */
export const printedProductVariance = (
  weight: { mean: number; variance: number },
  factor: { mean: number; variance: number },
): number =>
  weight.variance * (factor.variance + factor.mean ** 2) +
  (weight.variance + weight.mean ** 2) * factor.variance;

/** The theory that measurements are compared with; a test passes a broken one. */
export type Theory = typeof import("./analytic.ts");
