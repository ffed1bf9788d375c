/** Errors in what all questions share: distributions, verdicts, tolerances, prediction intervals. */
import type { Plant } from "./plant.ts";

const distributions = ["tests/pipeline/claims/distributions_test.ts"];
const verdicts = ["tests/pipeline/claims/verdict_test.ts"];
const tolerances = ["tests/pipeline/diff/tolerances_test.ts"];
const prediction = ["tests/pipeline/grade/replicate_test.ts"];
const spread = ["tests/pipeline/diff/diff_output_test.ts"];

export const plantsOfTheEngine: Plant[] = [
  {
    name: "t-of-twice-the-tail",
    file: "pipeline/claims/incomplete_beta.ts",
    find: "incompleteBeta(x, y, freedom / 2, 0.5) / 2;",
    replace: "incompleteBeta(x, y, freedom / 2, 0.5);",
    noticedBy: distributions,
  },
  {
    name: "t-of-one-freedom-more",
    file: "pipeline/claims/incomplete_beta.ts",
    find: "incompleteBeta(x, y, freedom / 2, 0.5) / 2;",
    replace: "incompleteBeta(x, y, (freedom + 1) / 2, 0.5) / 2;",
    noticedBy: distributions,
  },
  {
    name: "stirling-series-cut-short",
    file: "pipeline/claims/incomplete_beta.ts",
    find: "for (; z < 15; z++)",
    replace: "for (; z < 1; z++)",
    noticedBy: distributions,
  },
  {
    name: "binomial-of-one-success-less",
    file: "pipeline/claims/incomplete_beta.ts",
    find: "incompleteBeta(1 - probability, probability, size - whole, whole + 1)",
    replace: "incompleteBeta(1 - probability, probability, size - whole + 1, whole)",
    noticedBy: distributions,
  },
  {
    name: "one-end-inside-is-enough",
    file: "pipeline/claims/verdict.ts",
    find: "interval.low >= low && interval.high <= high",
    replace: "interval.low >= low || interval.high <= high",
    noticedBy: verdicts,
  },
  {
    name: "touching-is-outside",
    file: "pipeline/claims/verdict.ts",
    find: "interval.high < low || interval.low > high",
    replace: "interval.high <= low || interval.low >= high",
    noticedBy: verdicts,
  },
  {
    name: "one-part-refutes",
    file: "pipeline/claims/verdict.ts",
    find: 'if (all("fails")) return "refuted";',
    replace: 'if (parts.some((part) => part.outcome === "fails")) return "refuted";',
    noticedBy: verdicts,
  },
  {
    name: "infinite-intervals-decide",
    file: "pipeline/claims/verdict.ts",
    find:
      'if (!Number.isFinite(interval.low) || !Number.isFinite(interval.high)) return "straddles";',
    replace: "",
    noticedBy: verdicts,
  },
  {
    name: "controls-turned-round",
    file: "pipeline/claims/claim.ts",
    find: 'text.kind === "negative" ? "fails" : "holds"',
    replace: 'text.kind === "negative" ? "holds" : "fails"',
    noticedBy: ["tests/stages/claims/claims_4_test.ts"],
  },
  {
    name: "sample-size-by-the-width",
    file: "pipeline/claims/sample_size.ts",
    find: "(width / Math.abs(end - estimate)) ** 2",
    replace: "width / Math.abs(end - estimate)",
    noticedBy: ["tests/pipeline/claims/claims_table_test.ts"],
    filter: "the sample size asked for",
  },
  {
    name: "relative-tolerance-by-min",
    file: "pipeline/diff/tolerance_bounds.ts",
    find: "absolute + relative * Math.max(Math.abs(a), Math.abs(b))",
    replace: "absolute + relative * Math.min(Math.abs(a), Math.abs(b))",
    noticedBy: tolerances,
    filter: "a relative tolerance",
  },
  {
    name: "relative-distance-by-min",
    file: "pipeline/diff/tolerance_bounds.ts",
    find: "const scale = Math.max(Math.abs(a), Math.abs(b));",
    replace: "const scale = Math.min(Math.abs(a), Math.abs(b));",
    noticedBy: tolerances,
    filter: "a relative tolerance",
  },
  {
    name: "spread-without-root-2",
    file: "pipeline/diff/metric_difference.ts",
    find: "t * standardDeviation * Math.SQRT2;",
    replace: "t * standardDeviation;",
    noticedBy: spread,
  },
  {
    name: "spread-without-bonferroni",
    file: "pipeline/diff/metric_difference.ts",
    find: "qt(1 - (1 - level) / (2 * known.length), count - 1)",
    replace: "qt(1 - (1 - level) / 2, count - 1)",
    noticedBy: spread,
  },
  {
    name: "deviation-over-n",
    file: "pipeline/grade/prediction.ts",
    find: "Math.sqrt(about / (n - 1))",
    replace: "Math.sqrt(about / n)",
    noticedBy: prediction,
  },
  {
    name: "interval-of-the-mean-for-a-new-value",
    file: "pipeline/grade/prediction.ts",
    find: "Math.sqrt(1 + 1 / sample.length)",
    replace: "Math.sqrt(1 / sample.length)",
    noticedBy: prediction,
  },
  {
    name: "prediction-without-the-mean's-error",
    file: "pipeline/grade/prediction.ts",
    find: "t * deviation * Math.sqrt(1 + 1 / sample.length)",
    replace: "t * deviation",
    noticedBy: prediction,
  },
  {
    name: "clopper-pearson-of-one-side",
    file: "pipeline/grade/prediction.ts",
    find: "qbeta(0.975, failed + 1, of - failed)",
    replace: "qbeta(0.95, failed + 1, of - failed)",
    noticedBy: prediction,
  },
];
