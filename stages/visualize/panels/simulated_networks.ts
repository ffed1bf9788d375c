/**
 * Draws deep networks of equal widths as question 2's job does, in small steps: the same kernel, stream
 * and order of sums, so that equal settings give equal bits. `network_moments.ts` has the job's own.
 */
import type { NetworkCell } from "../../../schemas/assignment/theory.ts";
import type { NormalKernel } from "../../random/standard_normal_kernel.ts";
import type { SeedSequence } from "../../random/seed_sequence.ts";
import { activations } from "../../init_check/theory/activation_moments.ts";
import { laws } from "../../init_check/theory/laws.ts";

export type Networks = Pick<NetworkCell, "activation" | "gain" | "width" | "depth" | "networks">;

/** Sums over the networks that are complete, and the pre-activations of their last layers. */
export interface Simulated {
  networks: number;
  /** By layer, the input being layer 0: Σ of the mean square, and of its natural logarithm. */
  sums: Float64Array;
  logSums: Float64Array;
  /** Σ of the mean square of the last layer's pre-activations. */
  preActivations: number;
  /** Pre-activations of the last layer by bin, over the deviation that was given. */
  counts: Uint32Array;
}

/** Bins of the last layer's pre-activations, in deviations: the same width from -end to end. */
export const bins = { end: 4, count: 40 };

/** Numbers that `drawNetworks` takes of a kernel for widths up to `widest`. */
export const networksCapacity = (widest: number): number => 3 * widest;

/** Vectors for `drawNetworks`, to be used again. */
export const networksVectors = (kernel: NormalKernel, widest: number): Float64Array[] =>
  [0, 1, 2].map(() => kernel.vector(widest));

/** Weights that are drawn between two steps: less than a millisecond. */
const drawsPerStep = 200_000;

/** Draws networks; `deviation` is the predicted one of the last layer's pre-activations. */
export function* drawNetworks(
  { activation, gain, width, depth, networks }: Networks,
  stream: SeedSequence,
  kernel: NormalKernel,
  vectors: readonly Float64Array[],
  deviation: number,
): Generator<Simulated, Simulated> {
  const { value } = activations[activation];
  const scale = Math.sqrt(gain / width);
  const found: Simulated = {
    networks: 0,
    sums: new Float64Array(depth + 1),
    logSums: new Float64Array(depth + 1),
    preActivations: 0,
    counts: new Uint32Array(bins.count),
  };
  let [y, a, rest] = vectors.map((vector) => vector.subarray(0, width));
  const seconds = new Float64Array(depth + 1);
  const binWidth = 2 * bins.end / bins.count;
  let draws = 0;
  kernel.seed(stream);
  for (let network = 0; network < networks; network++) {
    laws.rademacher.draw(kernel, y, rest);
    seconds[0] = secondMoment(y);
    let last = 0;
    for (let layer = 1; layer <= depth; layer++) {
      kernel.products(y, a);
      for (let j = 0; j < width; j++) a[j] = scale * a[j];
      if (layer === depth) {
        last = secondMoment(a);
        for (let j = 0; j < width; j++) {
          const bin = Math.floor((a[j] / deviation + bins.end) / binWidth);
          if (bin >= 0 && bin < bins.count) found.counts[bin]++;
        }
      }
      for (let j = 0; j < width; j++) a[j] = value(a[j]);
      [y, a] = [a, y];
      seconds[layer] = secondMoment(y);
      draws += width * width;
      if (draws > drawsPerStep) {
        draws = 0;
        yield found;
      }
    }
    // The job draws the gradient here, with which its way back begins.
    kernel.fill(rest);
    for (let layer = 0; layer <= depth; layer++) {
      found.sums[layer] += seconds[layer];
      found.logSums[layer] += Math.log(seconds[layer]);
    }
    found.preActivations += last;
    found.networks++;
  }
  return found;
}

/** Mean of the squares. */
function secondMoment(values: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return squares / values.length;
}
