/**
 * Simulates what the assignment's derivations of question 2 assume on their way: that the ReLU keeps the
 * density of what is above 0, that products of independent factors have the mean and the variance that
 * are written for them, and that the next layer sees a moment of the ReLU about 0 or about its mean.
 *
 * Values that rest on several moments of one sample are taken of batches, and their t interval over
 * independent batches.
 */
import type { Assumptions, BatchMean, ProductCase } from "../../../schemas/assignment/theory.ts";
import { type Distributions, distributions } from "../../../pipeline/claims/distributions.ts";
import { meanAndDeviation } from "../../../pipeline/claims/prediction.ts";
import { createNormalKernel, type NormalKernel } from "../../random/standard_normal_kernel.ts";
import { streamOf } from "../../random/streams.ts";
import { level } from "./error_rates.ts";
import { productCases } from "./product_cases.ts";

/** Units of the layers drawn, n_in and n_out. */
const width = 64;

/** Batches of every value. */
const batches = 64;

/** Ends of the intervals, in deviations, in which ReLUs above 0 are counted. */
const edges = [0, 0.5, 1, 1.5, Infinity];

/** Products in a sum. */
const terms = 16;

/** Correlation of gradients with each other, or of a weight with its gradient. */
const correlation = 0.5;

/** Functions that tests replace to break the measurement. */
export interface Simulated {
  relu(a: number): number;
}

/** Mean over batches with its t interval. */
function overBatches({ qt }: Distributions, values: readonly number[]): BatchMean {
  const { mean, standardDeviation } = meanAndDeviation(values);
  const standardError = standardDeviation / Math.sqrt(values.length);
  const reach = qt(1 - level / 2, values.length - 1) * standardError;
  return {
    estimate: mean,
    standardError,
    interval: { low: mean - reach, high: mean + reach },
    batches: values.length,
  };
}

/** Shares of ReLU(a) of whole layers at 0 and in intervals above, over those of a normal a. */
function density(
  r: Distributions,
  kernel: NormalKernel,
  samples: number,
  { relu }: Simulated,
): Assumptions["density"] {
  const [x, a] = [kernel.vector(width), kernel.vector(width)];
  const counts = edges.map(() => 0);
  const layers = Math.ceil(samples / width);
  for (let k = 0; k < layers; k++) {
    kernel.fill(x);
    kernel.products(x, a);
    // Given x, a has this deviation.
    const deviation = Math.hypot(...x);
    for (let j = 0; j < width; j++) {
      const y = relu(a[j] / deviation);
      let bin = 0;
      while (y > edges[bin]) bin++;
      counts[bin]++;
    }
  }
  const drawn = layers * width;
  const z = r.qnorm(level / 2, 0, 1, false);
  const [zeros, ...above] = counts.map((count, bin) => {
    const probability = bin === 0 ? 0.5 : r.pnorm(edges[bin]) - r.pnorm(edges[bin - 1]);
    const standardError = Math.sqrt((1 - probability) / (probability * drawn));
    const estimate = count / (drawn * probability);
    return {
      probability,
      share: count / drawn,
      estimate,
      standardError,
      interval: { low: estimate - z * standardError, high: estimate + z * standardError },
    };
  });
  return {
    samples: drawn,
    atZero: zeros,
    above: above.map((found, bin) => ({
      from: edges[bin],
      to: Number.isFinite(edges[bin + 1]) ? edges[bin + 1] : null,
      ...found,
    })),
  };
}

/** Fills both factors of `terms` products of a case. */
function drawFactors(
  kernel: NormalKernel,
  name: ProductCase,
  weights: Float64Array,
  gradients: Float64Array,
  one: Float64Array,
): void {
  kernel.fill(weights);
  kernel.fill(gradients);
  const [own, shared] = [Math.sqrt(1 - correlation), Math.sqrt(correlation)];
  if (name.endsWith("correlated-gradients")) {
    kernel.fill(one);
    for (let i = 0; i < terms; i++) gradients[i] = own * gradients[i] + shared * one[0];
  }
  if (name === "dependent-factors") {
    const rest = Math.sqrt(1 - correlation ** 2);
    for (let i = 0; i < terms; i++) weights[i] = rest * weights[i] + correlation * gradients[i];
  }
  const { weightMean, gradientMean } = productCases[name];
  for (let i = 0; i < terms; i++) {
    weights[i] += weightMean;
    gradients[i] += gradientMean;
  }
}

/** Cov(W, g) over both deviations, and Var(Σ W g) over Σ Var(W g). */
function products(
  r: Distributions,
  kernel: NormalKernel,
  name: ProductCase,
  sums: number,
): Assumptions["products"][number] {
  const [weights, gradients, one] = [terms, terms, 1].map((length) => kernel.vector(length));
  const perBatch = Math.ceil(sums / batches);
  const covariances: number[] = [];
  const variances: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    let [w, ww, g, gg, wg, wgwg, s, ss] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let k = 0; k < perBatch; k++) {
      drawFactors(kernel, name, weights, gradients, one);
      let sum = 0;
      for (let i = 0; i < terms; i++) {
        const product = weights[i] * gradients[i];
        sum += product;
        w += weights[i];
        ww += weights[i] ** 2;
        g += gradients[i];
        gg += gradients[i] ** 2;
        wg += product;
        wgwg += product ** 2;
      }
      s += sum;
      ss += sum ** 2;
    }
    const n = perBatch * terms;
    const variance = (sum: number, squares: number, n: number) => squares / n - (sum / n) ** 2;
    covariances.push(
      (wg / n - w / n * (g / n)) / Math.sqrt(variance(w, ww, n) * variance(g, gg, n)),
    );
    variances.push(variance(s, ss, perBatch) / (terms * variance(wg, wgwg, n)));
  }
  return {
    case: name,
    terms,
    covariance: overBatches(r, covariances),
    variance: overBatches(r, variances),
  };
}

/** The next layer's second moment over n σ² times moments of y = ReLU(W x), and (E[y])²/E[y²]. */
function nextLayer(
  r: Distributions,
  kernel: NormalKernel,
  layers: number,
  { relu }: Simulated,
): Assumptions["nextLayer"] {
  const [x, y, a] = [1, 2, 3].map(() => kernel.vector(width));
  const perBatch = Math.ceil(layers / batches);
  const found = Array.from({ length: batches }, () => {
    let [next, square, sum] = [0, 0, 0];
    for (let k = 0; k < perBatch; k++) {
      kernel.fill(x);
      kernel.products(x, y);
      for (let j = 0; j < width; j++) {
        y[j] = relu(y[j]);
        sum += y[j];
        square += y[j] ** 2;
      }
      kernel.products(y, a);
      for (let j = 0; j < width; j++) next += a[j] ** 2;
    }
    const n = perBatch * width;
    const [meanSquare, share] = [square / n, (sum / n) ** 2 / (square / n)];
    const overSecondMoment = next / n / (width * meanSquare);
    return { overSecondMoment, overVariance: overSecondMoment / (1 - share), share };
  });
  const of = (key: keyof typeof found[number]) => overBatches(r, found.map((one) => one[key]));
  return {
    overSecondMoment: of("overSecondMoment"),
    overVariance: of("overVariance"),
    share: of("share"),
  };
}

/** Measures all of it; every case has its own stream of random numbers. */
export async function measureAssumptions(
  { seed, samples, sums, layers }: {
    seed: number;
    samples: number;
    sums: number;
    layers: number;
  },
  simulated: Simulated = { relu: (a) => Math.max(0, a) },
): Promise<Assumptions> {
  const r = await distributions();
  const kernel = await createNormalKernel(2000);
  const seeded = <T>(index: number, measure: () => T): T => {
    kernel.seed(streamOf(seed, "assumptions of derivations", index));
    return measure();
  };
  const cases = Object.keys(productCases) as ProductCase[];
  return {
    level,
    density: seeded(0, () => density(r, kernel, samples, simulated)),
    nextLayer: seeded(1, () => nextLayer(r, kernel, layers, simulated)),
    products: cases.map((name, i) => seeded(2 + i, () => products(r, kernel, name, sums))),
  };
}
