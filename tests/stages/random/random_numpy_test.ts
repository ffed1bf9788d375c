/**
 * Tests numpy's generator against numpy's own values: every method, every seed of the golden files, any
 * interleaving. Also tests properties that no table of values can show.
 */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { defaultRng, Generator } from "../../../stages/random/default_rng.ts";
import { fma } from "../../../stages/random/fma.ts";
import { log1p } from "../../../stages/random/log1p.ts";
import { Pcg64 } from "../../../stages/random/pcg64.ts";
import { type Entropy, SeedSequence } from "../../../stages/random/seed_sequence.ts";
import { Sfc64 } from "../../../stages/random/sfc64.ts";
import { edges, heights, inside, tailStart } from "../../../stages/random/ziggurat_layers.ts";
import { goldenFile } from "../../support/checkout.ts";

const sha256 = (array: NodeJS.TypedArray): string =>
  createHash("sha256").update(array).digest("hex");

/** A golden file; seeds beyond 2^53 come as strings, for JSON's numbers would round them. */
function golden(name: string) {
  const text = Deno.readTextFileSync(goldenFile(name));
  return JSON.parse(text.replace(/"seed": (\d+)/g, '"seed": "$1"'));
}

const numpyValues = golden("numpy-default-rng.json");

for (const expected of numpyValues.cases) {
  const seed = BigInt(expected.seed);
  const words = (sequence: SeedSequence, count: number) =>
    Array.from(sequence.generateState(count, "uint64"), String);

  Deno.test(`seed ${seed} gives numpy's seed words, children and grandchildren`, () => {
    const root = new SeedSequence(seed);
    assertEquals(words(root, 4), expected.seed_sequence_generate_state_uint64_4);
    const children = [...root.spawn(3), ...root.spawn(1)];
    assertEquals(
      children.map((child) => words(child, 2)),
      expected.spawn_3_then_1_generate_state_uint64_2,
    );
    assertEquals(
      words(children[1].spawn(2)[1], 2),
      expected.spawn_grandchild_generate_state_uint64_2,
    );
    const normals = defaultRng(new SeedSequence(seed).spawn(1)[0]).normal(0, 1, 4);
    assertEquals([...normals], expected.standard_normal_of_first_child_first4);
  });

  Deno.test(`seed ${seed} gives numpy's draws from every method`, () => {
    const bits = new Pcg64(new SeedSequence(seed));
    assertEquals(
      Array.from({ length: 8 }, () => String(bits.next64())),
      expected.pcg64_raw_first8,
    );
    const uniforms = defaultRng(seed);
    assertEquals(Array.from({ length: 8 }, () => uniforms.random()), expected.random_first8);
    const normals = defaultRng(seed).fillStandardNormal(new Float64Array(100_000));
    assertEquals([...normals.subarray(0, 8)], expected.standard_normal_first8);
    assertEquals(sha256(normals), expected.standard_normal_100000_sha256_f64le);
    assertEquals(
      normals.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0),
      expected.standard_normal_100000_max_abs,
    );
    assertEquals(
      sha256(defaultRng(seed).uniform(-1, 1, 1000)),
      expected.uniform_minus1_1_1000_sha256_f64le,
    );
    assertEquals(
      [...defaultRng(seed).integers(0, 157, 16)],
      expected.integers_0_157_first16,
    );
    assertEquals([...defaultRng(seed).permutation(20)], expected.permutation_20);
  });
}

for (const [sizes, layers] of Object.entries(numpyValues.question4_initial_weights)) {
  Deno.test(`seed 80085 gives question 4's initial weights of ${sizes}`, () => {
    const rng = defaultRng(80085);
    type Layer = { shape: [number, number]; first4: number[]; sha256_f64le_row_major: string };
    for (const { shape: [inputs, outputs], first4, sha256_f64le_row_major } of layers as Layer[]) {
      const deviation = Math.sqrt(1 / Math.max(inputs, outputs));
      const weights = rng.normal(0, deviation, inputs * outputs);
      assertEquals([...weights.subarray(0, 4)], first4);
      assertEquals(sha256(weights), sha256_f64le_row_major);
    }
  });
}

/*
numpy-interleaved.json, in numpy 1.24.2 (2.4.6 prints the same values), then `deno fmt`:

import json, random, numpy
choose = random.Random(0)
methods = {
    "random": lambda: [],
    "standard_normal": lambda: [],
    "normal": lambda: [choose.uniform(-9, 9), choose.choice([0, 0.1, 3])],
    "uniform": lambda: sorted([choose.uniform(-9, 9), choose.uniform(-9, 9)]),
    "integers": lambda: choose.choice([[0, 2], [5, 6], [-3, 4], [0, 10**6], [-7, 2**32 - 7],
        [0, 3 * 2**30], [0, 2**32 + 1], [0, 3 * 2**51], [0, 2**32 - 1], [0, 2**53 - 1]]),
    "permutation": lambda: [choose.choice([0, 1, 2, 3, 4, 5, 7, 9])],
}
def calls(rng):
    for _ in range(80):
        method = choose.choice(list(methods))
        arguments = methods[method]()
        if method != "permutation": arguments.append(choose.choice([1, 2, 3]))
        yield [method, arguments, getattr(rng, method)(*arguments).tolist()]
seeds = [0, 80085, 2**32, 2**64 + 3, 2**200 + 12345, [7, 2**40, 0]]
print(json.dumps({"numpy": numpy.__version__, "cases": [
    {"seed": [str(s) for s in seed] if isinstance(seed, list) else str(seed),
     "calls": list(calls(numpy.random.default_rng(seed)))} for seed in seeds]}))
*/
const methods: Record<string, (rng: Generator, ...args: number[]) => ArrayLike<number>> = {
  random: (rng, size) => Array.from({ length: size }, () => rng.random()),
  standard_normal: (rng, size) => Array.from({ length: size }, () => rng.standardNormal()),
  normal: (rng, mean, deviation, size) => rng.normal(mean, deviation, size),
  uniform: (rng, low, high, size) => rng.uniform(low, high, size),
  integers: (rng, low, high, size) => rng.integers(low, high, size),
  permutation: (rng, n) => rng.permutation(n),
};

for (const { seed, calls } of golden("numpy-interleaved.json").cases) {
  Deno.test(`seed ${seed} gives numpy's draws from methods in turn`, () => {
    const rng = defaultRng(Array.isArray(seed) ? seed.map(BigInt) : BigInt(seed));
    for (const [call, [method, args, values]] of calls.entries()) {
      assertEquals(Array.from(methods[method](rng, ...args)), values, `${method}, call ${call}`);
    }
  });
}

/*
numpy-sfc64.json, in numpy 1.24.2:

import hashlib, json, numpy
from numpy.random import Generator, SFC64, SeedSequence
def case(seed):
    draws = lambda: Generator(SFC64(SeedSequence(seed)))
    normals = draws().standard_normal(10**6)
    return {"seed": str(seed), "raw_first8": [str(raw) for raw in SFC64(SeedSequence(seed)).random_raw(8)],
        "random_first8": draws().random(8).tolist(), "standard_normal_first8": normals[:8].tolist(),
        "integers_0_157_first16": draws().integers(0, 157, 16).tolist(),
        "standard_normal_1000000_sha256_f64le": hashlib.sha256(normals.tobytes()).hexdigest()}
print(json.dumps(indent=1, obj={"numpy": numpy.__version__,
    "cases": [case(seed) for seed in [0, 80085, 2**32, 2**64 + 3, 2**200 + 12345]]}))
*/
for (const expected of golden("numpy-sfc64.json").cases) {
  Deno.test(`seed ${expected.seed} gives numpy's draws from SFC64`, () => {
    const bits = () => new Sfc64(new SeedSequence(BigInt(expected.seed)));
    const raw = bits();
    assertEquals(Array.from({ length: 8 }, () => String(raw.next64())), expected.raw_first8);
    const draws = () => new Generator(bits());
    assertEquals([...draws().fillRandom(new Float64Array(8))], expected.random_first8);
    assertEquals([...draws().integers(0, 157, 16)], expected.integers_0_157_first16);
    const normals = draws().fillStandardNormal(new Float64Array(1_000_000));
    assertEquals([...normals.subarray(0, 8)], expected.standard_normal_first8);
    assertEquals(sha256(normals), expected.standard_normal_1000000_sha256_f64le);
  });
}

// rng = numpy.random.default_rng(42); print(rng.integers(0, 157, 3).tolist(), rng.random(),
//   rng.integers(0, 157), rng.random(), rng.integers(0, 157, 2).tolist())
Deno.test("the kept half of an output outlives whole outputs drawn in between", () => {
  const rng = defaultRng(42);
  assertEquals([...rng.integers(0, 157, 3)], [14, 121, 102]);
  assertEquals(rng.random(), 0.8585979199113825);
  assertEquals([...rng.integers(0, 157, 1)], [68]);
  assertEquals(rng.random(), 0.6973680290593639);
  assertEquals([...rng.integers(0, 157, 2)], [31, 14]);
});

// import hashlib; print(hashlib.sha256(numpy.random.default_rng(2**70).standard_normal(10**6)
//   .tobytes()).hexdigest())
Deno.test("a million normals, hundreds of them from the tail, have numpy's hash", () => {
  const normals = defaultRng(2n ** 70n).normal(0, 1, 1_000_000);
  assert(normals.filter((x) => Math.abs(x) > tailStart).length > 200);
  assertEquals(sha256(normals), "0fff76665b70ccc5604646a4e0b1bdfbe0d1a2a809107009d2dfc44898e02da8");
});

// ar x numpy/random/lib/libnpyrandom.a distributions.o
// objcopy -O binary -j .rodata distributions.o tables
// for name in wi fi ki; do at=$((0x$(nm distributions.o | grep ${name}_double | cut -d' ' -f1)))
//   tail -c +$((at + 1)) tables | head -c 2048 | sha256sum; done
Deno.test("the layers are numpy's tables", () => {
  assertEquals(
    sha256(edges.map((edge) => edge * 2 ** -52)),
    "33c6472209e1d09ea3548f0291e5e1ad67fb4f1d0305e9f1086689584b7bb7fa",
  );
  assertEquals(
    sha256(heights),
    "acd898d9d87e212f657755ba43b21e40958090a7ff2103c9e79f4ea1b0fe2bc5",
  );
  assertEquals(
    sha256(BigUint64Array.from(inside, BigInt)),
    "565295797825931547a1036f5b012a247be54abbe077c39fe06c8ed1e9d0a5a9",
  );
});

/*
With glibc 2.36-9+deb12u14 on a processor with AVX2 and FMA; the first hash also needs
GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2 in the environment:

import hashlib, math, struct
def values(p=1):
    for i in range(100000):
        p = 3 * p % 2**53
        m = (p >> i % 53) or 1
        yield math.log1p(-(2**53 - m if i % 2 else m) * 2.0**-53)
print(hashlib.sha256(struct.pack("<100000d", *values())).hexdigest())
*/
const glibcHashes = {
  plain: "ed7440107a4521d5810aabe23fabc435e9c673c708d683c362629a985ca21030",
  fma: "c8f0114dd4a198a91a2e9a44a4105ec6664c099763a8f42bb61932512a329541",
};
for (const rounding of ["plain", "fma"] as const) {
  Deno.test(`log1p has glibc's bits over its whole range, ${rounding}`, () => {
    let power = 1n;
    const values = Float64Array.from({ length: 100_000 }, (_, i) => {
      power = BigInt.asUintN(53, 3n * power);
      const m = Number(power >> BigInt(i % 53)) || 1;
      return log1p[rounding](-(i % 2 === 1 ? 2 ** 53 - m : m) * 2 ** -53);
    });
    assertEquals(sha256(values), glibcHashes[rounding]);
  });
}

// print(repr(numpy.random.default_rng(9).standard_normal(188130)[188129])), in numpy 1.24.2 and 2.4.6,
// without and with GLIBC_TUNABLES as above.
const differing = [
  { seed: 9, index: 188129, fma: -3.7348288731821833, plain: -3.7348288731821837 },
  { seed: 63, index: 190320, fma: 3.9308969136516145, plain: 3.930896913651615 },
  { seed: 92, index: 162447, fma: -4.317638040034068, plain: -4.317638040034069 },
  { seed: 400, index: 858988, fma: 3.729837293873912, plain: 3.7298372938739126 },
];
Deno.test("draws in which numpy's builds differ are those of the build that is asked for", () => {
  for (const { seed, index, plain, fma } of differing) {
    const last = (rng: Generator) => rng.normal(0, 1, index + 1)[index];
    assertEquals(last(defaultRng(seed)), plain);
    assertEquals(last(defaultRng(seed, "plain")), plain);
    assertEquals(last(defaultRng(seed, "fma")), fma);
  }
});

/** A finite number as an integer times 2^exponent. */
function integerAndExponent(x: number): [bigint, number] {
  let exponent = 0;
  for (; !Number.isInteger(x); exponent--) x *= 2;
  return [BigInt(x), exponent];
}

/** a·b + c from integers without limit, which `Number` rounds once, ties to even. */
function exactSum(a: number, b: number, c: number): number {
  const [[m, e], [n, f], [k, g]] = [a, b, c].map(integerAndExponent);
  const least = Math.min(e + f, g);
  return Number((m * n << BigInt(e + f - least)) + (k << BigInt(g - least))) * 2 ** least;
}

Deno.test("the fused multiply-add rounds once, ties to even", () => {
  const number = fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -80, max: 20 }))
    .map(([m, e]) => m * 2 ** e);
  // Sums that nearly cancel, and those that lie half-way between two numbers.
  const near = fc.tuple(
    number,
    number,
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: 40, max: 110 }),
  )
    .map(([a, b, k, e]): [number, number, number] => [a, b, -(a * b) * (1 + k * 2 ** -e)]);
  const tie = fc.tuple(
    fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 }),
    fc.integer({ min: -3, max: 3 }),
  )
    .map(([m, k]): [number, number, number] => [2 ** 27 + 1, k * (2 ** 27 - 1) * 2 ** -55, m]);
  const half = fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 })
    .chain((m) =>
      fc.constantFrom<[number, number, number]>([0.5, 1, m], [-0.5, 1, m], [0.25, 2, -m])
    );
  fc.assert(
    fc.property(fc.oneof(fc.tuple(number, number, number), near, tie, half), ([a, b, c]) => {
      assert(fma(a, b, c) === exactSum(a, b, c), `${a} ${b} ${c}`);
    }),
    { numRuns: 20_000 },
  );
});

const entropy: fc.Arbitrary<Entropy> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 300n }),
  fc.maxSafeNat(),
  fc.array(fc.bigInt({ min: 0n, max: 2n ** 70n }), { maxLength: 6 }),
);

Deno.test("raw outputs are those of the 128-bit recurrence, whatever the state", () => {
  const mask = 2n ** 128n - 1n;
  const multiplier = 0x2360ed051fc65da44385df649fccf645n;
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 4, maxLength: 4 }), (w) => {
      const seed = new SeedSequence(0);
      seed.generateState = () => BigUint64Array.from(w) as never;
      const bits = new Pcg64(seed);
      const increment = ((w[2] << 65n) | (w[3] << 1n) | 1n) & mask;
      let state = ((w[0] << 64n) + w[1] + increment) * multiplier + increment & mask;
      for (let i = 0; i < 300; i++) {
        state = state * multiplier + increment & mask;
        const folded = BigInt.asUintN(64, state >> 64n ^ state);
        const rotated = folded >> (state >> 122n) | folded << 64n - (state >> 122n);
        assertEquals(bits.next64(), BigInt.asUintN(64, rotated));
      }
    }),
    { numRuns: 50, examples: [[[0n, 0n, 0n, 0n]], [Array(4).fill(2n ** 64n - 1n)]] },
  );
});

Deno.test("SFC64's outputs are those of its recurrence, whatever the state", () => {
  const mask = 2n ** 64n - 1n;
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, mask), { minLength: 3, maxLength: 3 }), (words) => {
      const seed = new SeedSequence(0);
      seed.generateState = () =>
        Uint32Array.from(words.flatMap((w) => [w & 0xffffffffn, w >> 32n]), Number) as never;
      const bits = new Sfc64(seed);
      let [a, b, c] = words;
      for (let counter = 1n; counter <= 600n; counter++) {
        const output = a + b + counter & mask;
        [a, b, c] = [b ^ b >> 11n, 9n * c & mask, (c << 24n | c >> 40n) + output & mask];
        if (counter > 12n) assertEquals(bits.next64(), output);
      }
    }),
    { numRuns: 50, examples: [[[0n, 0n, 0n]], [[mask, mask, mask]]] },
  );
});

Deno.test("filling an array, its parts, or drawing one by one is the same", () => {
  fc.assert(fc.property(entropy, fc.array(fc.nat(700), { maxLength: 5 }), (seed, lengths) => {
    const total = lengths.reduce((a, b) => a + b, 0);
    for (const fill of ["fillStandardNormal", "fillRandom"] as const) {
      const one = fill === "fillRandom" ? "random" : "standardNormal";
      const whole = defaultRng(seed)[fill](new Float64Array(total));
      const inParts = new Float64Array(total);
      const rng = defaultRng(seed);
      let start = 0;
      for (const length of lengths) rng[fill](inParts.subarray(start, start += length));
      const single = defaultRng(seed);
      assertEquals(inParts, whole);
      assertEquals(whole.map(() => single[one]()), whole);
      assertEquals(rng.random(), single.random());
    }
  }));
});

Deno.test("a permutation holds every index once", () => {
  fc.assert(fc.property(entropy, fc.nat(2000), (seed, n) => {
    assertEquals(
      defaultRng(seed).permutation(n).sort(),
      Uint32Array.from({ length: n }, (_, i) => i),
    );
  }));
});

Deno.test("integers are integers within their bounds", () => {
  const bound = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger());
  fc.assert(fc.property(entropy, bound, bound, (seed, a, b) => {
    const [low, high] = a < b ? [a, b] : [b, a + 1];
    fc.pre(high - low <= Number.MAX_SAFE_INTEGER && Number.isSafeInteger(high));
    for (const value of defaultRng(seed).integers(low, high, 20)) {
      assert(Number.isInteger(value) && low <= value && value < high, `${value}`);
    }
  }));
});

Deno.test("no two nodes of a tree of seeds give the same stream", () => {
  fc.assert(fc.property(entropy, (seed) => {
    const root = new SeedSequence(seed);
    const children = root.spawn(3);
    const nodes = [root, ...children, ...children.flatMap((child) => child.spawn(2))];
    const firsts = nodes.map((node) => defaultRng(node).bits.next64());
    assertEquals(new Set(firsts).size, nodes.length);
    assertEquals(
      root.generateState(4, "uint32"),
      new SeedSequence(seed).generateState(4, "uint32"),
    );
  }));
});

Deno.test("children are the same however many calls they are spawned in", () => {
  fc.assert(fc.property(entropy, fc.array(fc.nat(3), { maxLength: 5 }), (seed, counts) => {
    const words = (child: SeedSequence) => [...child.generateState(2, "uint32")];
    const root = new SeedSequence(seed);
    const inCalls = counts.flatMap((count) => root.spawn(count));
    const atOnce = new SeedSequence(seed).spawn(inCalls.length);
    assertEquals(inCalls.map(words), atOnce.map(words));
  }));
});

Deno.test("a short seed's child differs from the longer seed with the same words", () => {
  const [child] = new SeedSequence([1, 2]).spawn(1);
  assertNotEquals(
    child.generateState(4, "uint32"),
    new SeedSequence([1, 2, 0]).generateState(4, "uint32"),
  );
});

Deno.test("invalid arguments are refused with the value found", () => {
  const rng = defaultRng(0);
  assertThrows(() => defaultRng(-1), RangeError, "found -1");
  assertThrows(() => defaultRng(2 ** 53), RangeError, "bigint");
  assertThrows(() => defaultRng([1, 0.5]), RangeError, "found 0.5");
  assertThrows(() => new SeedSequence(0).spawn(-1), RangeError, "found -1");
  assertThrows(() => rng.integers(3, 3, 1), RangeError, "found 3 and 3");
  assertThrows(() => rng.integers(0, 1.5, 1), RangeError, "found 0 and 1.5");
  assertThrows(() => rng.integers(-(2 ** 52) - 1, 2 ** 52, 1), RangeError, "high - low");
  assertThrows(() => rng.normal(0, -1, 1), RangeError, "found -1");
  assertThrows(() => rng.normal(0, NaN, 1), RangeError, "found NaN");
  assertThrows(() => rng.uniform(0, Infinity, 1), RangeError, "found 0 and Infinity");
  assertThrows(() => rng.permutation(-1), RangeError, "found -1");
  assertEquals(rng.random(), defaultRng(0).random(), "a refused call must draw nothing");
});

Deno.test("a generator's state is numpy's after the same draws", () => {
  // numpy.random.default_rng(80085), then .bit_generator.state after each line.
  const inc = "53595026474592932803661544987478438539";
  const pcg64 = (state: string) => ({ bit_generator: "PCG64", state: { state, inc } });
  const random = defaultRng(80085);
  random.normal(0, 1, 1000);
  assertEquals(random.bits.state(), {
    ...pcg64("67907393162738682521123282941956234090"),
    ...{ has_uint32: 0, uinteger: 0 },
  });
  random.integers(0, 10, 1);
  assertEquals(random.bits.state(), {
    ...pcg64("184335639075068302454371631720887972381"),
    ...{ has_uint32: 1, uinteger: 3296716824 },
  });
});
