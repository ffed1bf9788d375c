/**
 * `check-gradients`: compares question 4's hand-written gradient with central differences and with
 * tfjs's automatic differentiation, before and after training. A gradient with a deliberate
 * mistake shows that a mistake would be seen.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { GradientCheck } from "../../schemas/assignment/by_hand_measurements.ts";
import { gradientCheck } from "./by_hand_artifacts.ts";
import { sampleLength, trainingSet } from "../normalize/dataset.ts";
import { scalePixels } from "../normalize/scale.ts";
import { weightsByEpoch } from "../networks/network_artifacts.ts";
import { autodiffGradients } from "../networks/autodiff_tfjs.ts";
import { centralDifference, type Place } from "../networks/central_differences.ts";
import { backward, forward, type Network, weightGradient } from "../networks/perceptron.ts";
import { inPlace } from "../networks/reordered.ts";
import { epochsOf, layersOf } from "../networks/layers.ts";
import { defaultRng } from "../random/default_rng.ts";
import { streamOf } from "../random/streams.ts";

type Row = GradientCheck["rows"][number];

/** Parameters of a layer that are compared with central differences: all, or so many at random. */
const mostPlaces = 400;

/** A layer's gradient as one array: the weights, row-major, then the biases. */
type Flat = ArrayLike<number>;

/** By hand; and the same without the factor σ' of each hidden unit. */
function byHand(network: Network, image: Float32Array, label: number) {
  const activations = forward(network, image);
  const gradients = backward(network, activations, label);
  const flat = ({ input, delta }: typeof gradients[number]): Flat =>
    Float64Array.of(...weightGradient({ input, delta }), ...delta);
  return {
    "hand-written": gradients.map(flat),
    "without-slopes": gradients.map(({ input, delta }, l) => {
      const h = activations.inputs[l + 1];
      return flat({
        input,
        delta: h === undefined ? delta : delta.map((value, j) => value / (h[j] * (1 - h[j]))),
      });
    }),
  };
}

/** Largest difference at these places of a gradient, over samples, over the largest of `others`. */
export function largestRelative(
  pairs: readonly { gradient: Flat; other: Flat }[],
  places: ArrayLike<number>,
): number {
  let difference = 0;
  let largest = 0;
  for (const { gradient, other } of pairs) {
    for (let i = 0; i < places.length; i++) {
      difference = Math.max(difference, Math.abs(gradient[places[i]] - other[i]));
      largest = Math.max(largest, Math.abs(other[i]));
    }
  }
  return difference / largest;
}

/** Places in a layer's flat gradient: all if they are few, otherwise some at random, in order. */
function placesIn(parameters: number, random: ReturnType<typeof defaultRng>): Uint32Array {
  const all = random.permutation(parameters);
  return all.subarray(0, mostPlaces).sort();
}

const placeOf = ({ weight }: Network[number], layer: number, flat: number): Place =>
  flat < weight.length
    ? { layer, kind: "weight", index: flat }
    : { layer, kind: "bias", index: flat - weight.length };

/** One sample's gradients, layer by layer; of central differences at some places of each alone. */
async function gradientsOf(
  network: Network,
  image: Float32Array,
  label: number,
  places: readonly Uint32Array[],
) {
  return {
    ...byHand(network, image, label),
    autodiff: (await autodiffGradients(network, image, label))
      .map(({ weight, bias }): Flat => Float32Array.of(...weight, ...bias)),
    "central-differences": network.map((layer, l): Flat =>
      Float64Array.from(
        places[l],
        (flat) => centralDifference(network, image, label, placeOf(layer, l, flat)),
      )
    ),
  };
}

export const checkGradients = defineStage({
  name: "check-gradients",
  module: import.meta.url,
  about: "compares the hand-written gradient with central differences and autodiff",
  parameters: z.strictObject({
    /** Number of samples, from the training set's first on. */
    samples: z.int().positive().default(8),
    /** Seed of the choice of parameters. */
    seed: z.int().nonnegative().default(0),
  }),
  inputs: {
    weights: weightsByEpoch,
    ...trainingSet,
  },
  outputs: { gradients: gradientCheck, metrics },
  machine: ["arch", "v8"],
  async run(
    { parameters: { samples, seed }, inputs: { weights, images, labels, scale }, effects },
  ) {
    const random = defaultRng(streamOf(seed, "places of gradients"));
    const width = sampleLength(images);
    const epochs = epochsOf(weights);
    const rows: Row[] = [];
    for (const epoch of [epochs[0], epochs[epochs.length - 1]]) {
      const network = layersOf(weights, "float64", { prefix: `epoch-${epoch}.` });
      const sizes = network.map(({ weight, bias }) => weight.length + bias.length);
      const places = sizes.map((size) => placesIn(size, random));
      const found: Awaited<ReturnType<typeof gradientsOf>>[] = [];
      for (let sample = 0; sample < samples; sample++) {
        const bytes = images.data.subarray(sample * width, (sample + 1) * width);
        const image = scalePixels(bytes, scale.divisor);
        found.push(await gradientsOf(network, image, labels.data[sample], places));
        effects.progress(rows.length === 0 ? sample : samples + sample, 2 * samples, "samples");
      }
      sizes.forEach((size, l) => {
        const row = (gradient: Row["gradient"], against: Row["against"], at: ArrayLike<number>) =>
          rows.push({
            epoch,
            layer: l + 1,
            against,
            gradient,
            parameters: at.length,
            largestRelative: largestRelative(
              found.map((one) => ({ gradient: one[gradient][l], other: one[against][l] })),
              at,
            ),
          });
        row("hand-written", "central-differences", places[l]);
        row("hand-written", "autodiff", inPlace(size));
        if (l < network.length - 1) row("without-slopes", "central-differences", places[l]);
      });
    }
    const largest = (against: Row["against"]) =>
      Math.max(
        ...rows.filter((row) => row.against === against && row.gradient === "hand-written")
          .map((row) => row.largestRelative),
      );
    return {
      gradients: { samples, rows },
      metrics: {
        "relative-difference.central-differences": largest("central-differences"),
        "relative-difference.autodiff": largest("autodiff"),
      },
    };
  },
});
