/**
 * Tests the rates of wrong verdicts: the program, the committed rates of 200 seeds, and that both detect a
 * broken test.
 */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { cheap, type Rerun, rerun } from "../../rates/rerun.ts";
import {
  histogramOf,
  leastUniformity,
  meanP,
  rateOf,
  ratesOf,
  uniformity,
} from "../../rates/summary.ts";
import { trueVerdicts } from "../../rates/true_verdicts.ts";
import { VerdictRates } from "../../../schemas/assignment/verdict_rates.ts";
import { question1 } from "../../../stages/claims/claims_1.ts";
import { question2 } from "../../../stages/claims/claims_2/mod.ts";
import { level, mostConditions, runError } from "../../../stages/init_check/theory/error_rates.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import type { Options } from "../../../stages/init_check/theory/measure.ts";
import { root } from "../../support/checkout.ts";
import { deno } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";

const r = await distributions();
const reference = VerdictRates.parse(
  await readJson(root, "artifacts", "reference", "verdict-rates.json"),
);
const { tasks } = await readJson(root, "deno.json");
const program = tasks.rates.command.split(" ").slice(1);

Deno.test("reruns of two seeds give no wrong verdict, and the committed rates' values", async () => {
  const { code, out, err } = await deno([...program, "--seeds", "3-4", "--json"]);
  assertEquals(code, 0, err);
  const rates = VerdictRates.parse(JSON.parse(out));
  assertEquals(rates.wrongRuns.count + rates.misbehavedRuns.count + rates.misses.count, 0);
  assert(rates.leastPower >= 1 - level - 1e-12, String(rates.leastPower));
  rates.meanP.forEach((p, i) => assertAlmostEquals(p, reference.meanP[3 + i], 1e-6));
  assertEquals(rates.settings, reference.settings);
});

Deno.test("the committed rates: 200 seeds, no verdict wrong, true hypotheses' p-values uniform", () => {
  assertEquals(reference.settings, cheap);
  assertEquals(reference.seeds, { first: 0, last: 199 });
  assertEquals(
    Object.fromEntries(reference.claims.map(({ id, truth }) => [id, truth])),
    trueVerdicts,
  );
  for (const { id, truth, verdicts } of reference.claims) {
    const counts = Object.values(verdicts).map(({ count }) => count);
    assertEquals(counts.reduce((sum, count) => sum + count), 200, id);
    assertEquals(verdicts[truth], rateOf(r, 200, 200), id);
  }
  assertEquals(reference.wrongRuns, rateOf(r, 0, 200));
  assertEquals(reference.misbehavedRuns.count, 0);
  assertEquals(reference.misses.count, 0);
  for (const { histogram, uniformity: found, kind, below, test } of reference.families) {
    assertEquals(found, kind === "bound" ? null : uniformity(r, histogram));
    // Bounds are smaller than a level less often than exact p-values.
    if (kind === "bound") assert(below.every(({ level, rate }) => rate.rate < level), test);
  }
  assert(leastUniformity(reference) > 0.001, String(leastUniformity(reference)));
  assert(reference.bound <= runError && reference.conditions <= mostConditions);
});

Deno.test("every claim that rests on chance is among those rerun", () => {
  const ofDistances = ["Q1.distance", "Q1.spread"];
  const ids = [...question2.map(({ id }) => id), ...ofDistances];
  assertEquals(Object.keys(trueVerdicts), ids);
  for (const id of ofDistances) assert(question1.some((claim) => claim.id === id), id);
});

/** Weights of another variance than they are said to have. */
const drawnWith = (variance: number): Options => ({
  kernel: (kernel) => ({
    ...kernel,
    products(x, out, matrix) {
      kernel.products(x, out, matrix);
      for (let j = 0; j < out.length; j++) out[j] *= Math.sqrt(variance);
    },
  }),
});
const small = { ...cheap, depth: 2, largestFan: 64 };

Deno.test("a variance that is 5 % wrong makes p-values of true hypotheses far from uniform", async () => {
  const rates = ratesOf(r, [
    await rerun(0, small, drawnWith(1.05)),
    await rerun(1, small, drawnWith(1.05)),
  ]);
  assert(leastUniformity(rates) < 1e-9, String(leastUniformity(rates)));
});

Deno.test("a variance that is twice what it should be is counted as wrong verdicts and misses", async () => {
  const rates = ratesOf(r, [await rerun(0, small, drawnWith(2))]);
  assertEquals([rates.wrongRuns.count, rates.misbehavedRuns.count], [1, 1]);
  assert(rates.misses.count > 50, String(rates.misses.count));
  const forward = rates.claims.find(({ id }) => id === "Q2a.forward");
  assertEquals(forward?.verdicts.confirmed.count, 0);
});

const test = { test: "z", kind: "exact" as const, condition: 1, missed: false, power: 1 };
const fabricated = (seed: number, changed: Partial<Rerun> = {}): Rerun => ({
  seed,
  verdicts: trueVerdicts,
  misbehaved: [],
  tests: [{ ...test, p: 0.25 }, { ...test, p: 0.75 }],
  conditions: 1,
  level,
  ...changed,
});

Deno.test("wrong verdicts, misbehaving controls and misses are counted run by run", () => {
  const rates = ratesOf(r, [
    fabricated(0),
    fabricated(1, { verdicts: { ...trueVerdicts, "Q2c.he": "refuted", "Q2c.var": "undecided" } }),
    fabricated(2, { misbehaved: ["Q2-control.spread"] }),
    fabricated(3, { tests: [{ ...test, p: 0, missed: true, power: 0.5 }] }),
  ]);
  assertEquals([rates.wrongRuns.count, rates.misbehavedRuns.count, rates.misses.count], [1, 1, 1]);
  assertEquals([rates.misses.of, rates.leastPower], [7, 0.5]);
  const he = rates.claims.find(({ id }) => id === "Q2c.he");
  assertEquals([he?.verdicts.confirmed.count, he?.verdicts.refuted.count], [3, 1]);
  assertEquals(rates.families[0].below[0].rate.count, 1);
  assertEquals(meanP(fabricated(0)), 0.5);
});

/* Python: 1 - 0.025^(1/200); sums of math.comb terms solved for p by bisection; exp(-5). */
Deno.test("intervals of rates and the test of uniformity are those of the binomial and χ² laws", () => {
  assertAlmostEquals(rateOf(r, 0, 200).high, 0.01827534036, 1e-10);
  const { low, high } = rateOf(r, 3, 40);
  assertAlmostEquals(low, 0.01574217985, 1e-10);
  assertAlmostEquals(high, 0.2038647487, 1e-9);
  const found = uniformity(r, [10, 20, 30]);
  assertEquals([found?.chiSquare, found?.freedom], [10, 2]);
  assertAlmostEquals(found?.p ?? 0, 0.006737946999, 1e-11);
  assertEquals(uniformity(r, [4, 4, 5]), null);
  assertEquals(histogramOf([0, 0.1, 0.25, 0.999, 1], 4), [2, 1, 0, 2]);
});

Deno.test("seeds that are none are refused with what was expected", async () => {
  const { code, err } = await deno([...program, "--seeds", "9-3"]);
  assertEquals(code, 2);
  assertStringIncludes(err, "--seeds expects FIRST-LAST");
});
