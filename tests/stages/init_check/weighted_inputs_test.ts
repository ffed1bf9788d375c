/** Tests the interval of the weighted inputs' deviation over networks, from networks drawn again. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { initCheck } from "../../../stages/init_check/init_check.ts";
import { initCheckBatchByHand } from "../../../stages/init_check/init_check_batch_by_hand.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { streamOf } from "../../../stages/random/streams.ts";

const effects = { progress: () => {} } as unknown as Effects;
const [inputs, outputs, samples, networks] = [6, 3, 4, 5];
const pixels = Uint8Array.from(defaultRng(1).integers(0, 256, samples * inputs));

async function measured() {
  const { weights, report } = await initCheck.run({
    parameters: initCheck.parameters.parse({
      law: "gaussian",
      layers: [inputs, outputs],
      names: ["layer-1"],
      precision: "float64",
      seed: 5,
    }),
    inputs: {},
    effects,
  });
  const result = await initCheckBatchByHand.run({
    parameters: { batchSize: samples, networks, seed: 9 },
    inputs: {
      weights,
      report,
      images: { dtype: "uint8", shape: [samples, 1, inputs], data: pixels },
      labels: { dtype: "uint8", shape: [samples], data: Uint8Array.of(0, 1, 2, 0) },
      scale: { divisor: 255 },
    },
    effects,
  });
  return result["weighted-inputs"];
}

/** Mean squares of x·W over images and units, for networks drawn as the rule says. */
const squares = Array.from({ length: networks }, (_, network) => {
  const stream = streamOf(9, "weighted inputs of 6-3", network);
  const weight = defaultRng(stream).normal(0, Math.sqrt(1 / inputs), inputs * outputs);
  let sum = 0;
  for (let s = 0; s < samples; s++) {
    for (let j = 0; j < outputs; j++) {
      let a = 0;
      for (let i = 0; i < inputs; i++) {
        a += pixels[s * inputs + i] / 255 * weight[i * outputs + j];
      }
      sum += a * a;
    }
  }
  return sum / (samples * outputs);
});

// from scipy.stats import t; print(t.ppf(1 - 0.5e-4, 4))
const quantile = 15.54410058154568;

Deno.test("the deviation over networks has the interval of Student's t of its square", async () => {
  const { layers: [layer], confidence } = await measured();
  const mean = squares.reduce((sum, square) => sum + square, 0) / networks;
  const variance = squares.reduce((sum, square) => sum + (square - mean) ** 2, 0) / (networks - 1);
  const error = Math.sqrt(variance / networks);
  assertAlmostEquals(confidence, 1 - 1e-4, 1e-12);
  assertAlmostEquals(layer.deviation, Math.sqrt(mean), 1e-6);
  assertAlmostEquals(layer.interval.high, Math.sqrt(mean + quantile * error), 1e-6);
  assertEquals(layer.interval.low, Math.sqrt(Math.max(0, layer.deviation ** 2 - quantile * error)));
  // The root's derivative, 1/(2√m).
  const step = 1e-6;
  const derivative = (Math.sqrt(mean + step) - Math.sqrt(mean - step)) / (2 * step);
  assertAlmostEquals(layer.standardError, error * derivative, 1e-6);
});
