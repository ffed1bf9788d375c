/**
 * Distances of floating-point numbers in units in the last place: how many representable numbers one
 * must step over from the one to the other (Goldberg, "What Every Computer Scientist Should Know About
 * Floating-Point Arithmetic", 1991; Dawson, "Comparing Floating Point Numbers", 2012). +0 and -0 lie
 * 0 apart, the largest finite number and infinity 1. Two NaN of any payload lie 0 apart, NaN and any
 * number infinitely far. The functions make no arrays, because they are called for millions of pairs.
 */

const double = new Float64Array(1);
const doubleHalves = new Uint32Array(double.buffer);
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Distance of two float64; exact below 2^53, rounded to the nearest float64 above. */
export function ulps64(a: number, b: number): number {
  const special = ofSpecial(a, b);
  if (special !== undefined) return special;
  double[0] = a;
  const lowA = doubleHalves[0];
  const highA = doubleHalves[1];
  double[0] = b;
  const lowB = doubleHalves[0];
  const highB = doubleHalves[1];
  const sameSign = (highA ^ highB) >>> 31 === 0;
  const magnitudeA = highA & 0x7fffffff;
  const magnitudeB = highB & 0x7fffffff;
  // Differences of halves first, so that a small distance of large magnitudes stays exact.
  return sameSign
    ? Math.abs((magnitudeA - magnitudeB) * 2 ** 32 + (lowA - lowB))
    : (magnitudeA + magnitudeB) * 2 ** 32 + (lowA + lowB);
}

/** Distance of two float32, exact. */
export function ulps32(a: number, b: number): number {
  const special = ofSpecial(a, b);
  if (special !== undefined) return special;
  single[0] = a;
  const bitsA = singleBits[0];
  single[0] = b;
  const bitsB = singleBits[0];
  const magnitudeA = bitsA & 0x7fffffff;
  const magnitudeB = bitsB & 0x7fffffff;
  return (bitsA ^ bitsB) >>> 31 === 0 ? Math.abs(magnitudeA - magnitudeB) : magnitudeA + magnitudeB;
}

function ofSpecial(a: number, b: number): number | undefined {
  if (a === b || Number.isNaN(a) && Number.isNaN(b)) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Infinity;
}
