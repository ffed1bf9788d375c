/**
 * Measures pairs of elements of two arrays: how many differ, by how much and where. Its loops make no
 * arrays and call short functions alone, because comparing two runs measures tens of millions of pairs.
 */
import type { Bounds } from "../../schemas/run/tolerance.ts";
import type { Block } from "./elements.ts";
import { exactDistance } from "./exact_integers.ts";
import { isNear, relativeDistance, sameValue } from "./tolerance_bounds.ts";

/** The bounds and units in which pairs are measured. */
interface Measures {
  bounds: Bounds;
  /** Rounds to the less precise of two types. */
  round?: (value: number) => number;
  /** The distance in units in the last place, of two arrays of one type. */
  ulps?: (a: number, b: number) => number;
}

type Texts = [string, string];

/** The differences so far. A distance is -1 before the first one. */
export interface Differences {
  differing: number;
  beyond: number;
  /** True while every pair is equal after rounding. */
  isRounded: boolean;
  absolute: number;
  absoluteAt: number;
  /** The elements that lie farthest apart. */
  values: Texts;
  relative: number;
  relativeAt: number;
  ulp: number;
  ulpAt: number;
  /** Differing pairs in which NaN or an infinity is: their number, the first one's place and elements. */
  infinite: number;
  infiniteAt: number;
  infiniteValues: Texts;
}

export const noDifferences = ({ round }: Measures): Differences => ({
  differing: 0,
  beyond: 0,
  isRounded: round !== undefined,
  absolute: -1,
  absoluteAt: 0,
  values: ["", ""],
  relative: -1,
  relativeAt: 0,
  ulp: -1,
  ulpAt: 0,
  infinite: 0,
  infiniteAt: 0,
  infiniteValues: ["", ""],
});

/** Adds the differences of two blocks, which hold as many elements each, from the element `from` on. */
export function addDifferences(
  met: Differences,
  x: Block,
  y: Block,
  from: number,
  { bounds, round, ulps }: Measures,
): void {
  const us = x.values;
  const vs = y.values;
  const wide = x.integers !== undefined || y.integers !== undefined;
  for (let i = 0; i < us.length; i++) {
    const u = us[i];
    const v = vs[i];
    if (wide ? isSame(x, y, i) : sameValue(u, v)) continue;
    met.differing++;
    const apart = wide ? wideDistance(x, y, i) : Math.abs(u - v);
    if (!isNear(apart, u, v, bounds)) met.beyond++;
    if (met.isRounded && !sameValue(round!(u), round!(v))) met.isRounded = false;
    if (!Number.isFinite(u) || !Number.isFinite(v)) {
      if (met.infinite++ > 0) continue;
      met.infiniteAt = from + i;
      met.infiniteValues = textsAt(x, y, i);
      continue;
    }
    if (apart > met.absolute) {
      met.absolute = apart;
      met.absoluteAt = from + i;
      met.values = textsAt(x, y, i);
    }
    // Neither quotient is below the share. It needs the larger magnitude, a branch that no processor predicts.
    if (apart / Math.abs(u) > met.relative && apart / Math.abs(v) > met.relative) {
      const share = wide ? apart / Math.max(Math.abs(u), Math.abs(v)) : relativeDistance(u, v);
      if (share > met.relative) {
        met.relative = share;
        met.relativeAt = from + i;
      }
    }
    const steps = ulps?.(u, v) ?? 0;
    if (steps > met.ulp) {
      met.ulp = steps;
      met.ulpAt = from + i;
    }
  }
}

/** True if elements are the same value; integers of 64 bits to the last bit. */
function isSame(x: Block, y: Block, i: number): boolean {
  if (!sameValue(x.values[i], y.values[i])) return false;
  const exact = ({ integers, values }: Block) => integers?.[i] ?? BigInt(values[i]);
  return exact(x) === exact(y);
}

/** The distance of elements, where at least one array has integers of 64 bits. */
const wideDistance = (x: Block, y: Block, i: number): number =>
  exactDistance(x.integers?.[i] ?? x.values[i], y.integers?.[i] ?? y.values[i]);

/** Both elements as text that keeps NaN, infinities, the sign of zero and every digit of an integer. */
const textsAt = (x: Block, y: Block, i: number): Texts => [textAt(x, i), textAt(y, i)];

function textAt({ values, integers }: Block, i: number): string {
  if (integers !== undefined) return String(integers[i]);
  return Object.is(values[i], -0) ? "-0" : String(values[i]);
}

/** The sums that give the cosine of two arrays. */
export interface Products {
  dot: number;
  squareX: number;
  squareY: number;
}

export function addProducts(products: Products, us: Float64Array, vs: Float64Array): void {
  let { dot, squareX, squareY } = products;
  for (let i = 0; i < us.length; i++) {
    const u = us[i];
    const v = vs[i];
    dot += u * v;
    squareX += u * u;
    squareY += v * v;
  }
  Object.assign(products, { dot, squareX, squareY });
}

/** The same of values that equal the other array's. */
export function addSquares(products: Products, values: Float64Array): void {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i] * values[i];
  products.dot += square;
  products.squareX += square;
  products.squareY += square;
}
