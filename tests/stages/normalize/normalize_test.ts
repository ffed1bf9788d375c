/** Tests the arrays that `normalize` makes of IDX files: the same bytes, with their divisor. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { encodeIdx } from "../../../pipeline/formats/idx.ts";
import { sampleLength } from "../../../stages/normalize/dataset.ts";
import { normalize } from "../../../stages/normalize/normalize.ts";

const images = (count: number, side = 28) =>
  encodeIdx({ dtype: "uint8", shape: [count, side, side], data: pixels(count * side ** 2) });
const pixels = (length: number) => Uint8Array.from({ length }, (_, i) => i % 256);
const labels = (...classes: number[]) =>
  encodeIdx({ dtype: "uint8", shape: [classes.length], data: Uint8Array.from(classes) });

const files = {
  "train-images-idx3-ubyte": images(3),
  "train-labels-idx1-ubyte": labels(9, 0, 9),
  "t10k-images-idx3-ubyte": images(1),
  "t10k-labels-idx1-ubyte": labels(5),
};

const run = (parameters: { divisor?: number; trainLimit?: number }, other = {}) =>
  normalize.run({
    parameters: normalize.parameters.parse(parameters),
    inputs: { ...files, ...other },
    effects: {} as Effects,
  });

const { outputs } = normalize;
const bytesOf = (made: Awaited<ReturnType<typeof run>>) => ({
  "train-images-idx3-ubyte": outputs["train-images"].encode(made["train-images"]),
  "train-labels-idx1-ubyte": outputs["train-labels"].encode(made["train-labels"]),
  "t10k-images-idx3-ubyte": outputs["test-images"].encode(made["test-images"]),
  "t10k-labels-idx1-ubyte": outputs["test-labels"].encode(made["test-labels"]),
});

Deno.test("whole sets are the published files, byte for byte, with any divisor beside them", async () => {
  for (const divisor of [255, 1]) {
    const made = await run({ divisor });
    assertEquals(bytesOf(made), files);
    assertEquals(made["pixel-scale"], { divisor });
    assertEquals(made["train-images"].shape, [3, 28, 28]);
    assertEquals([made["train-images"], made["train-labels"]].map(sampleLength), [784, 1]);
  }
});

Deno.test("a limit keeps the first samples", async () => {
  const made = bytesOf(await run({ trainLimit: 2 }));
  assertEquals(made["train-images-idx3-ubyte"], images(2));
  assertEquals(made["train-labels-idx1-ubyte"], labels(9, 0));
  assertEquals(bytesOf(await run({ trainLimit: 4 })), files);
});

Deno.test("metrics describe the scaled pixels of the samples that are kept", async () => {
  const [scaled, raw] = [await run({ trainLimit: 2 }), await run({ trainLimit: 2, divisor: 1 })];
  assertEquals(scaled.metrics["train.samples"], 2);
  assertEquals(scaled.metrics["train.count.class-9"], 1);
  assertEquals(scaled.metrics["train.pixel-mean"], raw.metrics["train.pixel-mean"] / 255);
});

Deno.test("files that are no such images and labels are refused", () => {
  const refused = (name: keyof typeof files, file: Uint8Array, message: string) =>
    assertThrows(() => run({}, { [name]: file }), Error, message);
  const [labelFile, imageFile] = ["t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"] as const;
  refused(labelFile, labels(5, 6), "test-labels: expected a label for each of 1 images, found 2");
  refused(labelFile, labels(10), "test-labels: expected elements from 0 to 9, found 10");
  refused(labelFile, images(1), "test-labels: expected uint8 of shape (any), found");
  refused(imageFile, images(1, 27), "test-images: expected uint8 of shape (any,28,28), found");
  refused(imageFile, images(1).slice(0, -1), "test-images: end of file at byte 799");
  refused("train-images-idx3-ubyte", images(3).with(0, 31), "train-images: magic number at byte 0");
});
