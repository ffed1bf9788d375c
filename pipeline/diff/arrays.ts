/**
 * Compares arrays element by element: how many differ, by how much, where, and the angle between them.
 */
import type { ArrayComparison } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { dataBytes, elements, type Tensor } from "../formats/tensor.ts";
import { absoluteDistance, isWithin, relativeDistance, sameValue } from "./tolerance_bounds.ts";
import { ulps32, ulps64 } from "./ulp.ts";

const noDistance = {
  differing: 0,
  beyond: 0,
  absolute: null,
  relative: null,
  ulp: null,
  values: null,
  cosine: null,
};

/** A tensor that only one run has, or that has another shape or type. */
const incomparable = (
  name: string,
  tensor: Tensor,
  agreement: KnownAgreement,
  problem: string,
): ArrayComparison => ({
  ...noDistance,
  name,
  agreement,
  dtype: tensor.dtype,
  shape: [...tensor.shape],
  problem,
  elements: elements(tensor.shape),
});

/** Compares two arrays of one name; either may be missing. */
export function compareArrays(
  name: string,
  a: Tensor | undefined,
  b: Tensor | undefined,
  bounds: Bounds,
): ArrayComparison {
  if (a === undefined || b === undefined) {
    const side = a === undefined ? "B" : "A";
    return incomparable(name, (a ?? b)!, "missing", `only in ${side}`);
  }
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) {
    const form = ({ dtype, shape }: Tensor) => `${dtype} (${shape.join(", ")})`;
    return incomparable(name, a, "different", `${form(a)} in A, ${form(b)} in B`);
  }
  const whole = {
    name,
    dtype: a.dtype,
    shape: [...a.shape],
    problem: null,
    elements: a.data.length,
  };
  const sameBytes = equalBytes(dataBytes(a), dataBytes(b));
  if (sameBytes) return { ...noDistance, ...whole, agreement: "identical" };
  const distance = measure(a, b, bounds);
  const agreement: KnownAgreement = distance.differing === 0
    ? "equal"
    : distance.beyond === 0
    ? "within"
    : "different";
  return { ...whole, ...distance, agreement };
}

function measure(a: Tensor, b: Tensor, bounds: Bounds) {
  const ulps = a.dtype === "float32" ? ulps32 : a.dtype === "float64" ? ulps64 : undefined;
  const [x, y] = [a.data, b.data];
  let [differing, beyond] = [0, 0];
  let [absolute, relative, ulp] = [-1, -1, -1];
  let [absoluteAt, relativeAt, ulpAt] = [0, 0, 0];
  let [dot, squareX, squareY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [u, v] = [x[i], y[i]];
    dot += u * v;
    squareX += u * u;
    squareY += v * v;
    if (sameValue(u, v)) continue;
    differing++;
    if (!isWithin(u, v, bounds)) beyond++;
    const distance = absoluteDistance(u, v);
    if (distance > absolute) [absolute, absoluteAt] = [distance, i];
    const share = relativeDistance(u, v);
    if (share > relative) [relative, relativeAt] = [share, i];
    const steps = ulps?.(u, v) ?? 0;
    if (steps > ulp) [ulp, ulpAt] = [steps, i];
  }
  const largest = (value: number, at: number) => ({
    value: Number.isFinite(value) ? value : null,
    index: unravelled(at, a.shape),
  });
  const cosine = dot / (Math.sqrt(squareX) * Math.sqrt(squareY));
  if (differing === 0) return { ...noDistance, cosine: Number.isFinite(cosine) ? cosine : null };
  return {
    differing,
    beyond,
    absolute: largest(absolute, absoluteAt),
    relative: largest(relative, relativeAt),
    ulp: ulps === undefined ? null : largest(ulp, ulpAt),
    values: [numberText(x[absoluteAt]), numberText(y[absoluteAt])] as [string, string],
    cosine: Number.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : null,
  };
}

/** A number as text that keeps NaN, infinities and the sign of zero. */
const numberText = (value: number): string => Object.is(value, -0) ? "-0" : String(value);

/** The index for each axis of an element of a row-major array. */
function unravelled(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const length of shape.toReversed()) {
    index.unshift(flat % length);
    flat = Math.floor(flat / length);
  }
  return index;
}

/** True if two sequences of bytes are identical. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const words = a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0 ? Math.floor(a.length / 4) : 0;
  const wide = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, words);
  const [x, y] = [wide(a), wide(b)];
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  for (let i = words * 4; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
