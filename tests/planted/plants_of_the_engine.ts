/** Errors in what all questions share: distributions, verdicts, tolerances, prediction intervals. */
import type { Plants } from "./plant.ts";

export const plantsOfTheEngine: Plants = {
  "tests/pipeline/formats/idx_test.ts": {
    "pipeline/formats/idx.ts": {
      "bytes-after-the-array-pass": {
        find: "if (size !== start + length) {",
        replace: "if (size < start + length) {",
      },
      "array-is-a-copy": {
        find: "data: bytes.subarray(start)",
        replace: "data: bytes.slice(start)",
      },
    },
  },
  "tests/pipeline/claims/distributions_test.ts": {
    "pipeline/claims/incomplete_beta.ts": {
      "t-of-twice-the-tail": {
        find: "incompleteBeta(x, y, freedom / 2, 0.5) / 2;",
        replace: "incompleteBeta(x, y, freedom / 2, 0.5);",
      },
      "t-of-one-freedom-more": {
        find: "incompleteBeta(x, y, freedom / 2, 0.5) / 2;",
        replace: "incompleteBeta(x, y, (freedom + 1) / 2, 0.5) / 2;",
      },
      "stirling-series-cut-short": {
        find: "for (; z < 15; z++)",
        replace: "for (; z < 1; z++)",
      },
      "binomial-of-one-success-less": {
        find: "incompleteBeta(1 - probability, probability, size - whole, whole + 1)",
        replace: "incompleteBeta(1 - probability, probability, size - whole + 1, whole)",
      },
    },
  },
  "tests/pipeline/claims/verdict_test.ts": {
    "pipeline/claims/verdict.ts": {
      "one-end-inside-is-enough": {
        find: "interval.low >= low && interval.high <= high",
        replace: "interval.low >= low || interval.high <= high",
      },
      "touching-is-outside": {
        find: "interval.high < low || interval.low > high",
        replace: "interval.high <= low || interval.low >= high",
      },
      "one-part-refutes": {
        find: 'if (all("fails")) return "refuted";',
        replace: 'if (parts.some((part) => part.outcome === "fails")) return "refuted";',
      },
      "infinite-intervals-decide": {
        find:
          'if (!Number.isFinite(interval.low) || !Number.isFinite(interval.high)) return "straddles";',
        replace: "",
      },
    },
  },
  "tests/stages/claims/claims_4_test.ts": {
    "pipeline/claims/claim.ts": {
      "controls-turned-round": {
        find: 'text.kind === "negative" ? "fails" : "holds"',
        replace: 'text.kind === "negative" ? "holds" : "fails"',
      },
    },
  },
  "tests/pipeline/claims/claims_table_test.ts": {
    "pipeline/claims/sample_size.ts": {
      "sample-size-by-the-width": {
        find: "(width / Math.abs(end - estimate)) ** 2",
        replace: "width / Math.abs(end - estimate)",
        filter: "the sample size asked for",
      },
    },
  },
  "tests/pipeline/diff/tolerances_test.ts": {
    "pipeline/diff/tolerance_bounds.ts": {
      "relative-tolerance-by-min": {
        find: "distance <= absolute + relative * Math.abs(a) ||",
        replace: "distance <= absolute + relative * Math.abs(a) &&",
        filter: "a relative tolerance",
      },
      "relative-distance-by-min": {
        find: "const scale = Math.max(Math.abs(a), Math.abs(b));",
        replace: "const scale = Math.min(Math.abs(a), Math.abs(b));",
        filter: "a relative tolerance",
      },
    },
  },
  "tests/pipeline/claims/prediction_test.ts": {
    "pipeline/claims/prediction.ts": {
      "band-of-one-rank-less": {
        find: "Math.ceil(level * (n + 1) - 1e-9)",
        replace: "Math.ceil(level * (n - 1) - 1e-9)",
      },
      "band-without-the-mean's-error": {
        find: "typical[q] * Math.sqrt(1 + 1 / n);",
        replace: "typical[q];",
      },
      "difference-without-root-2": {
        find: "typical[q] * deviation * Math.SQRT2,",
        replace: "typical[q] * deviation,",
      },
      "scores-without-the-mean's-error": {
        find: "return largest / Math.sqrt(1 + 1 / left.count);",
        replace: "return largest;",
      },
      "first-curve-for-the-family": {
        find: "const value = Math.max(...relative);",
        replace: "const value = relative[0];",
      },
      "left-out-is-kept": {
        find: "scoresOf(family, i, without(n, ...left.out, i))",
        replace: "scoresOf(family, i, left)",
      },
      "rates-without-leaving-out": {
        find: "const left = without(n, i);",
        replace: "const left = everyReplicate(n);",
      },
      "deviation-over-n": {
        find: "Math.sqrt(about / (n - 1))",
        replace: "Math.sqrt(about / n)",
      },
      "freedom-of-n-in-the-mean": {
        find: "qt((1 + confidence) / 2, n - 1) * standardError",
        replace: "qt((1 + confidence) / 2, n) * standardError",
      },
      "one-sided-mean": {
        find: "qt((1 + confidence) / 2, n - 1) * standardError",
        replace: "qt(confidence, n - 1) * standardError",
      },
      "mean-without-the-run's-own-variance": {
        find: "standardDeviation * Math.sqrt(1 + 1 / n);",
        replace: "standardDeviation * Math.sqrt(1 / n);",
      },
      "normal-difference-without-root-2": {
        find: "standardDeviation * Math.SQRT2;",
        replace: "standardDeviation;",
      },
      "normal-difference-of-n": {
        find: "sample.length - 1) * standardDeviation",
        replace: "sample.length) * standardDeviation",
      },
      "neighbours-not-shared": {
        find: "moments.slice(Math.max(0, p - neighbours), p + neighbours + 1)",
        replace: "moments.slice(p, p + 1)",
      },
      "counts-of-a-part": {
        find: "low: Math.ceil(from), high: Math.floor(to)",
        replace: "low: Math.floor(from), high: Math.ceil(to)",
      },
    },
    "pipeline/claims/rate.ts": {
      "clopper-pearson-of-one-side": {
        find: "qbeta(0.975, failed + 1, of - failed)",
        replace: "qbeta(0.95, failed + 1, of - failed)",
      },
    },
  },
};
