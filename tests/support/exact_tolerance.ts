/**
 * Judges by integers alone whether two float64 lie within bounds. Each is a multiple of 2^-1074, and a product of
 * two of 2^-2148, so nothing is rounded.
 */
import type { Bounds } from "../../schemas/run/tolerance.ts";

const bits = 1074n;

/** A finite float64 in units of 2^-1074. */
export function inUnits(value: number): bigint {
  const word = new DataView(Float64Array.of(Math.abs(value)).buffer).getBigUint64(0, true);
  const [exponent, fraction] = [word >> 52n, word & 0xfffffffffffffn];
  const units = exponent === 0n ? fraction : (fraction | 1n << 52n) << (exponent - 1n);
  return value < 0 ? -units : units;
}

const magnitude = (units: bigint): bigint => units < 0n ? -units : units;

/** The larger magnitude of two float64, and their distance, in units of 2^-1074. */
export function sizesOf(a: number, b: number): { larger: bigint; distance: bigint } {
  const [x, y] = [a, b].map(inUnits);
  const [p, q] = [x, y].map(magnitude);
  return { larger: p > q ? p : q, distance: magnitude(x - y) };
}

/**
 * "near": the distance is the bound but for the rounding of its sum and product, or, of values that are
 * no integers, for the rounding that the declaration of the tolerance allows. Either verdict is right there.
 */
export function verdictOn(
  a: number,
  b: number,
  { absolute, relative }: Bounds,
): "within" | "near" | "beyond" {
  if (Object.is(a, b) || a === b) return "within";
  if (!Number.isFinite(a) || !Number.isFinite(b)) return "beyond";
  const sizes = sizesOf(a, b);
  const [larger, distance] = [sizes.larger << bits, sizes.distance << bits];
  const bound = (inUnits(absolute) << bits) + inUnits(relative) * sizes.larger;
  const rounding = (bound >> 51n) + (2n << bits);
  const [share, digits] = [bound / 1000n, larger >> 50n];
  const areIntegers = Number.isInteger(a) && Number.isInteger(b);
  const allowed = areIntegers ? 0n : share < digits ? share : digits;
  if (distance <= bound - rounding) return "within";
  return distance > bound + allowed + rounding ? "beyond" : "near";
}
