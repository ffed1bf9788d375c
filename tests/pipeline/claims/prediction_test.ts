/** Predictions from replicates: their definition, and how often they hold a new run. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  falseFails,
  highestLevel,
  leastCount,
  meanInterval,
  normalDifference,
  predictFamily,
  type Quantity,
} from "../../../pipeline/claims/prediction.ts";
import { rateOf } from "../../../pipeline/claims/rate.ts";
import { replicates } from "../../../stages/compare/pytorch_runs.ts";

/*
The expected values, by numpy 1.24:

import numpy as np
X = np.array([[(7*i*i+3*i*j+5*j) % 11 + 0.25*i for j in range(4)] + [((3*i+1)**2 % 13)/8] for i in range(6)], float)
curves = [(0, 4), (4, 5)]
def scale(o):
    m, v = o.mean(0), o.var(0, ddof=1); s = np.empty_like(v)
    for a, b in curves:
        for j in range(a, b): s[j] = np.sqrt(v[max(a, j-2):min(b, j+3)].mean())
    return m, s
def scores(x, o):
    m, s = scale(o); z = abs(x-m)/(s*np.sqrt(1+1/len(o)))
    return np.array([z[a:b].max() for a, b in curves])
n = len(X)
G = np.array([scores(X[i], np.delete(X, i, 0)) for i in range(n)])
f = np.maximum(np.sort(G, 0)[int(np.ceil(2*n/3))-1], 0.9674)
k = int(np.ceil(0.8*(n+1)))
c = np.sort((G/f).max(1))[k-1]
m, s = scale(X); F = np.repeat(f, [4, 1])
half = c*F*s*np.sqrt(1+1/n)
D = []
for a in range(n):
    for b in range(a):
        _, t = scale(np.delete(X, [a, b], 0)); z = abs(X[a]-X[b])/(t*np.sqrt(2))
        D.append(max(z[0:4].max()/f[0], z[4:].max()/f[1]))
d = np.sort(D)[int(np.ceil(k/n*len(D)))-1]
print(k/(n+1), m-half, m+half, d*F*s*np.sqrt(2))
*/
Deno.test("a family's intervals are what its definition gives in another language", () => {
  const runs = [0, 1, 2, 3, 4, 5];
  const curve = [0, 1, 2, 3].map((j) =>
    runs.map((i) => (7 * i * i + 3 * i * j + 5 * j) % 11 + 0.25 * i)
  );
  const metric = runs.map((i) => ((3 * i + 1) ** 2 % 13) / 8);
  const { level, quantities } = predictFamily([{ points: curve }, { points: [metric] }], 0.8);
  assertEquals(level, 6 / 7);
  const near = (found: readonly number[], expected: readonly number[]) =>
    found.forEach((value, i) => assert(Math.abs(value - expected[i]) < 1e-8, `${found}`));
  const all = quantities.flat();
  near(
    all.map(({ low }) => low),
    [-2.365638542, -2.080797137, -2.41413047, -0.111461636, -0.199715053],
  );
  near(
    all.map(({ high }) => high),
    [14.615638542, 13.66413047, 13.330797137, 14.028128303, 1.533048386],
  );
  near(
    all.map(({ apart }) => apart),
    [14.159817375, 13.128888856, 13.128888856, 11.790279982, 1.4448627],
  );
});

/** Reproducible uniform draws (Mulberry32). */
function uniforms(seed: number): () => number {
  let word = seed;
  return () => {
    word = (word + 0x6d2b79f5) | 0;
    let mixed = Math.imul(word ^ (word >>> 15), 1 | word);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Draw = (epoch: number) => number;

/** Laws of a run's value at an epoch; each call gives the next draw. */
function laws(seed: number): Record<string, Draw> {
  const uniform = uniforms(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const exponential = () => -Math.log(1 - uniform());
  return {
    "normal": normal,
    "skewed": exponential,
    "heavy-tailed": () => normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2) / 3),
    "with spikes": () => normal() + (uniform() < 0.02 ? 10 * exponential() : 0),
    "whole numbers": () => Array.from({ length: 16 }, uniform).filter((u) => u < 0.93).length,
    "of other spread at each epoch": (epoch) => normal() * Math.exp(-epoch / 3),
  };
}

const epochs = 10;

/** Two curves, one of them normal, and a single metric, of `count` runs. */
function family(draw: Draw, normal: Draw, count: number): Quantity[] {
  const sample = (of: Draw, epoch: number) => Array.from({ length: count }, () => of(epoch));
  const curve = (of: Draw) => Array.from({ length: epochs }, (_, epoch) => sample(of, epoch));
  return [{ points: curve(draw) }, { points: curve(normal) }, { points: [sample(draw, 0)] }];
}

/** The first `n` runs of a family, and what the others give at each point of each quantity. */
function split(all: readonly Quantity[], n: number) {
  const points = (quantity: Quantity, of: (sample: readonly number[]) => number[]) =>
    quantity.points.map((sample) => of(sample));
  return {
    known: all.map((quantity) => ({
      ...quantity,
      points: points(quantity, (sample) => sample.slice(0, n)),
    })),
    others: all.map((quantity) => points(quantity, (sample) => sample.slice(n))),
  };
}

const cases = [[3, 0.75, 400], [5, 0.8, 400], [10, 0.9, 300], [20, 0.95, 200], [50, 0.95, 60]];

for (const name of Object.keys(laws(1))) {
  Deno.test(`a new run, and two of them, pass at the stated level where values are ${name}`, () => {
    for (const [n, level, trials] of cases) {
      const { [name]: draw, normal } = laws(n);
      let [inside, near, reached] = [0, 0, 0];
      for (let trial = 0; trial < trials; trial++) {
        const { known, others } = split(family(draw, normal, n + 2), n);
        const { level, quantities } = predictFamily(
          known,
          0.95 > highestLevel(n) ? highestLevel(n) : 0.95,
        );
        reached = level;
        const every = (holds: (q: number, p: number) => boolean) =>
          others.every((points, q) => points.every((_, p) => holds(q, p)));
        if (
          every((q, p) => {
            const { low, high } = quantities[q][p];
            return low <= others[q][p][0] && others[q][p][0] <= high;
          })
        ) inside++;
        if (
          every((q, p) => Math.abs(others[q][p][0] - others[q][p][1]) <= quantities[q][p].apart)
        ) near++;
      }
      assert(reached >= level, `${reached}`);
      // Conservative is fine; two standard errors below is not.
      const least = reached - 2 * Math.sqrt(reached * (1 - reached) / trials);
      assert(inside / trials >= least, `${n} replicates: ${inside} of ${trials} inside`);
      // Either of two runs may be the one that lies far from all.
      const both = 2 * reached - 1;
      const leastOfPairs = both - 2 * Math.sqrt(both * (1 - both) / trials);
      assert(near / trials >= leastOfPairs, `${n} replicates: ${near} of ${trials} pairs`);
    }
  });
}

Deno.test("a confidence interval of a mean would not hold a new run, so coverage tells them apart", () => {
  const { normal } = laws(3);
  let inside = 0;
  for (let trial = 0; trial < 300; trial++) {
    const { known, others } = split(
      [{ points: [Array.from({ length: 21 }, () => normal(0))] }],
      20,
    );
    const [[{ mean, low, high }]] = predictFamily(known, 0.95).quantities;
    if (Math.abs(others[0][0][0] - mean) <= (high - low) / 2 / Math.sqrt(21)) inside++;
  }
  assert(inside / 300 < 0.6, `${inside}`);
});

Deno.test("PyTorch's runs pass by those of other seeds at the stated rate", async () => {
  const runs = replicates.map(({ epochs }) => epochs);
  const points = (of: (row: typeof runs[number][number]) => number) =>
    runs[0].map((_, epoch) => runs.map((rows) => of(rows[epoch])));
  const curves = [
    { points: points((row) => row.train_loss), low: 0 },
    { points: points((row) => row.test_loss), low: 0 },
    { points: points((row) => row.test_correct), low: 0, high: 10_000 },
  ];
  const each = await falseFails(curves, 0.95);
  assertEquals(each!.of, 50);
  // The exact interval of the leave-one-out failures of correct runs contains 1 - 0.96.
  assert(each!.interval.low <= 0.04 && each!.interval.high >= 0.04, JSON.stringify(each));

  // Ten seeds at a time, by a band that was made from the other forty.
  let failed = 0;
  for (let from = 0; from < 50; from += 10) {
    const isOut = (run: number) => run >= from && run < from + 10;
    const part = (keep: (run: number) => boolean) =>
      curves.map((curve) => ({
        ...curve,
        points: curve.points.map((sample) => sample.filter((_, run) => keep(run))),
      }));
    const { quantities } = predictFamily(part((run) => !isOut(run)), 0.95);
    const others = part(isOut);
    for (let run = 0; run < 10; run++) {
      const inside = quantities.every((points, q) =>
        points.every(({ low, high }, p) => {
          const value = others[q].points[p][run];
          return low <= value && value <= high;
        })
      );
      if (!inside) failed++;
    }
  }
  const { interval } = await rateOf(failed, 50);
  assert(interval.low <= 0.05 && interval.high >= 0.025, `${failed} of 50 leave-one-out failures`);
});

Deno.test("a replicate fails leave-one-out where the prediction of the others does not contain it", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const draw = uniforms(seed);
    // Heavy tails, so that there are leave-one-out failures.
    const quantities = Array.from({ length: 2 }, () => ({
      points: [Array.from({ length: 12 }, () => Math.tan(1.5 * (2 * draw() - 1)))],
    }));
    const level = 0.8;
    let failed = 0;
    for (let left = 0; left < 12; left++) {
      const others = quantities.map(({ points }) => ({
        points: points.map((sample) => sample.filter((_, i) => i !== left)),
      }));
      const predicted = predictFamily(others, level).quantities;
      const isOutside = quantities.some(({ points: [sample] }, q) =>
        sample[left] < predicted[q][0].low || sample[left] > predicted[q][0].high
      );
      if (isOutside) failed++;
    }
    assertEquals((await falseFails(quantities, level))?.failed, failed, `seed ${seed}`);
  }
});

Deno.test("too few replicates for a level are refused with the number that it needs and the highest level", () => {
  assertEquals([0.5, 0.75, 0.8, 0.9, 0.95, 0.99].map(leastCount), [3, 3, 4, 9, 19, 99]);
  for (let n = 3; n < 200; n++) assertEquals(leastCount(highestLevel(n)), n);
  const sample = Array.from({ length: 18 }, (_, i) => i);
  assertThrows(() => predictFamily([{ points: [sample] }], 0.95), RangeError, "at least 19");
});

Deno.test("what is constant must stay so, and counts are whole and within their range", () => {
  const runs = Array.from({ length: 20 }, (_, i) => i);
  const of = (sample: number[], bounds: { low?: number; high?: number } = {}) =>
    predictFamily([{ points: [sample], ...bounds }], 0.95).quantities[0][0];
  const value = 0.1 + 0.2;
  const constant = of(runs.map(() => value));
  assertEquals([constant.low, constant.high, constant.apart], [value, value, 0]);
  // One of twenty runs gives another count, which the interval then holds.
  const odd = of(runs.map((i) => i === 7 ? 14 : 15), { low: 0, high: 16 });
  assertEquals([odd.low, odd.high], [14, 15]);
  const counts = of(runs.map((i) => 9998 + i % 3), { high: 10_000 });
  assertEquals([Number.isInteger(counts.low), counts.high], [true, 10_000]);
});

Deno.test("the distance of a program from others has Student's interval", async () => {
  // scipy: 3 - 6.2 ± stats.t.ppf(.975, 4) * std([1, 2, 4, 8, 16], ddof=1) * sqrt(1 + 1/5)
  const { mean, low, high } = await meanInterval(3, [1, 2, 4, 8, 16], 0.95);
  assertEquals([mean, low, high].map((end) => end.toFixed(4)), ["-3.2000", "-21.7503", "15.3503"]);
});

Deno.test("two runs of a normal law differ by more than the stated distance as rarely as it says", async () => {
  // scipy: stats.t.ppf(.9995, 4) * std([1, 2, 4, 8, 16], ddof=1) * sqrt(2)
  assertEquals((await normalDifference([1, 2, 4, 8, 16], 0.999)).toFixed(4), "74.2685");
  const { normal } = laws(11);
  const draws = (n: number) => Array.from({ length: n }, () => normal(0));
  let beyond = 0;
  for (let trial = 0; trial < 1000; trial++) {
    const [a, b] = draws(2);
    if (Math.abs(a - b) > await normalDifference(draws(10), 0.9)) beyond++;
  }
  assert(Math.abs(beyond / 1000 - 0.1) < 3 * Math.sqrt(0.1 * 0.9 / 1000), `${beyond}`);
});

Deno.test("a share's interval is the exact one", async () => {
  // scipy.stats.binomtest(3, 10).proportion_ci(method="exact")
  const { interval: { low, high } } = await rateOf(3, 10);
  assertEquals([low.toFixed(6), high.toFixed(6)], ["0.066740", "0.652453"]);
  assertEquals((await rateOf(0, 10)).interval.low, 0);
});
