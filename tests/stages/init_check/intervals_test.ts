/** Tests the coverage of intervals, p-values and sample sizes of the theory's measurements. */
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Estimate } from "../../../schemas/assignment/theory.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { catoniIsNarrow, catoniMean, catoniP } from "../../../stages/init_check/theory/catoni.ts";
import { smallest } from "../../../stages/init_check/theory/error_rates.ts";
import {
  asymptoticMean,
  chiSquareIsNarrow,
  chiSquareScale,
  normalMean,
} from "../../../stages/init_check/theory/exact_intervals.ts";
import { pOf } from "../../../stages/init_check/theory/p_value.ts";

const r = await distributions();
const level = 0.01;

Deno.test("the χ² interval ends where its test's p-value is the level", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5000 }),
    fc.double({ min: 0.5, max: 2, noNaN: true }),
    (freedom, scale) => {
      const { interval } = chiSquareScale(r, scale * freedom, freedom, level, 0.1);
      for (const end of [interval.low, interval.high]) {
        const at = chiSquareScale(r, scale * freedom / end, freedom, level, 0.1);
        assertAlmostEquals(at.p, level, 1e-8);
      }
    },
  ));
});

Deno.test("the normal intervals do, too", () => {
  const { interval } = normalMean(r, 12, 100, level, 0.1);
  for (const end of [interval.low, interval.high]) {
    assertAlmostEquals(normalMean(r, 12 - 100 * end, 100, level, 0.1).p, level, 1e-12);
  }
  const about = asymptoticMean(r, 1.02, 0.01, level, 0.1);
  assertAlmostEquals(about.p, 2 * r.pnorm(-2), 1e-12);
  assertAlmostEquals(about.interval.high - about.estimate, 0.01 * r.qnorm(1 - level / 2), 1e-12);
});

Deno.test("the power of a χ² interval is the rate at which it lies in the margin", () => {
  const [freedom, epsilon, runs] = [200, 0.3, 2000];
  const rng = defaultRng(5);
  const draws = new Float64Array(freedom);
  let inside = 0;
  let power = 0;
  for (let run = 0; run < runs; run++) {
    rng.fillStandardNormal(draws);
    const sum = draws.reduce((total, z) => total + z * z, 0);
    const found = chiSquareScale(r, sum, freedom, level, epsilon);
    const { low, high } = found.interval;
    if (low >= 1 - epsilon && high <= 1 + epsilon) inside++;
    power = found.power;
  }
  // Six standard errors.
  assertAlmostEquals(inside / runs, power, 6 * Math.sqrt(power * (1 - power) / runs));
  assert(power > 0.2 && power < 0.8, String(power));
});

/** Values with mean 1 and relative variance c: skewed as the growth of a deep network is. */
function logNormal(n: number, c: number, seed: number): Float64Array {
  const variance = Math.log1p(c);
  return defaultRng(seed).fillStandardNormal(new Float64Array(n))
    .map((z) => Math.exp(Math.sqrt(variance) * z - variance / 2));
}

Deno.test("Catoni's interval misses a skewed law's mean no more often than its level, its p-value likewise", () => {
  const [n, c, runs, wide] = [400, 3, 1500, 0.05];
  let missed = 0;
  let significant = 0;
  for (let seed = 0; seed < runs; seed++) {
    const { interval, p } = catoniMean(logNormal(n, c, seed), c, wide, 1.5);
    if (interval.low > 1 || interval.high < 1) missed++;
    if (p < wide) significant++;
  }
  assert(missed <= wide * runs, String(missed));
  assertEquals(significant, missed);
});

Deno.test("Catoni's interval ends where its p-value is the level, which falls beyond", () => {
  const found = catoniMean(logNormal(400, 3, 1), 3, level, 1.5);
  const known = { values: 400, relativeVariance: 3, level };
  const p = (mean: number) => catoniP(known, found.estimate, mean);
  const { low, high } = found.interval;
  for (const end of [low, high]) assertAlmostEquals(p(end), level, 1e-12);
  const outwards = (factor: number) => [low / factor, high * factor].map(p);
  for (const [near, far] of [[1, 1.01], [1.01, 1.2], [1.2, 3], [3, 1e6]]) {
    outwards(far).forEach((value, side) => assert(value <= outwards(near)[side]));
  }
  assertEquals(p(found.estimate), 1);
});

Deno.test("Catoni's estimate scales with the values and hardly heeds one that is far off", () => {
  const values = logNormal(400, 3, 2);
  const { estimate } = catoniMean(values, 3, level, 1.5);
  assertAlmostEquals(
    catoniMean(values.map((y) => 7 * y), 3, level, 1.5).estimate,
    7 * estimate,
    1e-9,
  );
  const mean = values.reduce((sum, y) => sum + y, 0) / values.length;
  values[0] += 1000;
  // The mean itself is 3.5 times what it was.
  assert(catoniMean(values, 3, level, 1.5).estimate < 1.3 * mean);
});

Deno.test("too few values for an interval are refused", () => {
  assertThrows(() => catoniMean(logNormal(8, 3, 0), 3, level, 1.5), RangeError, "more values");
  assertThrows(() => catoniMean(new Float64Array(400), 3, level, 1.5), RangeError, "positive mean");
});

Deno.test("the sample size found is the smallest at which an interval fits its margin", () => {
  const freedom = smallest((n) => chiSquareIsNarrow(r, n, 1.18, level));
  assert(chiSquareIsNarrow(r, freedom, 1.18, level));
  assert(!chiSquareIsNarrow(r, freedom - 1, 1.18, level));
  const fits = (values: number) => catoniIsNarrow({ values, relativeVariance: 2, level }, 1.18);
  const values = smallest(fits);
  assert(fits(values) && !fits(values - 1));
  // Whatever the estimate, as the width is relative to it.
  const { interval } = catoniMean(logNormal(values, 2, 3), 2, level, 1.18);
  assert(interval.high <= 1.18 * interval.low);
});

Deno.test("p-values of values that theory does not predict are bounds of the exact ones", () => {
  const freedom = 60;
  const chiSquare = chiSquareScale(r, 1.1 * freedom, freedom, level, 0.1);
  const normal = asymptoticMean(r, 1.1, 0.05, level, 0.1);
  const exact = (value: number): [Estimate, number][] => [
    [chiSquare, chiSquareScale(r, 1.1 * freedom / value, freedom, level, 0.1).p],
    [normal, 2 * r.pnorm(-Math.abs(1.1 - value) / 0.05)],
  ];
  for (const value of [0.5, 0.8, 1.05, 1.2, 1.5, 2.5]) {
    for (const [estimate, p] of exact(value)) {
      const bound = pOf(estimate, value);
      assert(bound >= p * (1 - 1e-9) && bound <= 1, `${value}: ${bound}, exactly ${p}`);
      assert(Math.log(bound) < 0.5 * Math.log(p) + 1, `${value}: ${bound}, exactly ${p}`);
    }
  }
  for (const estimate of [chiSquare, normal]) assertEquals(pOf(estimate, 1), estimate.p);
});
