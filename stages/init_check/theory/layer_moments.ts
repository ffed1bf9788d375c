/**
 * Simulates one layer: draws whole matrices W, multiplies them by signals of every law, and
 * compares the products' second moment and mean with theory. Forward a = W x, backward g_in = Wᵀ
 * g_out.
 *
 * Two questions are kept apart. Given the norm of its signal, a product of Gaussian weights is exactly
 * normal, so what W does is tested exactly, whatever the signal's law. What the law does to the norm is
 * then part of the unconditional moment, for which Catoni's interval holds even where fourth moments of
 * the squares do not exist (Student's t₅).
 */
import type { LayerCell, LayerRow, TheoryDesign } from "../../../schemas/assignment/theory.ts";
import type { NormalKernel } from "../../random/standard_normal_kernel.ts";
import type { Distributions } from "../../../pipeline/claims/distributions.ts";
import type { SeedSequence } from "../../random/seed_sequence.ts";
import { streamOf } from "../../random/streams.ts";
import type * as analytic from "./analytic.ts";
import { catoniMean } from "./catoni.ts";
import { asymptoticMean, chiSquareScale, normalMean } from "./exact_intervals.ts";
import { laws } from "./laws.ts";
import {
  hasPlainWeights,
  ofProducts,
  ofProductsGivenNorm,
  outputLength,
  signalLength,
} from "./relative_variance.ts";

/** Tools of a measurement: the draws, the distributions, and the theory to compare with. */
export interface Instruments {
  kernel: NormalKernel;
  r: Distributions;
  theory: analytic.Theory;
}

/** Numbers that `layerVectors` takes for fans up to `longest`. */
export const layerCapacity = (longest: number): number =>
  (3 + Math.max(...Object.values(laws).map(({ scratch }) => scratch))) * longest;

/** Vectors in the kernel's memory, for fans up to `longest`, to be used again for every cell. */
export function layerVectors(kernel: NormalKernel, longest: number) {
  return {
    signal: kernel.vector(longest),
    products: kernel.vector(longest),
    common: kernel.vector(longest),
    scratch: kernel.vector(layerCapacity(longest) - 3 * longest),
  };
}
export type LayerVectors = ReturnType<typeof layerVectors>;

/** The stream of a cell of the design, which all of question 2's jobs share. */
export const cellStream = (seed: number, { stream }: { stream: number }): SeedSequence =>
  streamOf(seed, "theory of initialisation", stream);

/** Sums over all draws of a cell. */
interface Sums {
  /** Σ over products of a²/E[a² | ‖x‖] by theory. */
  squares: number;
  /** Σ of a over its deviation by theory, given ‖x‖. */
  standardised: number;
  /** By draw: mean square of the products given ‖x‖, and by the signal's law; each over theory's. */
  givenNorm: Float64Array;
  byLaw: Float64Array;
  /** Σ w² and largest |w| of uniform weights. */
  weightSquares: number;
  largestWeight: number;
}

/** Fills `signal`: entries of the cell's law, with their mean and a common part if correlated. */
function drawSignal(
  kernel: NormalKernel,
  { law, variance, mean, correlation }: LayerCell["signal"],
  signal: Float64Array,
  { common, scratch }: LayerVectors,
): void {
  laws[law].draw(kernel, signal, scratch);
  const deviation = Math.sqrt(variance);
  if (correlation === 0) {
    if (deviation === 1 && mean === 0) return;
    for (let i = 0; i < signal.length; i++) signal[i] = mean + deviation * signal[i];
    return;
  }
  const one = common.subarray(0, 1);
  laws[law].draw(kernel, one, scratch);
  const own = deviation * Math.sqrt(1 - correlation);
  const shared = mean + deviation * Math.sqrt(correlation) * one[0];
  for (let i = 0; i < signal.length; i++) signal[i] = shared + own * signal[i];
}

/**
 * Fills `products` with those of a fresh matrix. Row j of W is m + σ(√(1-ρ) z_j + √ρ c_j): what its
 * entries have in common meets the sum of the signal.
 */
function drawProducts(
  kernel: NormalKernel,
  { weights, direction }: LayerCell,
  signal: Float64Array,
  products: Float64Array,
  { common }: LayerVectors,
): void {
  if (direction === "forward") kernel.products(signal, products);
  else kernel.transposedProducts(signal, products);
  const deviation = Math.sqrt(weights.variance);
  const own = deviation * Math.sqrt(1 - weights.correlation);
  for (let j = 0; j < products.length; j++) products[j] *= own;
  if (weights.mean === 0 && weights.correlation === 0) return;
  const shared = common.subarray(0, products.length);
  kernel.fill(shared);
  let sum = 0;
  for (let i = 0; i < signal.length; i++) sum += signal[i];
  for (let j = 0; j < products.length; j++) {
    products[j] += (weights.mean + deviation * Math.sqrt(weights.correlation) * shared[j]) * sum;
  }
}

/** The same for weights uniform about 0, one row after the other. */
function drawUniformProducts(
  kernel: NormalKernel,
  { weights }: LayerCell,
  signal: Float64Array,
  products: Float64Array,
  { common }: LayerVectors,
  sums: Sums,
): void {
  const row = common.subarray(0, signal.length);
  const width = 2 * Math.sqrt(3 * weights.variance);
  for (let j = 0; j < products.length; j++) {
    kernel.fillUniform(row);
    let product = 0;
    for (let i = 0; i < row.length; i++) {
      const weight = width * (row[i] - 0.5);
      product += weight * signal[i];
      sums.weightSquares += weight * weight;
      sums.largestWeight = Math.max(sums.largestWeight, Math.abs(weight));
    }
    products[j] = product;
  }
}

/** E[a²] by theory, for a signal of this second moment about `mean`. */
function predicted(
  theory: analytic.Theory,
  { direction, nIn, nOut, weights }: LayerCell,
  mean: number,
  variance: number,
): number {
  return direction === "forward"
    ? theory.forwardVariance(nIn, weights.variance, variance)
    : theory.backwardVariance(nOut, weights.variance, mean, variance);
}

function draw(cell: LayerCell, seed: number, tools: Instruments, vectors: LayerVectors): Sums {
  const { kernel, theory } = tools;
  const signal = vectors.signal.subarray(0, signalLength(cell));
  const products = vectors.products.subarray(0, outputLength(cell));
  const sums: Sums = {
    squares: 0,
    standardised: 0,
    givenNorm: new Float64Array(cell.draws),
    byLaw: new Float64Array(cell.draws),
    weightSquares: 0,
    largestWeight: 0,
  };
  // Forward, the assignment's v² is the inputs' variance, and their mean is not in its formula.
  const byLaw = predicted(theory, cell, cell.signal.mean, cell.signal.variance);
  kernel.seed(cellStream(seed, cell));
  for (let k = 0; k < cell.draws; k++) {
    drawSignal(kernel, cell.signal, signal, vectors);
    if (cell.weights.law === "uniform") {
      drawUniformProducts(kernel, cell, signal, products, vectors, sums);
    } else drawProducts(kernel, cell, signal, products, vectors);
    let norm = 0;
    for (let i = 0; i < signal.length; i++) norm += signal[i] * signal[i];
    let sum = 0;
    let squares = 0;
    for (let j = 0; j < products.length; j++) {
      sum += products[j];
      squares += products[j] * products[j];
    }
    const givenNorm = predicted(theory, cell, 0, norm / signal.length);
    sums.squares += squares / givenNorm;
    sums.standardised += sum / Math.sqrt(givenNorm);
    sums.givenNorm[k] = squares / products.length / givenNorm;
    sums.byLaw[k] = squares / products.length / byLaw;
  }
  return sums;
}

/** Draws a cell's matrices and signals, and compares their products with theory. */
export function measureLayer(
  cell: LayerCell,
  { seed, epsilon, level }: Pick<TheoryDesign, "seed" | "epsilon" | "level">,
  tools: Instruments,
  vectors: LayerVectors,
): LayerRow {
  const { r } = tools;
  const sums = draw(cell, seed, tools, vectors);
  const count = cell.draws * outputLength(cell);
  const factor = 1 + epsilon;
  const isPlain = hasPlainWeights(cell);
  const isExact = isPlain && cell.weights.law === "gaussian";
  const weights = count * signalLength(cell);
  return {
    cell,
    conditional: isExact
      ? chiSquareScale(r, sums.squares, count, level, epsilon)
      : isPlain
      ? catoniMean(sums.givenNorm, ofProductsGivenNorm(cell), level, factor)
      : null,
    conditionalTest: isExact ? "exact χ² given the signals' norms" : "Catoni's interval",
    mean: isExact ? normalMean(r, sums.standardised, count, level, epsilon) : null,
    unconditional: cell.unconditional
      ? catoniMean(sums.byLaw, ofProducts(cell), level, factor)
      : null,
    weights: cell.weights.law === "uniform"
      ? {
        // E[u⁴]/E[u²]² - 1 = 0.8 for u uniform about 0.
        secondMoment: asymptoticMean(
          r,
          sums.weightSquares / weights / cell.weights.variance,
          Math.sqrt(0.8 / weights),
          level,
          epsilon,
        ),
        largest: sums.largestWeight / Math.sqrt(3 * cell.weights.variance),
      }
      : null,
  };
}
