/**
 * Computes a·b + c with one rounding, as a processor's fused multiply-add does, by the method of
 * S. Boldo and G. Melquiond ("Emulation of FMA and correctly rounded sums: proved algorithms using
 * rounding to odd", 2008). It holds where no product or sum overflows or is subnormal.
 */

/** 2^27 + 1, which splits a number's 53 bits in halves (G. Veltkamp). */
const splitter = 134217729;

/** The rounding error of `product` = a·b, exactly (T. Dekker, 1971). */
function productError(a: number, b: number, product: number): number {
  const [scaledA, scaledB] = [a * splitter, b * splitter];
  const [highA, highB] = [scaledA - (scaledA - a), scaledB - (scaledB - b)];
  const [lowA, lowB] = [a - highA, b - highB];
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** The rounding error of `sum` = a + b, exactly (D. Knuth). */
function sumError(a: number, b: number, sum: number): number {
  const partB = sum - a;
  return (a - (sum - partB)) + (b - partB);
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** a + b rounded to odd: where it is not exact, to the neighbour whose last bit is 1. */
function sumToOdd(a: number, b: number): number {
  const sum = a + b;
  const error = sumError(a, b, sum);
  if (error === 0) return sum;
  float[0] = sum;
  // The magnitude's next step away from 0 is one more, for either sign.
  if ((bits[0] & 1n) === 0n) bits[0] += error > 0 === sum > 0 ? 1n : -1n;
  return float[0];
}

/** a·b + c, rounded once. */
export function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const low = productError(a, b, product);
  const carried = c + low;
  const high = product + carried;
  return high + sumToOdd(sumError(c, low, carried), sumError(product, carried, high));
}
