/**
 * Tests PyTorch's generator: initial weights and batch orders against those of real runs, and single draws
 * against PyTorch's.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import reference from "../../../artifacts/reference/pytorch-replicates.json" with { type: "json" };
import { epochOrders, linearLayers, manualSeed } from "../../../stages/random/pytorch.ts";

const golden = (name: string): Uint8Array => Deno.readFileSync(goldenFile(name));
const goldenJson = (name: string) => JSON.parse(new TextDecoder().decode(golden(name)));
const sha256 = (array: NodeJS.TypedArray): string =>
  createHash("sha256").update(array).digest("hex");

const trainSamples = 60_000;
const sizes = [784, 256, 128, 64, 10];
const layerNames = ["ly1", "ly2", "ly3", "oply"];
/** One byte a label, after the IDX header of 8. */
const trainLabels = gunzipSync(golden("fashion-mnist-train-labels-idx1-ubyte.gz")).subarray(8);

for (const { seed, init, first_batch_labels } of reference.replicates.slice(0, 10)) {
  Deno.test(`seed ${seed} gives PyTorch's initial weights, then its first batch`, () => {
    const generator = manualSeed(seed);
    const layers = linearLayers(generator, sizes);
    assertEquals(Object.keys(init).length, 2 * layers.length);
    for (const [i, { inputs, outputs, weight, bias }] of layers.entries()) {
      for (
        const [name, shape, values] of [
          ["weight", [outputs, inputs], weight],
          ["bias", [outputs], bias],
        ] as const
      ) {
        const expected =
          (init as Record<string, typeof init["ly1.bias"]>)[`${layerNames[i]}.${name}`];
        assertEquals([...shape], expected.shape);
        assertEquals([...values.subarray(0, 4)], expected.first4);
        assertEquals(sha256(values), expected.sha256_f32le, `${layerNames[i]}.${name}`);
      }
    }
    const order = epochOrders(generator.state(), trainSamples).next().value;
    const labels = Array.from(order.subarray(0, 64), (sample) => trainLabels[sample]);
    assertEquals(labels, first_batch_labels);
  });
}

/*
pytorch-draws.json, in PyTorch 1.13.1 of Debian 12, then `deno fmt`:

import hashlib, json, torch
from torch.utils.data import DataLoader
def sha256(t, dtype): return hashlib.sha256(t.numpy().astype(dtype).tobytes()).hexdigest()
def orders(seed):
    torch.manual_seed(seed)
    for i, o in (784, 256), (256, 128), (128, 64), (64, 10): torch.nn.Linear(i, o)
    train = DataLoader(torch.arange(60000), batch_size=64, shuffle=True)
    test = DataLoader(torch.arange(10000), batch_size=64)
    for epoch in range(3):
        order = torch.cat(list(train))
        for batch in test: pass
        yield {"first4": order[:4].tolist(), "sha256_u32le": sha256(order, "<u4")}
def uniform(seed, start, end):
    torch.manual_seed(seed)
    return {"seed": str(seed), "from": start, "to": end,
            "sha256_f32le": sha256(torch.empty(10000).uniform_(start, end), "<f4")}
def randperm(seed, n):
    torch.manual_seed(seed)
    return {"seed": str(seed), "n": n, "sha256_u32le": sha256(torch.randperm(n), "<u4"),
            "int64_next": str(torch.empty((), dtype=torch.int64).random_().item())}
print(json.dumps({
    "torch": torch.__version__,
    "orders": [{"seed": seed, "epochs": list(orders(seed))} for seed in (0, 7)],
    "uniform": [uniform(0, 0, 1), uniform(1, -0.3, 0.1), uniform(2**40 + 5, 1e-9, 1),
                uniform(2**64 - 1, -1 / 3, 1e6), uniform(-1, -2.0**-30, 3)],
    "randperm": [randperm(0, 0), randperm(1, 1), randperm(2, 2), randperm(2**32 + 3, 1000),
                 randperm(4, 100000)],
}, indent=1))
*/
const draws = goldenJson("pytorch-draws.json");
import { goldenFile } from "../../support/checkout.ts";

for (const { seed, epochs } of draws.orders) {
  Deno.test(`seed ${seed} visits the samples in PyTorch's order in epoch after epoch`, () => {
    const generator = manualSeed(seed);
    linearLayers(generator, sizes);
    const orders = epochOrders(generator.state(), trainSamples);
    for (const { first4, sha256_u32le } of epochs) {
      const order = orders.next().value;
      assertEquals([...order.subarray(0, 4)], first4);
      assertEquals(sha256(order), sha256_u32le);
    }
  });
}

for (const { seed, from, to, sha256_f32le } of draws.uniform) {
  Deno.test(`seed ${seed} gives PyTorch's uniform floats from ${from} to ${to}`, () => {
    assertEquals(sha256(manualSeed(BigInt(seed)).uniform(10_000, from, to)), sha256_f32le);
  });
}

for (const { seed, n, sha256_u32le, int64_next } of draws.randperm) {
  Deno.test(`seed ${seed} gives PyTorch's permutation of ${n} and the integer after it`, () => {
    const generator = manualSeed(BigInt(seed));
    assertEquals(sha256(generator.randperm(n)), sha256_u32le);
    assertEquals(String(BigInt.asUintN(63, generator.random64())), int64_next);
  });
}

// The C++ standard's check of mt19937 (ISO/IEC 14882, [rand.predef]), whose default seed is 5489.
Deno.test("the ten thousandth word is the one that the C++ standard names", () => {
  const generator = manualSeed(5489);
  for (let i = 1; i < 10_000; i++) generator.random();
  assertEquals(generator.random(), 4123659995);
});

Deno.test("weights are exact sums rounded once, as a fused multiplication and addition gives", () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 100_000 }), (seed, inputs) => {
    const bound = Math.fround(1 / Math.sqrt(inputs));
    // In this unit the draw, its 24 bits times the bounds' 24, and the bounds are integers.
    const unit = 2 ** (Math.floor(Math.log2(bound)) - 23 - 24);
    const range = BigInt(2 * bound / (unit * 2 ** 24));
    const start = BigInt(-bound / unit);
    const words = manualSeed(seed);
    for (const weight of manualSeed(seed).uniform(20, -bound, bound)) {
      const exact = BigInt(words.random() & 0xffffff) * range + start;
      assertEquals(BigInt(Number(exact)), exact);
      assertEquals(weight, Math.fround(Number(exact) * unit));
    }
  }));
});

Deno.test("a permutation holds every index once", () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.nat(2000), (seed, n) => {
    assertEquals(manualSeed(seed).randperm(n).sort(), Uint32Array.from({ length: n }, (_, i) => i));
  }));
});

Deno.test("only the low 32 bits of a seed count", () => {
  fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n), (seed) => {
    assertEquals(
      manualSeed(seed).random64(),
      manualSeed(Number(BigInt.asUintN(32, seed))).random64(),
    );
  }));
});

Deno.test("a permutation whose method differs between versions is refused", () => {
  assertThrows(() => manualSeed(0).randperm(2 ** 28), RangeError, "found 268435456");
});
