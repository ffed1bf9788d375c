/** Tests the gate: initial weights that do not follow their rule are refused, others are not. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { z } from "zod";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import type { TensorCheck } from "../../../schemas/assignment/initialisation.ts";
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

const r = await distributions();

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

Deno.test("uniform weights that end short of their bound are refused by their largest alone", async () => {
  const values = defaultRng(1).uniform(-0.96, 0.96, 400);
  const { tests } = await checkUniform({ ...subject(values), shape: [400] }, 1);
  const failed = tests.filter(({ passed }) => !passed).map(({ name }) => name);
  assertEquals(failed, ["largest |w| over the bound"]);
});

Deno.test("a bias that should be 0 and is not is refused", () => {
  refuseFailed([checkZero({ ...subject(new Float64Array(3)), shape: [3] })]);
  assertThrows(() =>
    refuseFailed([checkZero({ ...subject(Float64Array.of(0, 1e-9)), shape: [2] })])
  );
});

/*
In Python 3.11 with numpy 2.4.6 and scipy 1.17.1:

import numpy as np, scipy.special as sp, scipy.stats as st
n = 100
w = 1.2 * np.exp(np.sin(np.arange(n)**2)) - 1.4
def two(z): return [z, 2 * st.norm.sf(abs(z))]
def shape(u, cdf):
    d = st.kstest(w, cdf).statistic
    return [two(sp.eval_legendre(k, 2*u - 1).sum() * np.sqrt((2*k + 1) / n)) for k in (3, 4)] + [[d * np.sqrt(n), min(1, 2 * np.exp(-2 * n * d * d))]]
c, m = (w * w).sum(), abs(w).max()
p = (1 - 2 * st.norm.sf(m))**n
for row in [[c, 2 * min(st.chi2.cdf(c, n), st.chi2.sf(c, n))], two(w.mean() * np.sqrt(n)), *shape(st.norm.cdf(w), "norm"), [m, 2 * min(p, 1 - p)],
        two((c / n * 3 / 4 - 1) / np.sqrt(.8 / n)), two(w.mean() * np.sqrt(n * 3 / 4)), *shape((1 + w/2) / 2, st.uniform(-2, 4).cdf), [m / 2, (m / 2)**n]]:
    print([float(x) for x in row])
*/
const rowsOfPython = {
  normal: [
    [103.14799320578484, 0.789204570129875],
    [1.446180122862276, 0.14812668735702686],
    [6.341839762171927, 2.2703739387280643e-10],
    [-2.355782828649464, 0.01848372025680458],
    [1.68895105231675, 0.006657813619525732],
    [1.861174106210255, 0.003075982202217679],
  ],
  uniform: [
    [-2.5311177168431476, 0.011369968254486829],
    [1.2524287248468318, 0.21041368483946],
    [5.222313235928956, 1.767017382845885e-07],
    [0.4274102671101384, 0.6690805305289522],
    [2.6036484083410882, 2.5874883858216096e-06],
    [0.9305870531051275, 0.0007511049203048837],
  ],
};

Deno.test("statistics and p-values are scipy's", async () => {
  const values = Float64Array.from(
    { length: 100 },
    (_, i) => 1.2 * Math.exp(Math.sin(i * i)) - 1.4,
  );
  const found = {
    normal: await checkGaussian(subject(values), 1),
    uniform: await checkUniform(subject(values), 2),
  };
  for (const [law, { tests }] of Object.entries(found)) {
    const expected = rowsOfPython[law as keyof typeof found];
    assertEquals(tests.length, expected.length);
    tests.forEach(({ name, statistic, p }, i) => {
      assertAlmostEquals(statistic, expected[i][0], 1e-9, name);
      assertAlmostEquals(p! / expected[i][1], 1, 1e-6, name);
    });
  }
});

/** A normal law cut off at `cut` standard deviations, with the standard deviation `deviation` again. */
function truncatedNormal(seed: number, cut: number, deviation: number, size: number): Float64Array {
  const random = defaultRng(seed);
  const draw = (): number => {
    const z = random.standardNormal();
    return Math.abs(z) < cut ? z : draw();
  };
  const density = Math.exp(-cut * cut / 2) / Math.sqrt(2 * Math.PI);
  const variance = 1 - 2 * cut * density / (1 - 2 * r.pnorm(-cut));
  return Float64Array.from({ length: size }, () => draw() * deviation / Math.sqrt(variance));
}

const signs = (seed: number, size: number) =>
  Float64Array.from(defaultRng(seed).fillRandom(new Float64Array(size)), (u) => u < 0.5 ? -1 : 1);

/** Laws with mean 0 and the variance 1/3 of the uniform one on ±1. */
const wrongForUniform: Record<string, (seed: number, size: number) => Float64Array> = {
  normal: (seed, size) => defaultRng(seed).normal(0, Math.sqrt(1 / 3), size),
  "truncated normal": (seed, size) => truncatedNormal(seed, 2, Math.sqrt(1 / 3), size),
  "plus or minus σ": (seed, size) => signs(seed, size).map((sign) => sign / Math.sqrt(3)),
  "uniform magnitudes from 0.093 to 0.95": (seed, size) => {
    const magnitudes = defaultRng(seed + 1).uniform(0.0934, 0.95, size);
    return signs(seed, size).map((sign, i) => sign * magnitudes[i]);
  },
};

/** Laws with mean 0 and variance 1. */
const wrongForNormal: typeof wrongForUniform = {
  "normal truncated at 2": (seed, size) => truncatedNormal(seed, 2, 1, size),
  "normal truncated at 3": (seed, size) => truncatedNormal(seed, 3, 1, size),
  uniform: (seed, size) => defaultRng(seed).uniform(-Math.sqrt(3), Math.sqrt(3), size),
  "plus or minus σ": signs,
  "Student's t₅": (seed, size) => {
    const random = defaultRng(seed);
    return Float64Array.from({ length: size }, () => {
      const squares = random.normal(0, 1, 5).reduce((sum, z) => sum + z * z, 0);
      return random.standardNormal() * Math.sqrt(3 / squares);
    });
  },
  "exponential less 1": (seed, size) =>
    defaultRng(seed).fillRandom(new Float64Array(size)).map((u) => -Math.log1p(-u) - 1),
};

for (const [name, draw] of Object.entries(wrongForNormal)) {
  Deno.test(`weights of the right variance are no normal ones: ${name}`, async () => {
    for (let seed = 0; seed < 20; seed++) {
      await refused(checkGaussian(subject(draw(seed, n).map((w) => 0.05 * w)), 0.0025));
    }
  });
}

for (const [name, draw] of Object.entries(wrongForUniform)) {
  Deno.test(`weights of the right variance are no uniform ones: ${name}`, async () => {
    for (let seed = 0; seed < 20; seed++) {
      await refused(checkUniform(subject(draw(seed, n).map((w) => 0.05 * w)), 0.05));
    }
  });
}

/** p-values of each test from sets of weights that follow their law, by the test's name. */
async function psOf(
  check: (seed: number) => Promise<TensorCheck>,
  sets: number,
): Promise<Map<string, number[]>> {
  const ps = new Map<string, number[]>();
  for (let seed = 0; seed < sets; seed++) {
    for (const { name, p } of (await check(seed)).tests) {
      ps.set(name, [...ps.get(name) ?? [], p!]);
    }
  }
  return ps;
}

/** Values in a set, as many as biases or weights of a layer have at least. */
for (const size of [10, 320]) {
  const laws = {
    normal: (seed: number) => checkGaussian(subject(defaultRng(seed).normal(0, 2, size)), 4),
    uniform: (seed: number) => checkUniform(subject(defaultRng(seed).uniform(-2, 2, size)), 2),
  };
  for (const [law, check] of Object.entries(laws)) {
    Deno.test(`${size} weights with their ${law} law are refused at each test's level and the family's`, async () => {
      const sets = 2000;
      const byTest = await psOf(check, sets);
      for (const [name, ps] of byTest) {
        // One count in 10^6 is larger by chance; one in 10^6 smaller, where p-values are no bounds.
        for (const level of [0.1, 0.01]) {
          const count = ps.filter((p) => p < level).length;
          assert(
            r.pbinom(count - 1, sets, level, false) > 1e-6,
            `${name}: ${count} below ${level}`,
          );
          const isBound = name.startsWith("√n D");
          assert(
            isBound || r.pbinom(count, sets, level) > 1e-6,
            `${name}: ${count} below ${level}`,
          );
        }
      }
      const tests = [...byTest.values()];
      const refusedSets = tests[0].filter((_, i) =>
        tests.some((ps) => ps[i] < 0.05 / tests.length)
      );
      assert(
        r.pbinom(refusedSets.length - 1, sets, 0.05, false) > 1e-6,
        String(refusedSets.length),
      );
    });
  }
}

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

Deno.test("each law has its variance, times the scale squared", async () => {
  const variances = { gaussian: 1 / 6, lecun: 1 / 6, glorot: 2 / 9, he: 1 / 3 };
  for (const [law, variance] of Object.entries(variances)) {
    for (const layers of [[6, 3], law === "gaussian" ? [3, 6] : [6, 3]]) {
      const drawn = await draw({
        law: law as keyof typeof variances,
        layers,
        names: ["w"],
        scale: 3,
      });
      assertAlmostEquals(drawn.report.tensors[0].expectedVariance, 9 * variance, 1e-12, law);
    }
  }
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
