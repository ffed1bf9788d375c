/** Scales pixels to the numbers that networks see, and describes a set of images by statistics. */

/** One bin for each value of a byte. */
const byteValues = 256;

/**
 * The value of each byte: u/divisor rounded to the nearest, ties to even, as numpy and PyTorch
 * divide a uint8 array cast to float32. The division here is rounded twice, to float64 and to
 * float32; that gives the same, as 53 ≥ 2 · 24 + 2 bits (Figueroa, "When is double rounding
 * innocuous?", 1995), barring quotients below 2^-126.
 *
 * @throws {RangeError} unless `divisor` is a positive finite float32.
 */
export function pixelValues(divisor: number): Float32Array<ArrayBuffer> {
  checkDivisor(divisor);
  return Float32Array.from({ length: byteValues }, (_, value) => value / divisor);
}

/** Replaces each byte by its value. */
export function pixelsOf(bytes: Uint8Array, values: Float32Array): Float32Array<ArrayBuffer> {
  const pixels = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) pixels[i] = values[bytes[i]];
  return pixels;
}

/** Divides bytes in float32, as {@linkcode pixelValues} does. */
export const scalePixels = (bytes: Uint8Array, divisor: number): Float32Array<ArrayBuffer> =>
  pixelsOf(bytes, pixelValues(divisor));

/**
 * Mean and population standard deviation (divided by n, not n - 1) of pixels / divisor, in float64.
 * The sums are exact: both come from the histogram of the bytes in whole numbers, so neither order
 * nor cancellation matters, and the bytes need not be scaled first.
 *
 * @throws {RangeError} without pixels, or unless `divisor` is a positive finite float32.
 */
export function pixelStatistics(
  pixels: Uint8Array,
  divisor: number,
): { mean: number; standardDeviation: number } {
  checkDivisor(divisor);
  if (pixels.length === 0) throw new RangeError("expected at least one pixel, found none");
  const counts = histogram(pixels);
  const n = BigInt(pixels.length);
  let sum = 0n;
  let sumOfSquares = 0n;
  counts.forEach((count, value) => {
    sum += BigInt(count * value);
    sumOfSquares += BigInt(count * value * value);
  });
  return {
    mean: Number(sum) / (pixels.length * divisor),
    standardDeviation: Math.sqrt(Number(n * sumOfSquares - sum * sum)) / (pixels.length * divisor),
  };
}

/**
 * Counts the labels of each class.
 *
 * @throws {RangeError} at a label that is not below `classes`.
 */
export function classCounts(labels: Uint8Array, classes = 10): number[] {
  const counts = histogram(labels);
  const bad = counts.findIndex((count, label) => count > 0 && label >= classes);
  if (bad >= 0) throw new RangeError(`expected labels 0 to ${classes - 1}, found ${bad}`);
  return Array.from(counts.subarray(0, classes));
}

function histogram(bytes: Uint8Array): Float64Array {
  const counts = new Float64Array(byteValues);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]]++;
  return counts;
}

function checkDivisor(divisor: number): void {
  if (divisor > 0 && Number.isFinite(divisor) && Math.fround(divisor) === divisor) return;
  throw new RangeError(`expected a positive finite float32 as divisor, found ${divisor}`);
}
