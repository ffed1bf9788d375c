/** Errors in question 4: training by hand, and what is measured of it. */
import type { Plant } from "./plant.ts";

const claims = ["tests/stages/claims/claims_4_test.ts"];
const weightedInputs = ["tests/stages/init_check/weighted_inputs_test.ts"];
const gradients = ["tests/stages/train/gradient_scale_test.ts"];
const perceptron = ["tests/stages/networks/perceptron_test.ts"];
const scale = ["tests/stages/normalize/scale_test.ts"];
const numpy = ["tests/stages/random/random_numpy_test.ts"];

export const plants4: Plant[] = [
  {
    name: "freedom-of-n-networks",
    file: "stages/init_check/init_check_batch_by_hand.ts",
    find: "networks - 1);",
    replace: "networks);",
    noticedBy: weightedInputs,
  },
  {
    name: "doubled-standard-error",
    file: "stages/init_check/init_check_batch_by_hand.ts",
    find: "error / (2 * Math.sqrt(square))",
    replace: "error / Math.sqrt(square)",
    noticedBy: weightedInputs,
  },
  {
    name: "deviation-of-networks-not-of-their-mean",
    file: "stages/init_check/init_check_batch_by_hand.ts",
    find: ".standardDeviation / Math.sqrt(networks);",
    replace: ".standardDeviation;",
    noticedBy: weightedInputs,
  },
  {
    name: "interval-of-one-side",
    file: "stages/init_check/init_check_batch_by_hand.ts",
    find: "Math.sqrt(square + t * error)",
    replace: "Math.sqrt(square)",
    noticedBy: weightedInputs,
  },
  {
    name: "one-network-for-all",
    file: "stages/init_check/init_check_batch_by_hand.ts",
    find: "streamOf(seed, purpose, i)",
    replace: "streamOf(seed, purpose, 0)",
    noticedBy: weightedInputs,
  },
  {
    name: "backward-by-the-other-fan",
    file: "stages/init_check/batch_moments.ts",
    find: "layers[l].outputs * variances[l].weight * predictedBackward[l]",
    replace: "layers[l].inputs * variances[l].weight * predictedBackward[l]",
    noticedBy: ["tests/stages/compare/comparisons_test.ts"],
    filter: "second moments on a batch",
  },
  {
    name: "median-of-the-lower-half",
    file: "stages/train/gradient_scale.ts",
    find: "const middle = sorted.length >> 1;",
    replace: "const middle = sorted.length >> 2;",
    noticedBy: gradients,
  },
  {
    name: "slope-of-another-function",
    file: "stages/train/gradient_scale.ts",
    find: "return e / (1 + e) ** 2;",
    replace: "return e / (1 + e);",
    noticedBy: claims,
  },
  {
    name: "gradients-compared-without-sign",
    file: "stages/train/check_gradients.ts",
    find: "Math.abs(gradient[places[i]] - other[i])",
    replace: "Math.abs(Math.abs(gradient[places[i]]) - Math.abs(other[i]))",
    noticedBy: gradients,
  },
  {
    name: "gradients-at-other-places",
    file: "stages/train/check_gradients.ts",
    find: "Math.abs(gradient[places[i]] - other[i])",
    replace: "Math.abs(gradient[i] - other[i])",
    noticedBy: gradients,
  },
  {
    name: "deviation-of-a-sample",
    file: "stages/normalize/scale.ts",
    find: "Math.sqrt(Number(n * sumOfSquares - sum * sum)) / (pixels.length * divisor)",
    replace:
      "Math.sqrt(Number(n * sumOfSquares - sum * sum) * pixels.length / (pixels.length - 1)) / (pixels.length * divisor)",
    noticedBy: scale,
  },
  {
    name: "pixels-cut-not-rounded",
    file: "stages/normalize/scale.ts",
    find: "(_, value) => value / divisor)",
    replace: "(_, value) => (value + 0.5) / divisor)",
    noticedBy: scale,
  },
  {
    name: "tail-of-the-wrong-sign",
    file: "stages/random/standard_normal.ts",
    find: "return negative ? -(tailStart + beyond) : tailStart + beyond;",
    replace: "return tailStart + beyond;",
    noticedBy: numpy,
  },
  {
    name: "fma-rounded-twice",
    file: "stages/random/fma.ts",
    find: "if ((bits[0] & 1n) === 0n)",
    replace: "if (false)",
    noticedBy: numpy,
  },
  {
    name: "gradient-without-slopes",
    file: "stages/networks/perceptron.ts",
    find: "below[i] = sum * (h[i] * (1 - h[i]));",
    replace: "below[i] = sum;",
    noticedBy: perceptron,
  },
  {
    name: "step-with-the-gradient",
    file: "stages/networks/perceptron.ts",
    find: "bias[j] -= rate * delta[j];",
    replace: "bias[j] += rate * delta[j];",
    noticedBy: perceptron,
  },
  {
    name: "loss-of-another-class",
    file: "stages/networks/perceptron.ts",
    find: "return -logProbabilities[label];",
    replace: "return -logProbabilities[(label + 1) % logProbabilities.length];",
    noticedBy: perceptron,
  },
  {
    name: "sum-of-losses-for-the-mean",
    file: "stages/networks/perceptron.ts",
    find: "return sum / labels.length;",
    replace: "return sum;",
    noticedBy: perceptron,
  },
];
