/** Tests the arrays that `normalize` makes of IDX files: unchanged bytes, with their divisor. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { normalize } from "../../../stages/normalize/normalize.ts";

const sizes = (count: number) => [0, 0, 0, count];
const images = (count: number) =>
  Uint8Array.of(0, 0, 8, 3, ...sizes(count), ...sizes(28), ...sizes(28), ...pixels(count));
const pixels = (count: number) => Uint8Array.from({ length: count * 784 }, (_, i) => i % 256);
const labels = (...classes: number[]) =>
  Uint8Array.of(0, 0, 8, 1, ...sizes(classes.length), ...classes);

const run = (parameters: { divisor?: number; trainLimit?: number }, test = labels(5)) =>
  normalize.run({
    parameters: normalize.parameters.parse(parameters),
    inputs: {
      "train-images-idx3-ubyte": images(3),
      "train-labels-idx1-ubyte": labels(9, 0, 9),
      "t10k-images-idx3-ubyte": images(1),
      "t10k-labels-idx1-ubyte": test,
    },
    effects: {} as Effects,
  });

Deno.test("pixels are stored as the files' bytes, with the divisor beside them", async () => {
  for (const divisor of [255, 1]) {
    const made = await run({ divisor });
    assertEquals(made["train-images"], { dtype: "uint8", shape: [3, 784], data: pixels(3) });
    assertEquals(made["test-labels"], { dtype: "uint8", shape: [1], data: Uint8Array.of(5) });
    assertEquals(made["pixel-scale"], { divisor });
  }
});

Deno.test("metrics describe the scaled pixels of the samples that are kept", async () => {
  const [scaled, raw] = [await run({ trainLimit: 2 }), await run({ trainLimit: 2, divisor: 1 })];
  assertEquals(scaled["train-images"].shape, [2, 784]);
  assertEquals(scaled.metrics["train.samples"], 2);
  assertEquals(scaled.metrics["train.count.class-9"], 1);
  assertEquals(scaled.metrics["train.pixel-mean"], raw.metrics["train.pixel-mean"] / 255);
});

Deno.test("a set with more images than labels is refused", () => {
  assertThrows(() => run({}, labels(5, 6)), Error, "a label for each of 1 images, found 2");
});
