/**
 * Simulates the ReLU of one layer's pre-activations and compares its mean, second moment and
 * variance with theory. Given ‖x‖ the pre-activations are exactly normal, so all three are
 * measured for N(0, s²). Over the law of x they are not normal, and the mean is smaller than a
 * normal's.
 */
import type { ReluCell, ReluRow, TheoryDesign } from "../../../schemas/assignment/theory.ts";
import { catoniMean } from "./catoni.ts";
import { variances } from "./design.ts";
import { cellStream, type Instruments, type LayerVectors } from "./layer_moments.ts";
import { laws } from "./laws.ts";
import { meanNorm } from "./normality.ts";
import { ofRelu, ofReluMeanByLaw } from "./relative_variance.ts";

/** Draws a cell's matrices and signals, and compares the moments after the ReLU with theory. */
export function measureRelu(
  cell: ReluCell,
  { seed, epsilon, level }: Pick<TheoryDesign, "seed" | "epsilon" | "level">,
  { kernel, theory }: Omit<Instruments, "r">,
  vectors: LayerVectors,
): ReluRow {
  const { against, nIn, nOut, draws } = cell;
  const x = vectors.signal.subarray(0, nIn);
  const a = vectors.products.subarray(0, nOut);
  const variance = variances[cell.rule](nIn, nOut);
  const inputDeviation = Math.sqrt(cell.signal.variance);
  const byLaw = Math.sqrt(theory.forwardVariance(nIn, variance, cell.signal.variance));
  /** E[‖x‖] over √n v: by so much the ReLU's mean falls short of a normal's. */
  const shortfall = against === "law" ? meanNorm(cell.signal.law, nIn).value : 1;
  const means = new Float64Array(draws);
  const seconds = new Float64Array(draws);
  const spreads = new Float64Array(draws);
  kernel.seed(cellStream(seed, cell));
  for (let k = 0; k < draws; k++) {
    laws[cell.signal.law].draw(kernel, x, vectors.scratch);
    kernel.products(x, a);
    let norm = 0;
    for (let i = 0; i < nIn; i++) norm += x[i] * x[i];
    const deviation = against === "law"
      ? byLaw
      : Math.sqrt(theory.forwardVariance(nIn, variance, cell.signal.variance * norm / nIn));
    const scale = Math.sqrt(variance) * inputDeviation;
    let sum = 0;
    let squares = 0;
    for (let j = 0; j < nOut; j++) {
      const y = Math.max(0, scale * a[j]);
      sum += y;
      squares += y * y;
    }
    const mean = sum / nOut;
    means[k] = mean / (theory.reluMean(deviation) * shortfall);
    seconds[k] = squares / nOut / theory.reluSecondMoment(deviation);
    if (nOut > 1) {
      const unbiased = (squares - nOut * mean * mean) / (nOut - 1);
      spreads[k] = unbiased / theory.reluVariance(deviation);
    }
  }
  const interval = (values: Float64Array, c: number) => catoniMean(values, c, level, 1 + epsilon);
  if (against === "law") {
    const mean = interval(means, ofReluMeanByLaw(cell));
    return { cell, mean, secondMoment: null, variance: null };
  }
  const relative = ofRelu(nOut);
  return {
    cell,
    mean: interval(means, relative.mean),
    secondMoment: interval(seconds, relative.secondMoment),
    variance: interval(spreads, relative.variance),
  };
}
