/**
 * Tests scaled pixels: the division's rounding against exact arithmetic and numpy, and the statistics
 * against their definitions.
 */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { classCounts, pixelStatistics, scalePixels } from "../../../stages/normalize/scale.ts";

const allBytes = Uint8Array.from({ length: 256 }, (_, value) => value);

/** numerator / denominator rounded to float32, nearest and ties to even, in whole numbers only. */
function roundedQuotient(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  // Scale by 2^shift such that the quotient has 24 bits: 2^23 ≤ quotient < 2^24.
  let shift = 0;
  const scaled = () =>
    shift >= 0
      ? [numerator << BigInt(shift), denominator]
      : [numerator, denominator << BigInt(-shift)];
  const quotient = () => {
    const [n, d] = scaled();
    return n / d;
  };
  while (quotient() < 1n << 23n) shift++;
  while (quotient() >= 1n << 24n) shift--;
  const [n, d] = scaled();
  const remainder = 2n * (n % d);
  let rounded = n / d;
  if (remainder > d || remainder === d && rounded % 2n === 1n) rounded++;
  return Number(rounded) * 2 ** -shift;
}

async function sha256(array: ArrayBufferView<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", array)).toHex();
}

Deno.test("every byte is divided with correct rounding, whatever the whole divisor", () => {
  for (let divisor = 1; divisor <= 256; divisor++) {
    const scaled = scalePixels(allBytes, divisor);
    allBytes.forEach((value) =>
      assertEquals(scaled[value], roundedQuotient(BigInt(value), BigInt(divisor)))
    );
  }
});

Deno.test("pixels / 255 are numpy's bytes", async () => {
  // python3 -c "import numpy as n, hashlib; a = n.arange(256, dtype=n.uint8) / n.float32(255); \
  //   print(a.dtype, hashlib.sha256(a.astype('<f4').tobytes()).hexdigest())"
  // numpy 2.4.6: float32 010413ef…
  assertEquals(
    await sha256(scalePixels(allBytes, 255)),
    "010413efe9fc4438fee48de66c4d09f377b28af6a9fe2522201e8c1dbb831fc8",
  );
});

Deno.test("pixels keep their order and their number", () => {
  assertEquals([...scalePixels(Uint8Array.of(255, 0, 51, 255), 255)], [1, 0, Math.fround(0.2), 1]);
  assertEquals([...scalePixels(Uint8Array.of(255, 7), 1)], [255, 7]);
  assertEquals(scalePixels(new Uint8Array(), 255).length, 0);
});

Deno.test("divisors that are no positive float32 are refused", () => {
  for (const divisor of [0, -1, NaN, Infinity, 0.1, 2 ** -200]) {
    assertThrows(() => scalePixels(allBytes, divisor), RangeError, `found ${divisor}`);
    assertThrows(() => pixelStatistics(allBytes, divisor), RangeError, `found ${divisor}`);
  }
});

Deno.test("mean and standard deviation are those of their definitions", () => {
  const pixels = fc.uint8Array({ minLength: 1, maxLength: 200 });
  fc.assert(fc.property(pixels, fc.constantFrom(1, 2, 255), (values, divisor) => {
    const mean = values.reduce((sum, value) => sum + value / divisor, 0) / values.length;
    const squares = [...values].map((value) => (value / divisor - mean) ** 2);
    const variance = squares.reduce((sum, square) => sum + square, 0) / values.length;
    const found = pixelStatistics(values, divisor);
    assertAlmostEquals(found.mean, mean, 1e-12);
    assertAlmostEquals(found.standardDeviation ** 2, variance, 1e-9);
  }));
});

Deno.test("equal pixels have a standard deviation of exactly 0", () => {
  fc.assert(fc.property(fc.nat(255), fc.integer({ min: 1, max: 500 }), (value, length) => {
    const { mean, standardDeviation } = pixelStatistics(new Uint8Array(length).fill(value), 1);
    assertEquals([mean, standardDeviation], [value, 0]);
  }));
});

Deno.test("statistics of no pixels are refused", () => {
  assertThrows(() => pixelStatistics(new Uint8Array(), 255), RangeError, "at least one pixel");
});

Deno.test("classes are counted, empty ones too", () => {
  assertEquals(classCounts(Uint8Array.of(3, 0, 3, 9)), [1, 0, 0, 2, 0, 0, 0, 0, 0, 1]);
  assertEquals(classCounts(Uint8Array.of(), 2), [0, 0]);
  assertThrows(
    () => classCounts(Uint8Array.of(1, 10)),
    RangeError,
    "expected labels 0 to 9, found 10",
  );
  assert(classCounts(Uint8Array.of(255), 256)[255] === 1);
});
