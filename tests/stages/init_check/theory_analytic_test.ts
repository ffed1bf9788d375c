/** Tests closed forms, quadrature and the laws of deep networks against values computed elsewhere. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  activationMoments,
  activations,
} from "../../../stages/init_check/theory/activation_moments.ts";
import { algebra } from "../../../stages/init_check/theory/algebra.ts";
import * as analytic from "../../../stages/init_check/theory/analytic.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { logFactor } from "../../../stages/init_check/theory/log_growth.ts";
import { laws } from "../../../stages/init_check/theory/laws.ts";
import { meanField } from "../../../stages/init_check/theory/mean_field.ts";
import { meanNorm, normality } from "../../../stages/init_check/theory/normality.ts";
import {
  expectation,
  overHalfLine,
  overInterval,
} from "../../../stages/init_check/theory/quadrature.ts";

const r = await distributions();

/** Relative to the expected value; where that is 0, to 1, the size of the terms that cancel. */
const near = (actual: number, expected: number, relative = 1e-13) =>
  assertAlmostEquals(actual, expected, relative * (Math.abs(expected) || 1));

Deno.test("quadrature integrates what has a closed form, and its error estimate covers the error", () => {
  const cases: [{ value: number; error: number }, number][] = [
    [overHalfLine((x) => Math.exp(-x)), 1],
    [overHalfLine((x) => Math.exp(-x) / Math.sqrt(x)), Math.sqrt(Math.PI)],
    [overHalfLine((x) => 1 / (1 + x * x)), Math.PI / 2],
    [overInterval((x) => Math.sqrt(x), 4), 16 / 3],
    [overInterval((x) => Math.log(x), 1), -1],
    [expectation((z) => z ** 4), 3],
    [expectation((z) => Math.max(0, z)), 1 / Math.sqrt(2 * Math.PI)],
    [expectation((z) => (z > 0 ? 1 : 0)), 0.5],
  ];
  for (const [{ value, error }, expected] of cases) {
    near(value, expected);
    assert(Math.abs(value - expected) <= error + 1e-14 * Math.abs(expected), `${value} ${error}`);
  }
});

Deno.test("an integral that a step does not resolve says so", () => {
  assert(overInterval((x) => Math.cos(2000 * x), 1).error > 1e-6);
});

/*
mpmath 1.3.0, mp.dps = 30, quad over [-inf, -3, 0, 3, inf] of f φ, f² φ and f'² φ.
*/
const moments: Record<string, [number, number, number]> = {
  tanh: [0, 0.39429449039784117, 0.46440290244826824],
  sigmoid: [0.5, 0.29337903585809296, 0.044836241350194372],
  gelu: [0.28209479177387814, 0.42522148257029867, 0.45585086564928712],
  silu: [0.20662096414190704, 0.35577551981735216, 0.37948235163282931],
  selu: [0, 1, 1.0715749924557993],
  relu: [1 / Math.sqrt(2 * Math.PI), 0.5, 0.5],
  linear: [0, 1, 1],
  "leaky-relu-0.2": [0.8 / Math.sqrt(2 * Math.PI), 0.52, 0.52],
};

const table = activationMoments(r);

Deno.test("moments of activations are those of a quadrature in many digits", () => {
  for (const [name, [mean, second, derivative]] of Object.entries(moments)) {
    const row = table.find((one) => one.name === name);
    assert(row !== undefined, name);
    near(row.mean.value, mean);
    near(row.secondMoment.value, second);
    near(row.derivativeSecondMoment.value, derivative);
    near(row.gain, 1 / Math.sqrt(second));
    assert(row.secondMoment.error < 1e-11, `${name}: ${row.secondMoment.error}`);
  }
});

Deno.test("derivatives are the activations' own", () => {
  for (const { value, derivative } of Object.values(activations)) {
    for (const a of [-2, -0.3, 0.4, 1.7]) {
      near((value(a + 1e-5) - value(a - 1e-5)) / 2e-5, derivative(a), 1e-8);
    }
  }
});

Deno.test("PyTorch's gains are the needed ones for linear, ReLU and leaky ReLU alone", () => {
  const equals = Object.fromEntries(
    table.flatMap(({ name, pytorch }) => (pytorch === null ? [] : [[name, pytorch.equals]])),
  );
  const both = ["gain", "gradientGain"];
  assertEquals<Record<string, string[]>>(equals, {
    linear: both,
    relu: both,
    "leaky-relu-0.01": both,
    "leaky-relu-0.2": both,
    tanh: [],
    sigmoid: [],
    selu: [],
  });
  near(table.find(({ name }) => name === "tanh")?.gain ?? 0, 1.5925374197228, 1e-12);
});

Deno.test("closed forms of the ReLU's moments are the integrals", () => {
  for (const { moment, closedForm, quadrature } of algebra(analytic).relu) {
    near(closedForm / quadrature, 1, 1e-13);
    const broken = { ...analytic, reluMean: (s: number) => s / 2 };
    const wrong = algebra(broken).relu.find((row) => row.moment === moment);
    assertEquals(wrong?.closedForm === closedForm, moment !== "mean");
  }
});

Deno.test("every law is drawn with the moments that theory takes from it", () => {
  for (const [name, { kurtosis, laplaceComplement }] of Object.entries(laws)) {
    // 1 - E[e^(-t x²)] = t - E[x⁴] t²/2 + …; for t₅ the next term is beyond t².
    const t = 1e-5;
    const fitted = 2 * (t - laplaceComplement(t)) / t ** 2;
    assertAlmostEquals(fitted, kurtosis, 0.05 * kurtosis, name);
  }
});

Deno.test("mean norms are the known ones", () => {
  const gamma = (n: number) => Math.sqrt(2 / n) * Math.exp(r.lgamma((n + 1) / 2) - r.lgamma(n / 2));
  for (const n of [1, 2, 7, 64, 1000]) {
    near(meanNorm("gaussian", n).value, gamma(n), 1e-12);
    near(meanNorm("rademacher", n).value, 1, 1e-12);
  }
  near(meanNorm("uniform", 1).value, Math.sqrt(3) / 2);
  // mpmath: quad of quad of √(x² + y²) over [0, √3]², over 3√2; E|t₅| √(3/5).
  near(meanNorm("uniform", 2).value, 0.937169529350357);
  near(meanNorm("student-t5", 1).value, 0.73510519389572273);
});

Deno.test("one Gaussian input leaves the ReLU 0.80 of a normal's mean and 1.17 of its variance", () => {
  const one = normality("gaussian", 1);
  near(one.meanRatio, Math.sqrt(2 / Math.PI), 1e-12);
  // E[y²] = 1/2 and E[y] = 1/π, over the normal's (π - 1)/(2π).
  near(one.varianceRatio, (0.5 - Math.PI ** -2) / ((Math.PI - 1) / (2 * Math.PI)), 1e-12);
});

/*
mpmath, mp.dps = 25: moments of ln(χ²_k/m) by quad over ln χ² from ln k - 120 on; k = m = 16, and
the mixture over k of Binomial(24, 1/2) given k > 0 with m = 12.
*/
Deno.test("the logarithm of a layer's factor has the moments of the integrals", () => {
  const linear = logFactor(r, { activation: "linear", width: 16 });
  near(linear.mean, -0.0638000637242, 1e-11);
  near(linear.variance, 0.133137014694, 1e-11);
  near(linear.excessKurtosis, 0.265112361247, 1e-10);
  const relu = logFactor(r, { activation: "relu", width: 24 });
  near(relu.mean, -0.112336898711, 1e-11);
  near(relu.variance, 0.248699483579, 1e-11);
  near(relu.excessKurtosis, 1.21059130969, 1e-10);
  assertThrows(() => logFactor(r, { activation: "tanh", width: 8 }), RangeError, "homogeneous");
});

Deno.test("for large widths the variance of the logarithm is 2/n and 5/n", () => {
  const width = 2000;
  near(logFactor(r, { activation: "linear", width }).variance * width, 2, 2e-3);
  near(logFactor(r, { activation: "relu", width }).variance * width, 5, 5e-3);
});

Deno.test("the mean field of homogeneous networks is geometric", () => {
  const linear = meanField(activations.linear, 1.1, 10);
  near(linear.secondMoment[10], 1.1 ** 10, 1e-12);
  near(linear.gradient[0], 1.1 ** 10, 1e-12);
  const relu = meanField(activations.relu, 3, 10);
  near(relu.secondMoment[10], 1.5 ** 10, 1e-12);
  near(relu.variance[10], 1.5 ** 9 * analytic.reluVariance(Math.sqrt(3)), 1e-12);
  near(relu.gradient[4], 1.5 ** 6, 1e-12);
});

Deno.test("Goodman's variance of a product is that of the integrals, the assignment's is not", () => {
  for (const w of [{ mean: 0, variance: 2 }, { mean: 1.5, variance: 0.3 }]) {
    for (const g of [{ mean: 0, variance: 1 }, { mean: -2, variance: 0.7 }]) {
      const second = (w.variance + w.mean ** 2) * (g.variance + g.mean ** 2);
      near(analytic.productVariance(w, g), second - (w.mean * g.mean) ** 2);
      near(
        analytic.printedProductVariance(w, g) - analytic.productVariance(w, g),
        w.variance * g.variance,
      );
    }
  }
});
