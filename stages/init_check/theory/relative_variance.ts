/**
 * Computes the relative variance of values that are averaged over independent draws. It follows
 * from the laws of the draws; Catoni's intervals and the sample sizes rest on it.
 */
import type { LayerCell, NetworkCell, ReluCell } from "../../../schemas/assignment/theory.ts";
import { type reluFactor, reluMean, reluSecondMoment, reluVariance } from "./analytic.ts";
import { laws } from "./laws.ts";
import { meanNorm } from "./normality.ts";
import { expectation } from "./quadrature.ts";

/** ‖x‖² of n independent entries with mean μ and variance v²: Var(x²) = (κ - 1)v⁴ + 4μ²v². */
function ofSquaredNorm(
  { law, variance, mean }: { law: LayerCell["signal"]["law"]; variance: number; mean: number },
  n: number,
): number {
  const ofSquare = (laws[law].kurtosis - 1) * variance ** 2 + 4 * mean ** 2 * variance;
  return ofSquare / (n * (variance + mean ** 2) ** 2);
}

/** Entries that one product sums over. */
export const signalLength = ({ direction, nIn, nOut }: LayerCell): number =>
  direction === "forward" ? nIn : nOut;

/** Products that one matrix gives. */
export const outputLength = ({ direction, nIn, nOut }: LayerCell): number =>
  direction === "forward" ? nOut : nIn;

/** True if weights are independent with mean 0. */
export const hasPlainWeights = ({ weights }: LayerCell): boolean =>
  weights.mean === 0 && weights.correlation === 0;

/**
 * True if the second moment over the signal's law is the predicted one. Forward, the assignment's formula
 * has the inputs' variance and not their mean.
 */
export const isPredictedByLaw = (cell: LayerCell): boolean =>
  hasPlainWeights(cell) && (cell.direction === "backward" || cell.signal.mean === 0);

/**
 * The mean square of m products given ‖x‖²: 2/m for Gaussian weights, by χ²; no more for uniform ones,
 * as E[a⁴|x] = 3σ⁴‖x‖⁴ + (E[w⁴] - 3σ⁴) Σ x_i⁴ and their fourth moment is smaller than a normal's.
 */
export const ofProductsGivenNorm = (cell: LayerCell): number => 2 / outputLength(cell);

/**
 * The mean square of m products. For plain weights Var = E[Var(·|x)] + Var(E[·|x]). Otherwise, for
 * w ~ N(m, A) and x ~ N(0, C): a given w is normal with variance q = wᵀCw; E[q] = tr AC + mᵀCm, and
 * Var(q) = 2 tr (AC)² + 4 mᵀCACm ≤ 2 E[q]², so E[a⁴] = 3 E[q²] ≤ 9 E[a²]². Averaging over rows that
 * share x cannot raise it.
 */
export function ofProducts(cell: LayerCell): number {
  const { signal } = cell;
  if (!hasPlainWeights(cell) || signal.correlation > 0) {
    if (signal.law === "gaussian" && signal.mean === 0) return 8;
    throw new RangeError("expected dependent weights or inputs to meet Gaussian inputs of mean 0");
  }
  const ofNorm = ofSquaredNorm(signal, signalLength(cell));
  return ofProductsGivenNorm(cell) * (1 + ofNorm) + ofNorm;
}

/** E[(y - E[y])⁴]/Var(y)² for y the ReLU of a normal variable. */
const reluKurtosis = (): number =>
  expectation((z) => (Math.max(0, z) - reluMean(1)) ** 4).value / reluVariance(1) ** 2;

/** The sample variance of m ReLUs of independent N(0, s²). */
const ofReluSampleVariance = (m: number): number => (reluKurtosis() - (m - 3) / (m - 1)) / m;

/** Mean, mean square and sample variance of one draw's ReLUs of exactly normal pre-activations. */
export const ofRelu = (m: number): { mean: number; secondMoment: number; variance: number } => ({
  mean: (reluSecondMoment(1) / reluMean(1) ** 2 - 1) / m,
  // E[y⁴] = 3s⁴/2 and E[y²] = s²/2.
  secondMoment: 5 / m,
  variance: ofReluSampleVariance(m),
});

/** The mean of one draw's ReLUs over the law of x; the rows share x, so their number is no help. */
export const ofReluMeanByLaw = ({ signal, nIn }: ReluCell): number =>
  reluSecondMoment(1) / (reluMean(1) * meanNorm(signal.law, nIn).value) ** 2 - 1;

/** The factor by which one layer of a homogeneous network multiplies the second moment. */
export function ofFactor({ activation, width }: NetworkCell): number {
  if (activation === "linear") return 2 / width; // χ² with n degrees of freedom, over n
  if (activation === "relu") return 5 / width; // E[y⁴]/E[y²]² - 1 = 5, over n
  throw new RangeError(`expected a homogeneous network, found ${activation}`);
}

/** The growth through all layers, a product of independent factors. */
export const ofGrowth = (cell: NetworkCell): number => (1 + ofFactor(cell)) ** cell.depth - 1;

/** The sample variance over the units of the last layer of a ReLU network. */
export const ofVarianceAtEnd = (cell: NetworkCell): number =>
  (1 + ofFactor(cell)) ** (cell.depth - 1) * (1 + ofReluSampleVariance(cell.width)) - 1;

/** The variance over a last layer's units that theory predicts, for an input of mean square 1. */
export const predictedVarianceAtEnd = (
  { gain, depth }: NetworkCell,
  factor: typeof reluFactor,
  variance: typeof reluVariance,
): number => factor(gain) ** (depth - 1) * variance(Math.sqrt(gain));
