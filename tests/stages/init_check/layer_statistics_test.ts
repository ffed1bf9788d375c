/**
 * Tests the statistics of simulated layers and networks: unbiased variances, standard errors, power,
 * Catoni's interval, and corrections for many tests.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import type { LayerCell, NetworkCell } from "../../../schemas/assignment/theory.ts";
import * as theory from "../../../stages/init_check/theory/analytic.ts";
import { catoniMean } from "../../../stages/init_check/theory/catoni.ts";
import { level, mostConditions, runError } from "../../../stages/init_check/theory/error_rates.ts";
import { chiSquareScale, normalMean } from "../../../stages/init_check/theory/exact_intervals.ts";
import { holm } from "../../../stages/init_check/theory/holm.ts";
import { layerVectors, measureLayer } from "../../../stages/init_check/theory/layer_moments.ts";
import { logFactor } from "../../../stages/init_check/theory/log_growth.ts";
import {
  measureCurves,
  measureNetworks,
  networkVectors,
} from "../../../stages/init_check/theory/network_moments.ts";
import { measureRelu } from "../../../stages/init_check/theory/relu.ts";
import { laws } from "../../../stages/init_check/theory/laws.ts";
import { SeedSequence } from "../../../stages/random/seed_sequence.ts";
import { createNormalKernel } from "../../../stages/random/standard_normal_kernel.ts";
import { layerCell } from "../../fixtures/layer_cell.ts";

const r = await distributions();
const tools = async (capacity: number) => ({
  kernel: await createNormalKernel(capacity),
  r,
  theory,
});
const settings = { seed: 2, epsilon: 0.5, perLayer: 1.5, level: 1e-4 };

/** True if the interval at level 1e-4 has the value, and is narrow enough to tell it from another. */
function holds(
  { interval: { low, high } }: { interval: { low: number; high: number } },
  value: number,
) {
  assert(low <= value && value <= high, `${low} to ${high} for ${value}`);
  assert(high - low < 0.3 * value, `${low} to ${high} is wide`);
}

Deno.test("the variance over a layer's two ReLUs has no bias", async () => {
  const { kernel } = await tools(1000);
  const { variance } = measureRelu(
    {
      stream: 1,
      against: "normal",
      nIn: 4,
      nOut: 2,
      rule: "lecun",
      signal: { law: "gaussian", variance: 1 },
      draws: 40_000,
    },
    settings,
    { kernel, theory },
    layerVectors(kernel, 4),
  );
  holds(variance!, 1);
});

const network = (changed: Partial<NetworkCell>): NetworkCell => ({
  stream: 3,
  purpose: "end-to-end",
  activation: "relu",
  rule: "he",
  gain: 2,
  width: 4,
  depth: 1,
  networks: 60_000,
  ...changed,
});

Deno.test("the variance over a network's four last units has no bias", async () => {
  const instruments = await tools(1000);
  // Wide enough that no layer is without an active unit.
  const cell = network({ width: 4 });
  const { varianceAtEnd } = measureNetworks(
    cell,
    settings,
    instruments,
    networkVectors(instruments.kernel, [cell]),
  );
  holds(varianceAtEnd!, (Math.PI - 1) / Math.PI);
});

Deno.test("the spread between two networks has no bias, over many pairs", async () => {
  const instruments = await tools(1000);
  const cell = network({ purpose: "curves", activation: "linear", gain: 1, networks: 2 });
  const vectors = networkVectors(instruments.kernel, [cell]);
  const pairs = 400;
  let sum = 0;
  for (let seed = 0; seed < pairs; seed++) {
    const { secondMoment } = measureCurves(cell, { seed }, instruments, vectors);
    sum += secondMoment[1].logDeviation ** 2;
  }
  const { variance } = logFactor(r, cell);
  // Four standard errors, √(2/pairs) each.
  assertAlmostEquals(sum / pairs / variance, 1, 4 * Math.sqrt(2 / pairs));
});

const layer = (changed: Partial<LayerCell>): LayerCell =>
  layerCell({
    ...{ stream: 4, purpose: "uniform-weights", nIn: 8, nOut: 8, draws: 100 },
    weights: { law: "uniform", variance: 1, mean: 0, correlation: 0 },
    unconditional: false,
    ...changed,
  });

Deno.test("the mean square of uniform weights scatters as its standard error says", async () => {
  const instruments = await tools(1000);
  const vectors = layerVectors(instruments.kernel, 8);
  const zs = Array.from({ length: 400 }, (_, stream) => {
    const { weights } = measureLayer(
      layer({ stream }),
      { ...settings, level: 0.1 },
      instruments,
      vectors,
    );
    const { estimate, standardError } = weights!.secondMoment;
    return (estimate - 1) / standardError;
  });
  const squares = zs.reduce((sum, z) => sum + z * z, 0);
  const { p } = chiSquareScale(r, squares, zs.length, 1e-4, 0.5);
  assert(p > 1e-4, `Σz² is ${squares} of ${zs.length}`);
});

Deno.test("every law is drawn with variance 1 and with the fourth moment that theory takes", async () => {
  const { kernel } = await tools(400_000);
  const [out, scratch] = [kernel.vector(60_000), kernel.vector(300_000)];
  for (const [name, { draw, kurtosis }] of Object.entries(laws)) {
    kernel.seed(new SeedSequence(12));
    draw(kernel, out, scratch);
    const moment = (power: number) => out.reduce((sum, x) => sum + x ** power, 0) / out.length;
    // Five standard errors of a mean square.
    assertAlmostEquals(moment(2), 1, 5 * Math.sqrt(kurtosis / out.length), name);
    // The eighth moment of t₅ is infinite, so that its fourth cannot be measured.
    if (name !== "student-t5") assertAlmostEquals(moment(4), kurtosis, 0.1, name);
  }
});

Deno.test("correlated inputs have the variance and the correlation that they should", async () => {
  const instruments = await tools(1000);
  const cell = layer({
    weights: { law: "gaussian", variance: 1 / 8, mean: 0, correlation: 0 },
    signal: { law: "gaussian", variance: 1, mean: 0, correlation: 0.5 },
    draws: 60_000,
    unconditional: true,
  });
  const vectors = layerVectors(instruments.kernel, 8);
  holds(measureLayer(cell, settings, instruments, vectors).unconditional!, 1);
});

/*
from scipy.stats import norm; print(1 - 2*norm.sf(0.5/0.1 - norm.isf(0.005)))
*/
Deno.test("standard errors and power of exact tests are those of the textbook", () => {
  assertAlmostEquals(normalMean(r, 3, 100, 0.01, 0.5).power!, 0.9846566083476724, 1e-12);
  assertEquals(normalMean(r, 3, 100, 0.01, 0.5).standardError, 0.1);
  assertAlmostEquals(
    chiSquareScale(r, 120, 100, 0.01, 0.5).standardError,
    1.2 * Math.sqrt(0.02),
    1e-12,
  );
});

/*
import numpy as np
from scipy.optimize import brentq
n, c, level = 1000, 2.0, 0.01
log = np.log(2/level); alpha = np.sqrt(2*log/(n*c))
def d(sign):
    f = lambda d: alpha**2/2*(c*(1 + sign*d)**2 + d**2) - alpha*d + log/n
    return brentq(f, 0, 0.5)
print(d(-1), d(1))
*/
Deno.test("Catoni's interval ends where its bound is the level", () => {
  const values = new Float64Array(1000).fill(3);
  const { estimate, interval, standardError } = catoniMean(values, 2, 0.01, 2);
  assertAlmostEquals(estimate, 3, 1e-12);
  assertAlmostEquals(interval.low, 3 * (1 - 0.12865664377744113), 1e-9);
  assertAlmostEquals(interval.high, 3 * (1 + 0.17426397475579042), 1e-9);
  assertAlmostEquals(standardError, 3 * Math.sqrt(2 / 1000), 1e-12);
});

Deno.test("the conditions of a run share its error", () => {
  assert(
    level * mostConditions <= runError * (1 + 1e-12),
    `${level} for each of ${mostConditions}`,
  );
});

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"); p.adjust(c(0.5, 0.02, 0.019, 0.9), "holm")
Deno.test("Holm's adjustment is R's", () => {
  assertEquals(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
  assertEquals(holm([0.5, 0.02, 0.019, 0.9]), [1, 0.076, 0.076, 1]);
});
