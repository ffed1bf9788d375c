/**
 * Tests the relative variances that intervals rest on: by simulation with another generator's draws, and by
 * hand where a fourth moment is too heavy to simulate.
 */
import { assert, assertAlmostEquals } from "@std/assert";
import type { LayerCell, NetworkCell } from "../../../schemas/assignment/theory.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import {
  ofFactor,
  ofGrowth,
  ofProducts,
  ofRelu,
  ofReluMeanByLaw,
  predictedVarianceAtEnd,
} from "../../../stages/init_check/theory/relative_variance.ts";
import { reluFactor, reluVariance } from "../../../stages/init_check/theory/analytic.ts";
import { layerCell } from "../../fixtures/layer_cell.ts";

const random = defaultRng(11);
const pool = new Float64Array(2 ** 20);
let used = pool.length;
/** The next of the generator's normals, as a view that later calls overwrite. */
function normals(count: number): Float64Array {
  if (used + count > pool.length) {
    random.fillStandardNormal(pool);
    used = 0;
  }
  return pool.subarray(used, used += count);
}
const meanSquare = (values: Float64Array) =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;

/** Variance over the squared mean. */
function relativeVariance(draw: () => number, draws = 100_000): number {
  const values = Float64Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
  return variance / mean ** 2;
}

/** Within 6 %, which is several standard errors of what is simulated here. */
const isSimulated = (predicted: number, draw: () => number) => {
  const found = relativeVariance(draw);
  assert(Math.abs(found / predicted - 1) < 0.06, `predicted ${predicted}, simulated ${found}`);
};

const units = 4;
const relus = () => normals(units).map((z) => Math.max(0, z));
const sampleVariance = (values: Float64Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
};

Deno.test("mean, mean square and variance of a draw's ReLUs vary as predicted", () => {
  const { mean, secondMoment, variance } = ofRelu(units);
  isSimulated(mean, () => relus().reduce((sum, value) => sum + value, 0));
  isSimulated(secondMoment, () => meanSquare(relus()));
  isSimulated(variance, () => sampleVariance(relus()));
  // (π - 1)/m and 5/m in closed form.
  assertAlmostEquals(mean, (Math.PI - 1) / units, 1e-12);
  assertAlmostEquals(secondMoment, 5 / units, 1e-12);
});

Deno.test("the mean of ReLUs over a law of inputs varies as that of its norm", () => {
  const cell = {
    against: "law" as const,
    stream: 0,
    nIn: 3,
    nOut: 1,
    rule: "lecun" as const,
    draws: 2,
  };
  const predicted = ofReluMeanByLaw({ ...cell, signal: { law: "rademacher", variance: 1 } });
  // The norm of signs is fixed, so that the pre-activation is normal.
  assertAlmostEquals(predicted, Math.PI - 1, 1e-9);
});

const layer = (changed: Partial<LayerCell>): LayerCell =>
  layerCell({ signal: { law: "uniform", variance: 2, mean: 0.5, correlation: 0 }, ...changed });

Deno.test("the mean square of products varies with weights, and with the norm of inputs that have a mean", () => {
  for (const mean of [0, 2]) {
    const signal = { law: "uniform" as const, variance: 2, mean, correlation: 0 };
    isSimulated(ofProducts(layer({ signal })), () => {
      const x = random.uniform(-1, 1, 3).map((u) => mean + Math.sqrt(6) * u);
      return meanSquare(
        Float64Array.from({ length: 2 }, () => normals(3).reduce((sum, w, i) => sum + w * x[i], 0)),
      );
    });
  }
});

Deno.test("inputs by Student's t₅ have the fourth moment 9, which is in their norm", () => {
  const signal = { law: "student-t5" as const, variance: 1, mean: 0, correlation: 0 };
  // 2/m (1 + 8/n) + 8/n for n = 3 inputs and m = 2 products.
  assertAlmostEquals(ofProducts(layer({ signal })), 1 + 8 / 3 + 8 / 3, 1e-12);
});

const network = (changed: Partial<NetworkCell>): NetworkCell => ({
  stream: 0,
  purpose: "end-to-end",
  activation: "linear",
  rule: "lecun",
  gain: 1,
  width: 8,
  depth: 2,
  networks: 2,
  ...changed,
});

Deno.test("a layer's factor and the growth through layers vary as predicted", () => {
  const layerOf = (y: Float64Array, relu: boolean) => {
    const z = normals(y.length ** 2);
    return y.map((_, j) => {
      let a = 0;
      for (let i = 0; i < y.length; i++) a += z[j * y.length + i] * y[i];
      return relu ? Math.max(0, a) : a;
    });
  };
  const ones = new Float64Array(8).fill(1);
  isSimulated(ofFactor(network({})), () => meanSquare(layerOf(ones, false)));
  isSimulated(ofFactor(network({ activation: "relu" })), () => meanSquare(layerOf(ones, true)));
  isSimulated(ofGrowth(network({})), () => meanSquare(layerOf(layerOf(ones, false), false)));
});

Deno.test("the variance at the end is that of the last layer's ReLUs", () => {
  const cell = network({ activation: "relu", gain: 3, depth: 4 });
  assertAlmostEquals(
    predictedVarianceAtEnd(cell, reluFactor, reluVariance),
    1.5 ** 3 * 3 * (Math.PI - 1) / (2 * Math.PI),
    1e-12,
  );
});
