/** Tests distances between random points: known means, intervals, Welch's test and its power. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { meanNearestDistance, measureDistances } from "../../../stages/expressivity/distances.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { streamOf } from "../../../stages/random/streams.ts";

/*
In Python 3.11 with numpy 2.4.6 and scipy 1.17.1:

import numpy as np, scipy.stats as st
from scipy.special import gamma
a, b = np.array([0.12, 0.13, 0.11, 0.14, 0.12]), np.array([0.35, 0.31, 0.36, 0.38, 0.34])
for x in (a, b):
    print(x.mean(), st.sem(x), *st.t.interval(1 - 1e-4, 4, x.mean(), st.sem(x)))
test = st.ttest_ind(b, a, equal_var=False)
interval = test.confidence_interval(1 - 1e-4)
error = np.sqrt(st.sem(a)**2 + st.sem(b)**2)
poisson = lambda m, d: gamma(1 + 1/d) * (m * np.pi**(d/2) / gamma(1 + d/2))**(-1/d)
power = st.norm.cdf((poisson(4, 2) - poisson(4, 1)) / error - st.t.isf(0.5e-4, test.df))
print(error, interval.low, interval.high, test.pvalue, power, poisson(4, 1), poisson(4, 2), poisson(4, 3))
*/
Deno.test("intervals, p-values and power are scipy's, for sets of unequal variance", async () => {
  const sets = [[0.12, 0.13, 0.11, 0.14, 0.12], [0.35, 0.31, 0.36, 0.38, 0.34]];
  const open = sets.map((values) => [...values].reverse());
  const { rows: [one, two], steps: [step] } = await measureDistances(
    { dimensions: 2, points: [4], sets: 5, seed: 0 },
    (_, dimension) => open[dimension - 1].pop()!,
  );
  const near = (actual: number, expected: number) =>
    assertAlmostEquals(actual / expected, 1, 1e-8, `${actual} for ${expected}`);
  near(one.mean, 0.124);
  near(one.standardError, 0.005099019513592787);
  near(one.interval.low, 0.044740327813447375);
  near(one.interval.high, 0.2032596721865526);
  near(two.standardError, 0.011575836902790225);
  near(two.interval.high, 0.5279359731325445);
  near(step.standardError, 0.01264911064067352);
  near(step.interval.low, 0.09780961511123706);
  near(step.interval.high, 0.35019038488876286);
  near(step.p, 4.655394711962199e-06);
  near(step.power, 0.4625116078776881);
  near(one.predicted, 0.125);
  near(two.predicted, 0.25);
});

Deno.test("the mean of a Poisson process is that of the unit ball's volume", async () => {
  const { rows } = await measureDistances(
    { dimensions: 3, points: [4], sets: 2, seed: 0 },
    (coordinates) => coordinates[0],
  );
  assertAlmostEquals(rows[2].predicted, 0.3489731077589002, 1e-12);
});

Deno.test("each number of points and of inputs has a stream of its own", async () => {
  const firsts: number[] = [];
  await measureDistances({ dimensions: 3, points: [4, 8], sets: 2, seed: 5 }, (coordinates) => {
    firsts.push(coordinates[0]);
    return firsts.length;
  });
  // The first of two sets of each.
  assertEquals(
    firsts.filter((_, i) => i % 2 === 0),
    Array.from(
      { length: 6 },
      (_, i) => defaultRng(streamOf(5, "nearest neighbours", i)).random(),
    ),
  );
  assertEquals(new Set(firsts).size, 12);
});

Deno.test("nearest neighbours are as far as formulas say", async () => {
  assertEquals(meanNearestDistance(Float64Array.of(0, 0.25, 1), 1), (0.25 + 0.25 + 0.75) / 3);
  assertEquals(meanNearestDistance(Float64Array.of(0, 0, 3, 4), 2), 5);
  const settings = { dimensions: 3, sets: 2000, seed: 1 };
  const pairs = await measureDistances({ ...settings, points: [2] });
  const many = await measureDistances({ ...settings, points: [20] });
  // Mean distance of two points in the unit square and cube (mathworld.wolfram.com/CubeLinePicking.html,
  // SquareLinePicking.html), and of m on a line: m - 2 least of two spacings, two single ones.
  const expected = [1 / 3, 0.5214054331647207, 0.6617071822671762];
  pairs.rows.forEach(({ interval }, k) => {
    assert(interval.low <= expected[k] && expected[k] <= interval.high, `d = ${k + 1}`);
  });
  const [{ interval }] = many.rows;
  const onLine = (20 + 2) / (2 * 20 * (20 + 1));
  assert(interval.low <= onLine && onLine <= interval.high);
});

Deno.test("the same seed gives the same distances, another seed others", async () => {
  const measure = (seed: number) =>
    measureDistances({ dimensions: 2, points: [8], sets: 10, seed });
  assertEquals(await measure(3), await measure(3));
  assert((await measure(3)).rows[0].mean !== (await measure(4)).rows[0].mean);
});
