/**
 * The distributions: compared with tables in both tails, for every parameter that the project uses, and
 * quantiles with what they invert.
 */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { goldenFile } from "../../support/checkout.ts";

const r = await distributions();

/*
distributions.json, in Python 3.11 with the versions that the file names:

import json, mpmath, scipy, scipy.stats as st
from mpmath import mpf, betainc, binomial, erfc, exp, log, loggamma, sqrt
mpmath.mp.dps = 80
tails = [1e-30, 1e-20, 1e-15, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.001, 0.025, 0.3, 0.7, 0.975]
def beta(x, a, b):  # I_x(a, b) for whole a, b or b = 1/2
    return betainc(a, b, 0, x, regularized=True)
def whole(x, a, b):  # the same as a sum over binomials, for whole a, b
    n, x = a + b - 1, mpf(x); q = 1 - x
    term = total = binomial(n, a) * x**a * q**(n - a)
    for k in range(a + 1, n + 1):
        term *= (n - k + 1) * x / (k * q); total += term
        if term < total * mpf(10)**-40: break
    return total
def gamma(h, y):  # the regularised lower incomplete gamma function, by its series
    term = total = exp(h * log(y) - y - loggamma(h + 1)); k = 0
    while term > total * mpf(10)**-75: k += 1; term *= y / (h + k); total += term
    return total
rows = {"norm": [], "t": [], "chisq": [], "beta": []}
for p in tails:
    z = float(st.norm.isf(p))
    rows["norm"].append([[], z, float(erfc(-z / sqrt(mpf(2))) / 2), float(erfc(z / sqrt(mpf(2))) / 2)])
    for n in [1, 2, 3, 4.5, 9, 30, 49, 99, 149, 150, 199, 999, 10**4, 10**5, 10**6]:
        t = float(st.t.isf(p, n)); x = n / (n + mpf(t)**2)
        half = beta(x, mpf(n) / 2, mpf(1) / 2) / 2
        low, up = (1 - half, half) if t > 0 else (half, 1 - half)
        rows["t"].append([[n], t, float(low), float(up)])
    for quantile in ["ppf", "isf"]:
        for n in [1, 2, 3, 10, 50, 149, 1000, 10**4, 200704, 10**6]:
            x = float(getattr(st.chi2, quantile)(p, n)); h, y = mpf(n) / 2, mpf(x) / 2
            rows["chisq"].append([[n], x, float(gamma(h, y)), float(1 - gamma(h, y))])
        for a, b in [(1, 1), (1, 50), (3, 48), (25, 26), (50, 1), (1, 10**4), (880, 9121), (9277, 724)]:
            x = float(getattr(st.beta, quantile)(p, a, b))
            if 0 < x < 1 - 1e-9: rows["beta"].append([[a, b], x, float(whole(x, a, b)), float(whole(1 - mpf(x), b, a))])
rows["gamma"] = [[x, float(mpmath.gamma(x)), float(mpmath.loggamma(x))] for x in [0.1, 0.5, 1.5, 2.25, 7, 33.5, 100]]
rows["polygamma"] = [[x, *(float(mpmath.polygamma(k, x)) for k in range(4))] for x in [0.5, 1, 1.5, 8, 33.5, 500, 5000.5]]
rows["dbinom"] = [[k, n, q, float(binomial(n, k) * mpf(q)**k * (1 - mpf(q))**(n - k))] for k, n, q in [(0, 4, 0.5), (3, 10, 0.25), (500, 1000, 0.5), (9, 10**4, 0.001)]]
text = ",\n".join(f' "{k}": [\n' + ",\n".join("  " + json.dumps(r) for r in v) + "\n ]" for k, v in rows.items())
print(f'{{\n "scipy": "{scipy.__version__}", "mpmath": "{mpmath.__version__}",\n{text}\n}}')
*/

/** Parameters, a point, and the probabilities below and above it. */
type Row = [parameters: number[], x: number, below: number, above: number];

const tables: Record<"norm" | "t" | "chisq" | "beta", Row[]> & {
  gamma: [x: number, gamma: number, logarithm: number][];
  polygamma: [x: number, ...derivatives: number[]][];
  dbinom: [count: number, size: number, probability: number, density: number][];
} = JSON.parse(Deno.readTextFileSync(goldenFile("distributions.json")));

/** Largest relative error that is accepted. */
const accuracy = 1e-9;

const near = (actual: number, expected: number, what: string) =>
  assert(
    Math.abs(actual - expected) <= accuracy * Math.abs(expected),
    `${what}: ${actual} for ${expected}`,
  );

const families = {
  norm: {
    below: (x: number) => r.pnorm(x),
    above: (x: number) => r.pnorm(x, 0, 1, false),
    quantile: (p: number) => r.qnorm(p),
    upperQuantile: (p: number) => r.qnorm(p, 0, 1, false),
  },
  t: {
    below: (x: number, n: number) => r.pt(x, n),
    above: (x: number, n: number) => r.pt(x, n, undefined, false),
    quantile: (p: number, n: number) => r.qt(p, n),
    upperQuantile: (p: number, n: number) => r.qt(p, n, undefined, false),
  },
  chisq: {
    below: (x: number, n: number) => r.pchisq(x, n),
    above: (x: number, n: number) => r.pchisq(x, n, undefined, false),
    quantile: (p: number, n: number) => r.qchisq(p, n),
    upperQuantile: (p: number, n: number) => r.qchisq(p, n, undefined, false),
  },
  beta: {
    below: (x: number, a: number, b: number) => r.pbeta(x, a, b),
    above: (x: number, a: number, b: number) => r.pbeta(x, a, b, undefined, false),
    quantile: (p: number, a: number, b: number) => r.qbeta(p, a, b),
    upperQuantile: (p: number, a: number, b: number) => r.qbeta(p, a, b, undefined, false),
  },
};

for (const [name, { below, above, quantile, upperQuantile }] of Object.entries(families)) {
  const rows = tables[name as keyof typeof families];
  const called = (f: (x: number, ...parameters: never[]) => number, x: number, row: Row) =>
    (f as (...args: number[]) => number)(x, ...row[0]);

  Deno.test(`the tails of ${name} are those of the table, from 1e-30 on`, () => {
    for (const row of rows) {
      near(called(below, row[1], row), row[2], `below ${row}`);
      near(called(above, row[1], row), row[3], `above ${row}`);
    }
  });

  Deno.test(`the quantiles of ${name} are those of the table, in either tail`, () => {
    for (const row of rows) {
      const [, x, low, high] = row;
      if (low < 0.9) near(called(quantile, low, row), x, `quantile of ${row}`);
      if (high < 0.9) near(called(upperQuantile, high, row), x, `upper quantile of ${row}`);
    }
  });
}

Deno.test("gamma functions and binomial probabilities are those of the table", () => {
  for (const [x, gamma, logarithm] of tables.gamma) {
    near(r.gamma(x), gamma, `gamma(${x})`);
    near(r.lgamma(x), logarithm, `lgamma(${x})`);
  }
  for (const [x, ...derivatives] of tables.polygamma) {
    [r.digamma, r.trigamma, r.tetragamma, r.pentagamma].forEach((derivative, k) =>
      near(derivative(x), derivatives[k], `polygamma(${k}, ${x})`)
    );
  }
  for (const [count, size, p, density] of tables.dbinom) {
    near(r.dbinom(count, size, p), density, `dbinom(${count}, ${size}, ${p})`);
  }
});

const freedom = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.double({ min: 1, max: 1e6, noNaN: true }),
);
/** Probabilities down to 1e-12, evenly on a logarithmic scale. */
const tail = fc.double({ min: -12, max: Math.log10(0.5), noNaN: true }).map((e) => 10 ** e);

Deno.test("pt gives back the probability of which qt is the quantile, in either tail", () => {
  fc.assert(fc.property(freedom, tail, (n, p) => {
    near(r.pt(r.qt(p, n), n), p, `below, ${n}`);
    near(r.pt(r.qt(p, n, undefined, false), n, undefined, false), p, `above, ${n}`);
    assert(r.qt(p, n) === -r.qt(p, n, undefined, false));
  }));
});

Deno.test("pbeta gives back the probability of which qbeta is the quantile, in either tail", () => {
  const size = fc.integer({ min: 1, max: 10_000 });
  fc.assert(fc.property(size, size, tail, (a, b, p) => {
    near(r.pbeta(r.qbeta(p, a, b), a, b), p, `below, ${a}, ${b}`);
    // Close to 1 numbers are 1e-16 apart, and 1 - x has fewer digits.
    const x = r.qbeta(p, a, b, undefined, false);
    if (x < 1 - 1e-5) near(r.pbeta(x, a, b, undefined, false), p, `above, ${a}, ${b}`);
  }));
});

Deno.test("binomial tails are the sums of their probabilities", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 200 }),
    fc.nat(200),
    fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    (size, count, p) => {
      let [below, above] = [0, 0];
      for (let k = 0; k <= Math.min(count, size); k++) below += r.dbinom(k, size, p);
      for (let k = size; k > count; k--) above += r.dbinom(k, size, p);
      near(r.pbinom(count, size, p), below, "below");
      near(r.pbinom(count, size, p, false), above, "above");
    },
  ));
  assertEquals([r.pbinom(-1, 3, 0.5), r.pbinom(3, 3, 0.5, false)], [0, 0]);
});

Deno.test("ends and symmetry of t, beta and binomial are exact", () => {
  assertEquals([r.qt(0.5, 9), r.qbeta(0, 2, 3), r.qbeta(1, 2, 3)], [0, 0, 1]);
  assertEquals([r.pt(Infinity, 9), r.pt(-Infinity, 9), r.pt(0, 9)], [1, 0, 0.5]);
  assertEquals([r.pbeta(0, 2, 3), r.pbeta(1, 2, 3)], [0, 1]);
  assertAlmostEquals(r.qt(0.975, 1e9), r.qnorm(0.975), 1e-8);
});

Deno.test("what was not measured gives no number", () => {
  for (
    const value of [
      r.pt(1, NaN),
      r.pt(NaN, 9),
      r.qt(0.1, NaN),
      r.pbeta(0.5, NaN, 1),
      r.qbeta(0.1, 1, NaN),
    ]
  ) {
    assert(Number.isNaN(value));
  }
});

Deno.test("what has no distribution is refused with what was found", () => {
  assertThrows(() => r.pt(1, 0), RangeError, "found 0");
  assertThrows(() => r.qt(1.5, 9), RangeError, "found 1.5");
  assertThrows(() => r.qbeta(NaN, 1, 1), RangeError, "found NaN");
  assertThrows(() => r.pbeta(0.5, -1, 1), RangeError, "found -1");
});
