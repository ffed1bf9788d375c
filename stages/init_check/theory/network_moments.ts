/**
 * Simulates deep networks of equal widths: second moments and variances of activations and
 * gradients, layer by layer, over many networks. Inputs are ±1, so that every network starts from
 * a second moment of exactly 1; gradients start at the last layer from independent N(0, 1).
 *
 * Judged is what has an honest interval. The factors of single layers of a homogeneous network are
 * independent, so that all layers of all networks are one sample; the growth from end to end has a
 * heavy tail, for which Catoni's interval is made.
 */
import type {
  Curves,
  DepthPoint,
  Estimate,
  NetworkCell,
  NetworkRow,
  TheoryDesign,
} from "../../../schemas/assignment/theory.ts";
import type { NormalKernel } from "../../random/standard_normal_kernel.ts";
import type { Distributions } from "../../../pipeline/claims/distributions.ts";
import { activations } from "./activation_moments.ts";
import { catoniMean } from "./catoni.ts";
import { ofLogVariance } from "./design.ts";
import { chiSquareScale, normalMean } from "./exact_intervals.ts";
import { cellStream, type Instruments } from "./layer_moments.ts";
import { laws } from "./laws.ts";
import { driftMargin, logFactor, predictedGrowth, varianceFactor } from "./log_growth.ts";
import { meanField } from "./mean_field.ts";
import {
  ofFactor,
  ofGrowth,
  ofVarianceAtEnd,
  predictedVarianceAtEnd,
} from "./relative_variance.ts";

/** Numbers that `networkVectors` takes. */
export const networkCapacity = (cells: readonly NetworkCell[]): number =>
  Math.max(...cells.map((cell) => 5 * cell.width + keptOf(cell)));

const keptOf = ({ purpose, width, depth }: NetworkCell): number =>
  purpose === "curves" ? depth * width ** 2 : 0;

/** Vectors in the kernel's memory, large enough for each of the cells, to be used again. */
export function networkVectors(kernel: NormalKernel, cells: readonly NetworkCell[]) {
  const longest = Math.max(...cells.map(({ width }) => width));
  return {
    input: kernel.vector(longest),
    output: kernel.vector(longest),
    gradient: kernel.vector(longest),
    below: kernel.vector(longest),
    matrices: kernel.vector(Math.max(...cells.map(keptOf))),
  };
}
type NetworkVectors = ReturnType<typeof networkVectors>;

/** Mean square, and unbiased variance over the entries. */
function moments(values: Float64Array): { second: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  const n = values.length;
  return { second: squares / n, variance: (squares - sum * sum / n) / (n - 1) };
}

/** By network and layer, row-major; layer 0 is the input. */
interface Course {
  second: Float64Array;
  variance: Float64Array;
}

const at = (cell: NetworkCell, network: number, layer: number): number =>
  network * (cell.depth + 1) + layer;

/** Draws the networks and passes their inputs through; `each` sees a network that was kept. */
function forward(
  cell: NetworkCell,
  seed: number,
  kernel: NormalKernel,
  vectors: NetworkVectors,
  keep: { slopes: Float64Array; each(network: number): void } | undefined,
): Course {
  const { width, depth, networks, gain } = cell;
  const { value, derivative } = activations[cell.activation];
  const deviation = Math.sqrt(gain / width);
  const length = networks * (depth + 1);
  const course = { second: new Float64Array(length), variance: new Float64Array(length) };
  let y = vectors.input.subarray(0, width);
  let a = vectors.output.subarray(0, width);
  const record = (network: number, layer: number) => {
    const { second, variance } = moments(y);
    course.second[at(cell, network, layer)] = second;
    course.variance[at(cell, network, layer)] = variance;
  };
  kernel.seed(cellStream(seed, cell));
  for (let network = 0; network < networks; network++) {
    laws.rademacher.draw(kernel, y, vectors.below);
    record(network, 0);
    for (let layer = 1; layer <= depth; layer++) {
      if (keep === undefined) kernel.products(y, a);
      else kernel.products(y, a, matrixOf(cell, vectors, layer));
      for (let j = 0; j < width; j++) {
        const preActivation = deviation * a[j];
        a[j] = value(preActivation);
        if (keep !== undefined) keep.slopes[layer * width + j] = derivative(preActivation);
      }
      [y, a] = [a, y];
      record(network, layer);
    }
    keep?.each(network);
  }
  return course;
}

const matrixOf = (
  { width }: NetworkCell,
  { matrices }: NetworkVectors,
  layer: number,
): Float64Array => matrices.subarray((layer - 1) * width ** 2, layer * width ** 2);

/** A cell's curves: forward and backward through every network, beside the mean field. */
export function measureCurves(
  cell: NetworkCell,
  { seed }: Pick<TheoryDesign, "seed">,
  { kernel, r }: Instruments,
  vectors: NetworkVectors,
): Curves {
  const { width, depth, networks, gain } = cell;
  const activation = activations[cell.activation];
  const deviation = Math.sqrt(gain / width);
  const length = networks * (depth + 1);
  const back = { second: new Float64Array(length), variance: new Float64Array(length) };
  const slopes = new Float64Array((depth + 1) * width);
  const backward = (network: number) => {
    let g = vectors.gradient.subarray(0, width);
    let below = vectors.below.subarray(0, width);
    kernel.fill(g);
    const start = moments(g).second;
    const record = (layer: number) => {
      const { second, variance } = moments(g);
      back.second[at(cell, network, layer)] = second / start;
      back.variance[at(cell, network, layer)] = variance / start;
    };
    record(depth);
    for (let layer = depth; layer > 0; layer--) {
      for (let j = 0; j < width; j++) g[j] *= deviation * slopes[layer * width + j];
      kernel.transposedProductsOf(matrixOf(cell, vectors, layer), g, below);
      [g, below] = [below, g];
      record(layer - 1);
    }
  };
  const course = forward(cell, seed, kernel, vectors, { slopes, each: backward });
  const predicted = meanField(activation, gain, depth);
  const isHomogeneous = cell.activation === "linear" || cell.activation === "relu";
  const growth = isHomogeneous ? logFactor(r, cell) : null;
  const points = (prediction: readonly number[], values: Float64Array) =>
    prediction.map((value, layer) => depthPoint(cell, layer, value, values));
  return {
    cell,
    secondMoment: points(predicted.secondMoment, course.second),
    variance: points(predicted.variance, course.variance),
    gradient: points(predicted.gradient, back.second),
    gradientVariance: points(predicted.gradient, back.variance),
    logGrowth: growth && { mean: growth.mean, variance: growth.variance },
  };
}

function depthPoint(
  cell: NetworkCell,
  layer: number,
  predicted: number,
  values: Float64Array,
): DepthPoint {
  const { networks } = cell;
  let sum = 0;
  let logSum = 0;
  for (let network = 0; network < networks; network++) {
    const value = values[at(cell, network, layer)];
    sum += value;
    logSum += Math.log(value);
  }
  const logMean = logSum / networks;
  let squares = 0;
  for (let network = 0; network < networks; network++) {
    squares += (Math.log(values[at(cell, network, layer)]) - logMean) ** 2;
  }
  return {
    layer,
    predicted,
    measured: sum / networks,
    logMean,
    logDeviation: Math.sqrt(squares / (networks - 1)),
  };
}

/** A homogeneous cell's factors, and what it is there for, over theory's. */
export function measureNetworks(
  cell: NetworkCell,
  design: Pick<TheoryDesign, "seed" | "epsilon" | "perLayer" | "level">,
  { kernel, r, theory }: Instruments,
  vectors: NetworkVectors,
): NetworkRow {
  const { depth, networks, width, gain, activation, purpose } = cell;
  const { seed, epsilon, perLayer, level } = design;
  const course = forward(cell, seed, kernel, vectors, undefined);
  const isLinear = activation === "linear";
  const predictedFactor = isLinear ? theory.linearFactor(gain) : theory.reluFactor(gain);
  const factors = new Float64Array(networks * depth);
  const growth = new Float64Array(networks);
  const spread = new Float64Array(networks);
  for (let network = 0; network < networks; network++) {
    for (let layer = 1; layer <= depth; layer++) {
      const before = course.second[at(cell, network, layer - 1)];
      const after = course.second[at(cell, network, layer)];
      if (!(before > 0)) {
        throw new Error(
          `expected an active unit in every layer, found none in layer ${layer - 1} of a network ` +
            `of width ${width}; the probability is 2^-${width} a layer`,
        );
      }
      factors[network * depth + layer - 1] = after / before / predictedFactor;
    }
    growth[network] = course.second[at(cell, network, depth)] / predictedFactor ** depth;
    spread[network] = course.variance[at(cell, network, depth)];
  }
  const within = perLayer ** depth;
  return {
    cell,
    predictedFactor,
    factor: isLinear
      ? chiSquareScale(r, width * sumOf(factors), width * factors.length, level, epsilon)
      : catoniMean(factors, ofFactor(cell), level, 1 + epsilon),
    factorTest: isLinear ? "exact χ² over all layers" : "Catoni's interval over all layers",
    endToEnd: purpose === "end-to-end" ? catoniMean(growth, ofGrowth(cell), level, within) : null,
    varianceAtEnd: purpose === "end-to-end" && !isLinear
      ? catoniMean(
        spread,
        ofVarianceAtEnd(cell),
        level,
        within,
        predictedVarianceAtEnd(cell, theory.reluFactor, theory.reluVariance),
      )
      : null,
    logGrowth: purpose === "log-growth" ? logGrowthOf(cell, growth, design, r) : null,
  };
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** ln of the growth over the predicted one, against its exact moments. */
function logGrowthOf(
  cell: NetworkCell,
  growth: Float64Array,
  { level }: Pick<TheoryDesign, "level">,
  r: Distributions,
): { predictedMean: number; predictedVariance: number; mean: Estimate; variance: Estimate } {
  const predicted = predictedGrowth(r, cell);
  const { predictedMean, predictedVariance } = predicted;
  const standardised = growth.map((value) =>
    (Math.log(value) - predictedMean) / Math.sqrt(predictedVariance)
  );
  const squares = standardised.map((value) => value * value);
  return {
    ...predicted,
    mean: normalMean(r, sumOf(standardised), growth.length, level, driftMargin(predicted)),
    variance: catoniMean(squares, ofLogVariance(r, cell), level, varianceFactor),
  };
}
