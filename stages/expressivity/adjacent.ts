/** Finds the float64 numbers next to a number, to test a function at both sides of an edge. */

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** The least float64 above x; finite numbers below the largest only. */
export function nextUp(x: number): number {
  float[0] = x === 0 ? 0 : x;
  // Positive numbers are ordered as their bits are, negative ones the other way round.
  bits[0] += float[0] >= 0 ? 1n : -1n;
  return float[0];
}

/** The largest float64 below x. */
export const nextDown = (x: number): number => -nextUp(-x);
