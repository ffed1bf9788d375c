/** Errors in question 4: training by hand, and what is measured of it. */
import type { Plants } from "./plant.ts";

export const plants4: Plants = {
  "tests/stages/init_check/weighted_inputs_test.ts": {
    "stages/init_check/init_check_batch_by_hand.ts": {
      "freedom-of-n-networks": {
        find: "networks - 1);",
        replace: "networks);",
      },
      "doubled-standard-error": {
        find: "error / (2 * Math.sqrt(square))",
        replace: "error / Math.sqrt(square)",
      },
      "deviation-of-networks-not-of-their-mean": {
        find: ".standardDeviation / Math.sqrt(networks);",
        replace: ".standardDeviation;",
      },
      "interval-of-one-side": {
        find: "Math.sqrt(square + t * error)",
        replace: "Math.sqrt(square)",
      },
      "one-network-for-all": {
        find: "streamOf(seed, purpose, i)",
        replace: "streamOf(seed, purpose, 0)",
      },
    },
  },
  "tests/stages/compare/comparisons_test.ts": {
    "stages/init_check/batch_moments.ts": {
      "backward-by-the-other-fan": {
        find: "layers[l].outputs * variances[l].weight * predictedBackward[l]",
        replace: "layers[l].inputs * variances[l].weight * predictedBackward[l]",
        filter: "second moments on a batch",
      },
    },
  },
  "tests/stages/train/gradient_scale_test.ts": {
    "stages/train/gradient_scale.ts": {
      "median-of-the-lower-half": {
        find: "const middle = sorted.length >> 1;",
        replace: "const middle = sorted.length >> 2;",
      },
    },
    "stages/train/check_gradients.ts": {
      "gradients-compared-without-sign": {
        find: "Math.abs(gradient[places[i]] - other[i])",
        replace: "Math.abs(Math.abs(gradient[places[i]]) - Math.abs(other[i]))",
      },
      "gradients-at-other-places": {
        find: "Math.abs(gradient[places[i]] - other[i])",
        replace: "Math.abs(gradient[i] - other[i])",
      },
    },
  },
  "tests/stages/claims/claims_4_test.ts": {
    "stages/train/gradient_scale.ts": {
      "slope-of-another-function": {
        find: "return e / (1 + e) ** 2;",
        replace: "return e / (1 + e);",
      },
    },
  },
  "tests/stages/normalize/normalize_test.ts": {
    "stages/normalize/normalize.ts": {
      "whole-set-is-no-longer-the-file": {
        find: "Math.min(limit ?? count, count)",
        replace: "Math.min(limit ?? count - 1, count)",
      },
    },
    "stages/normalize/dataset.ts": {
      "any-byte-is-a-label": {
        find: "{ below: classes }",
        replace: "{ below: 256 }",
      },
    },
  },
  "tests/stages/normalize/scale_test.ts": {
    "stages/normalize/scale.ts": {
      "deviation-of-a-sample": {
        find: "Math.sqrt(Number(n * sumOfSquares - sum * sum)) / (pixels.length * divisor)",
        replace:
          "Math.sqrt(Number(n * sumOfSquares - sum * sum) * pixels.length / (pixels.length - 1)) / (pixels.length * divisor)",
      },
      "pixels-cut-not-rounded": {
        find: "(_, value) => value / divisor)",
        replace: "(_, value) => (value + 0.5) / divisor)",
      },
    },
  },
  "tests/stages/random/random_numpy_test.ts": {
    "stages/random/standard_normal.ts": {
      "tail-of-the-wrong-sign": {
        find: "return negative ? -(tailStart + beyond) : tailStart + beyond;",
        replace: "return tailStart + beyond;",
      },
    },
    "stages/random/sfc64.ts": {
      "carry-lost": {
        find: "(nine * scale | 0)",
        replace: "0",
      },
    },
    "stages/random/fma.ts": {
      "fma-rounded-twice": {
        find: "if ((bits[0] & 1n) === 0n)",
        replace: "if (false)",
      },
    },
  },
  "tests/stages/networks/autodiff_tfjs_test.ts": {
    "stages/networks/tfjs_gradients.ts": {
      "gradient-not-registered": {
        find: "    gradients.sigmoidGradConfig,\n",
        replace: "",
      },
    },
    "stages/networks/autodiff_tfjs.ts": {
      "another-class-differentiated": {
        find: "[label], 1)",
        replace: "[label - 1], 1)",
      },
    },
  },
  "tests/stages/networks/perceptron_test.ts": {
    "stages/networks/perceptron.ts": {
      "gradient-without-slopes": {
        find: "below[i] = sum * (h[i] * (1 - h[i]));",
        replace: "below[i] = sum;",
      },
      "step-with-the-gradient": {
        find: "bias[j] -= rate * delta[j];",
        replace: "bias[j] += rate * delta[j];",
      },
      "loss-of-another-class": {
        find: "return -logProbabilities[label];",
        replace: "return -logProbabilities[(label + 1) % logProbabilities.length];",
      },
    },
    "tests/support/train_epoch.ts": {
      "sum-of-losses-for-the-mean": {
        find: "return sum / labels.length;",
        replace: "return sum;",
      },
    },
  },
};
