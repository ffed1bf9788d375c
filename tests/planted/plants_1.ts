/** Errors in question 1: step networks, and distances between random points. */
import type { Plants } from "./plant.ts";

export const plants1: Plants = {
  "tests/stages/expressivity/approximation_errors_test.ts": {
    "stages/expressivity/errors.ts": {
      "bound-twice-as-wide": {
        find: "bound: lipschitz * halfWidth / count,",
        replace: "bound: lipschitz * 2 * halfWidth / count,",
      },
      "gauss-weights-swapped": {
        find: "5 / 9], [0, 8 / 9]",
        replace: "8 / 9], [0, 5 / 9]",
      },
      "order-with-the-wrong-sign": {
        find: "fitted: -slope,",
        replace: "fitted: slope,",
      },
    },
    "stages/expressivity/dimensions.ts": {
      "bound-of-cells-twice-as-wide": {
        find: "bound: lipschitz * halfWidth / cellsPerAxis,",
        replace: "bound: lipschitz * 2 * halfWidth / cellsPerAxis,",
      },
    },
    "stages/expressivity/line.ts": {
      "slope-error-over-n": {
        find: "residual / (n - 2) / xx",
        replace: "residual / n / xx",
      },
    },
    "stages/expressivity/functions.ts": {
      "lipschitz-constant-of-the-sine-doubled": {
        find: "lipschitz: frequency,",
        replace: "lipschitz: 2 * frequency,",
      },
    },
  },
  "tests/stages/expressivity/dimensions_test.ts": {
    "stages/expressivity/dimensions.ts": {
      "functional-over-d": {
        find: "return total / (2 * d);",
        replace: "return total / d;",
      },
    },
    "stages/expressivity/cells.ts": {
      "and-of-one-less": {
        find: "-(dimension - 1 / 2),",
        replace: "-(dimension - 3 / 2),",
      },
    },
  },
  "tests/stages/expressivity/step_network_test.ts": {
    "stages/expressivity/step_network.ts": {
      "step-is-1-at-0": {
        find: "weightedInput(layer, j, before) > 0 ?",
        replace: "weightedInput(layer, j, before) >= 0 ?",
      },
    },
  },
  "tests/stages/expressivity/distances_test.ts": {
    "stages/expressivity/distances.ts": {
      "nearest-of-later-points-only": {
        find: "if (square < nearest[j]) nearest[j] = square;",
        replace: "",
      },
      "standard-error-over-n-sets": {
        find: "squares / (sets - 1) / sets",
        replace: "squares / sets / sets",
      },
      "one-stream-for-all-d": {
        find: '"nearest neighbours", i * dimensions + k',
        replace: '"nearest neighbours", i * dimensions',
      },
      "welch-freedom-pooled": {
        find: "(a + b) ** 2 * (sets - 1) / (a * a + b * b)",
        replace: "2 * (sets - 1)",
      },
      "welch-freedom-of-n-sets": {
        find: "(a + b) ** 2 * (sets - 1) / (a * a + b * b)",
        replace: "(a + b) ** 2 * sets / (a * a + b * b)",
      },
      "one-sided-t": {
        find: "Math.min(1, 2 * pt(",
        replace: "Math.min(1, pt(",
      },
      "one-sided-interval-of-steps": {
        find: "const quantile = qt(1 - level / 2, freedom)",
        replace: "const quantile = qt(1 - level, freedom)",
      },
      "freedom-of-n-in-the-rows": {
        find: "qt(1 - level / 2, sets - 1)",
        replace: "qt(1 - level / 2, sets)",
      },
      "variances-not-added": {
        find: "const standardError = Math.sqrt(a + b);",
        replace: "const standardError = Math.sqrt((a + b) / 2);",
      },
      "volume-of-the-wrong-ball": {
        find: "/ gamma(1 + d / 2))",
        replace: "/ gamma(2 + d / 2))",
      },
      "power-of-the-other-side": {
        find: "/ step.standardError - quantile),",
        replace: "/ step.standardError + quantile),",
      },
    },
  },
  "tests/stages/claims/claims_1_test.ts": {
    "stages/expressivity/boxes.ts": {
      "heights-at-left-edges": {
        find: "(edges[i] + right) / 2);",
        replace: "edges[i]);",
      },
    },
    "stages/expressivity/dimensions.ts": {
      "edges-counted-for-neurons": {
        find: "neurons: layers.edges + layers.cells,",
        replace: "neurons: layers.edges,",
      },
    },
    "stages/expressivity/exactness.ts": {
      "deviation-not-relative": {
        find: "deviation: largest / scale,",
        replace: "deviation: largest,",
      },
    },
  },
};
