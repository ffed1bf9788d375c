/** Tests the gate: initial weights that do not follow their rule are refused, others are not. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { z } from "zod";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { initCheck } from "../../../stages/init_check/init_check.ts";
import { generatorState } from "../../../stages/networks/network_artifacts.ts";
import {
  checkGaussian,
  checkUniform,
  checkZero,
  level,
  refuseFailed,
} from "../../../stages/init_check/weight_tests.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { epochOrders, linearLayers, manualSeed } from "../../../stages/random/pytorch.ts";

const n = 784 * 32;
const gaussian = (seed: number, deviation: number, mean = 0) =>
  defaultRng(seed).normal(mean, deviation, n);
const uniform = (seed: number, low: number, high: number) => defaultRng(seed).uniform(low, high, n);
const subject = (values: Float64Array) => ({ tensor: "w", shape: [n], values, rule: "the rule" });

const refused = async (check: ReturnType<typeof checkGaussian>) => {
  const result = await check;
  return assertThrows(() => refuseFailed([result]), Error, "do not follow their rule");
};

Deno.test("weights that follow their rule pass, from a hundred seeds", async () => {
  for (let seed = 0; seed < 100; seed++) {
    refuseFailed([
      await checkGaussian(subject(gaussian(seed, 0.05)), 0.0025),
      await checkUniform(subject(uniform(seed, -0.05, 0.05)), 0.05),
    ]);
  }
});

Deno.test("a variance that is off by a tenth is refused", async () => {
  await refused(checkGaussian(subject(gaussian(1, 0.05 * Math.sqrt(1.1))), 0.0025));
  await refused(checkUniform(subject(uniform(1, -0.05 * 0.95, 0.05 * 0.95)), 0.05));
});

Deno.test("a mean that is not 0 is refused though the variance is right", async () => {
  await refused(checkGaussian(subject(gaussian(1, 0.05, 0.003)), 0.0025));
  await refused(checkUniform(subject(uniform(1, -0.0475, 0.0525)), 0.055));
});

Deno.test("a single weight beyond the bound of a uniform rule is refused", async () => {
  const values = uniform(1, -0.05, 0.05);
  values[7] = 0.0501;
  const error = await refused(checkUniform(subject(values), 0.05));
  assert(error.message.includes("largest |w| over the bound"));
});

Deno.test("a bias that should be 0 and is not is refused", () => {
  refuseFailed([checkZero({ ...subject(new Float64Array(3)), shape: [3] })]);
  assertThrows(() =>
    refuseFailed([checkZero({ ...subject(Float64Array.of(0, 1e-9)), shape: [2] })])
  );
});

Deno.test("p-values of weights that follow their rule are uniform", async () => {
  const draws = 400;
  const ps: number[] = [];
  for (let seed = 0; seed < draws; seed++) {
    const values = defaultRng(seed).normal(0, 2, 100);
    const { tests } = await checkGaussian({ ...subject(values), shape: [100] }, 4);
    ps.push(tests[0].p!);
  }
  // Kolmogorov and Smirnov's distance at level 1e-4: 2.23/√n.
  ps.sort((a, b) => a - b);
  const distance = Math.max(...ps.map((p, i) => Math.max(p - i / draws, (i + 1) / draws - p)));
  assert(distance < 2.23 / Math.sqrt(draws), String(distance));
});

/** Draws as a job does, with the parameters' defaults. */
const draw = (parameters: z.input<typeof initCheck.parameters>) =>
  initCheck.run({
    parameters: initCheck.parameters.parse(parameters),
    inputs: {},
    effects: {} as Effects,
  });

Deno.test("the stage passes exactly the generator's weights, with a report on every tensor", async () => {
  const numbered = { layers: [784, 32, 10], names: ["layer-1", "layer-2"] };
  const drawn = await draw({ law: "gaussian", ...numbered, precision: "float64", seed: 80085 });
  const first = defaultRng(80085).normal(0, Math.sqrt(1 / 784), 784 * 32);
  assertEquals(drawn.weights["layer-1.weight"].data, first);
  assertEquals(drawn.report.tensors.map(({ tensor }) => tensor), [
    "layer-1.weight",
    "layer-1.bias",
    "layer-2.weight",
    "layer-2.bias",
  ]);
  const torch = await draw({ law: "uniform", layers: [784, 10], names: ["oply"] });
  assertEquals(torch.weights["oply.weight"].shape, [10, 784]);
  assert(
    torch.report.tensors.every(({ tests }) =>
      tests.every(({ p }) => p === undefined || p >= level)
    ),
  );
});

Deno.test("the stage draws normal weights with the bits of the build of numpy that is asked for", async () => {
  const network = { law: "gaussian" as const, layers: [784, 256], names: ["w"] };
  for (const log1p of ["plain", "fma"] as const) {
    const drawn = await draw({ ...network, precision: "float64", seed: 9, log1p });
    // The builds differ in this weight alone.
    const expected = defaultRng(9, log1p).normal(0, 1 / 28, 784 * 256)[188129];
    assertEquals(drawn.weights["w.weight"].data[188129], expected);
  }
});

Deno.test("the stage passes the generator's state after the weights", async () => {
  const torch = await draw({ law: "uniform", layers: [784, 10], names: ["oply"], seed: 3 });
  const generator = manualSeed(3);
  linearLayers(generator, [784, 10]);
  const state = generatorState.decode(generatorState.encode(torch.generator));
  assertEquals(state, generator.state());
  generator.random64();
  const shuffled = manualSeed(generator.random64()).randperm(1000);
  assertEquals(epochOrders(state, 1000).next().value, shuffled);
  const { generator: numpy } = await draw({
    law: "he",
    layers: [784, 10],
    names: ["oply"],
    seed: 3,
  });
  assertEquals(numpy.bit_generator, "PCG64");
  assertThrows(() => epochOrders(numpy, 10).next(), Error, "expected the state of PyTorch's");
});

Deno.test("uniform weights are PyTorch's: another scale or precision is refused", () => {
  const uniform = { law: "uniform", layers: [784, 10], names: ["oply"] };
  for (const other of [{ scale: 2 }, { precision: "float64" }, { names: [] }]) {
    assert(!initCheck.parameters.safeParse({ ...uniform, ...other }).success);
  }
});
