/**
 * Compares arrays element by element: how many differ, by how much, where, and the angle between them.
 * Reads both in blocks. Element types, byte orders and storage orders may be others: values are compared.
 */
import type { ArrayComparison } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import {
  arrayInMemory,
  elementSizes,
  type ElementType,
  type StoredArray,
  type StoredArrays,
} from "../formats/stored_array.ts";
import { elements } from "../formats/tensor.ts";
import { equalBytes } from "../store/content_pieces.ts";
import { count, listed } from "../terminal/numbers.ts";
import { mostInMemory, rearranged } from "./arrangement.ts";
import { type Block, blockLength, openElements, rowMajor } from "./elements.ts";
import { isWithin, relativeDistance, sameValue } from "./tolerance_bounds.ts";
import { ulps32, ulps64 } from "./ulp.ts";

const noDistance = {
  differing: 0,
  beyond: 0,
  absolute: null,
  relative: null,
  ulp: null,
  infinite: null,
  values: null,
  cosine: null,
};

/** An array that only one run has, or that has another shape. */
const incomparable = (
  name: string,
  array: StoredArray,
  agreement: KnownAgreement,
  problem: string,
): ArrayComparison => ({
  ...noDistance,
  name,
  agreement,
  dtype: array.dtype,
  shape: [...array.shape],
  problem,
  note: null,
  elements: elements(array.shape),
});

const form = ({ dtype, shape }: StoredArray): string =>
  shape.length === 0 ? `a ${dtype} scalar` : `${dtype} (${shape.join(", ")})`;

/** Compares two arrays of one name; either may be missing. */
export function compareArrays(
  name: string,
  a: StoredArray | undefined,
  b: StoredArray | undefined,
  bounds: Bounds,
): ArrayComparison {
  if (a === undefined || b === undefined) {
    const side = a === undefined ? "B" : "A";
    return incomparable(name, (a ?? b)!, "missing", `only in ${side}`);
  }
  const forms = `${form(a)} in A, ${form(b)} in B`;
  if (a.shape.join() !== b.shape.join()) {
    const how = rearranged(a, b);
    return incomparable(name, a, "different", how === undefined ? forms : `${how}: ${forms}`);
  }
  const total = elements(a.shape);
  if (isOrderOther(a, b) && (total > mostInMemory || isWide(a) || isWide(b))) {
    const problem =
      `in row-major order in one and column-major in the other, which is compared up to ` +
      `${count(mostInMemory, "element")} and 53 bits; found ${forms}`;
    return incomparable(name, a, "different", problem);
  }
  const whole = { name, dtype: a.dtype, shape: [...a.shape], problem: null, elements: total };
  const encoding = encodingWords(a, b);
  const [x, y] = isOrderOther(a, b) ? [inRowMajor(a), inRowMajor(b)] : [a, b];
  const { sameBytes, rounded, ...distance } = measure(x, y, [a.dtype, b.dtype], bounds);
  if (distance.differing === 0) {
    const isIdentical = sameBytes && encoding === "";
    const note = isIdentical || encoding === "" ? null : `the same values; ${encoding}`;
    const agreement = isIdentical ? "identical" : "equal";
    return { ...whole, ...distance, ...noDistance, note, agreement };
  }
  const notes = [
    rounded === undefined ? "" : `equal after rounding to ${rounded}`,
    distance.beyond > 0 ? rearranged(a, b) ?? "" : "",
    encoding,
  ].filter((note) => note !== "");
  return {
    ...whole,
    ...distance,
    note: notes.length === 0 ? null : notes.join("; "),
    agreement: distance.beyond === 0 ? "within" : "different",
  };
}

/** Compares the arrays of two files by their names. */
export function compareTensors(
  a: StoredArrays,
  b: StoredArrays,
  boundsAt: (pointer: string) => Bounds,
): ArrayComparison[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.map((name) => {
    const own = (arrays: StoredArrays) => Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    return compareArrays(name, own(a), own(b), boundsAt(name === "" ? "" : `/${name}`));
  });
}

/** True for integers that float64 may round. */
const isWide = ({ dtype }: StoredArray): boolean => /int64$/.test(dtype);

const isOrderOther = (a: StoredArray, b: StoredArray): boolean =>
  a.isFortran !== b.isFortran && a.shape.length > 1;

const inRowMajor = (array: StoredArray): StoredArray =>
  arrayInMemory({ dtype: "float64", shape: [...array.shape], data: rowMajor(array) });

/** Words the differences in storage of two arrays of one shape. */
function encodingWords(a: StoredArray, b: StoredArray): string {
  const sides = (of: (array: StoredArray) => string) =>
    of(a) === of(b) ? [] : [`${of(a)} in A, ${of(b)} in B`];
  return listed([
    ...sides(({ dtype }) => dtype),
    ...sides(({ isBigEndian }) => isBigEndian ? "big-endian" : "little-endian"),
    ...(isOrderOther(a, b)
      ? sides(({ isFortran }) => isFortran ? "column-major" : "row-major")
      : []),
  ]);
}

/** Functions that round to the less precise of two types of floating-point numbers. */
const roundings: Partial<Record<ElementType, (value: number) => number>> = {
  float32: Math.fround,
  float16: Math.f16round,
};

/** The less precise of two types of floating-point numbers; undefined for the same or other types. */
function narrowerOf(a: ElementType, b: ElementType): ElementType | undefined {
  if (a === b || !/float/.test(a) || !/float/.test(b)) return undefined;
  return elementSizes[a] < elementSizes[b] ? a : b;
}

const ulpsOf: Partial<Record<ElementType, (a: number, b: number) => number>> = {
  float32: ulps32,
  float64: ulps64,
};

/** True if elements are the same value; integers of 64 bits to the last bit. */
function isSame(x: Block, y: Block, i: number): boolean {
  const [u, v] = [x.values[i], y.values[i]];
  if (!sameValue(u, v)) return false;
  if (x.integers === undefined && y.integers === undefined) return true;
  const exact = ({ integers, values }: Block) => integers?.[i] ?? BigInt(values[i]);
  return exact(x) === exact(y);
}

/** Walks through two arrays of one shape, element by element. */
function walk(
  a: StoredArray,
  b: StoredArray,
  [typeA, typeB]: readonly [ElementType, ElementType],
  bounds: Bounds,
) {
  const total = elements(a.shape);
  const ulps = typeA === typeB ? ulpsOf[typeA] : undefined;
  const narrow = narrowerOf(typeA, typeB);
  const round = narrow && roundings[narrow];
  let isRounded = round !== undefined;
  const isStoredAlike = typeA === typeB && a.isBigEndian === b.isBigEndian;
  let sameBytes = isStoredAlike;
  let [differing, beyond, infinite] = [0, 0, 0];
  let [absolute, relative, ulp] = [-1, -1, -1];
  let [absoluteAt, relativeAt, ulpAt, infiniteAt] = [0, 0, 0, 0];
  let [dot, squareX, squareY] = [0, 0, 0];
  let [values, infiniteValues] = [["", ""], ["", ""]];
  const [readA, readB] = [openElements(a), openElements(b)];
  for (let from = 0; from < total; from += blockLength) {
    const length = Math.min(blockLength, total - from);
    const [x, y] = [readA(from, length), readB(from, length)];
    const [us, vs] = [x.values, y.values];
    if (isStoredAlike && equalBytes(x.bytes, y.bytes)) {
      const square = sumOfSquares(us);
      [dot, squareX, squareY] = [dot + square, squareX + square, squareY + square];
      continue;
    }
    sameBytes = false;
    const wide = x.integers !== undefined || y.integers !== undefined;
    for (let i = 0; i < length; i++) {
      const [u, v] = [us[i], vs[i]];
      dot += u * v;
      squareX += u * u;
      squareY += v * v;
      if (wide ? isSame(x, y, i) : sameValue(u, v)) continue;
      differing++;
      // Integers that round to one number lie at least 1 apart.
      if (!isWithin(u, v, bounds) || u === v && bounds.absolute < 1) beyond++;
      if (isRounded && !sameValue(round!(u), round!(v))) isRounded = false;
      const distance = x.integers !== undefined && y.integers !== undefined
        ? Math.abs(Number(BigInt(x.integers[i]) - BigInt(y.integers[i])))
        : Math.abs(u - v);
      if (!Number.isFinite(u) || !Number.isFinite(v)) {
        if (infinite++ === 0) [infiniteAt, infiniteValues] = [from + i, textsAt(x, y, i)];
        continue;
      }
      if (distance > absolute) {
        [absolute, absoluteAt, values] = [distance, from + i, textsAt(x, y, i)];
      }
      const share = relativeDistance(u, v);
      if (share > relative) [relative, relativeAt] = [share, from + i];
      const steps = ulps?.(u, v) ?? 0;
      if (steps > ulp) [ulp, ulpAt] = [steps, from + i];
    }
  }
  return {
    sameBytes,
    rounded: isRounded && differing > 0 ? narrow : undefined,
    differing,
    beyond,
    finite: { absolute, absoluteAt, relative, relativeAt, ulp, ulpAt, values },
    infinite: { count: infinite, at: infiniteAt, values: infiniteValues },
    hasUlps: ulps !== undefined,
    cosine: dot / (Math.sqrt(squareX) * Math.sqrt(squareY)),
  };
}

/** Measures the differences of two arrays of one shape: how many, how large and where. */
function measure(
  a: StoredArray,
  b: StoredArray,
  types: readonly [ElementType, ElementType],
  bounds: Bounds,
) {
  const { finite, infinite, hasUlps, cosine, ...counted } = walk(a, b, types, bounds);
  // The distance is infinite if no finite pair differs.
  const hasFinite = finite.absolute >= 0;
  const largest = (value: number, at: number) =>
    hasFinite
      ? { value: Number.isFinite(value) ? value : null, index: indexIn(a, at) }
      : { value: null, index: indexIn(a, infinite.at) };
  return {
    ...counted,
    absolute: largest(finite.absolute, finite.absoluteAt),
    relative: largest(finite.relative, finite.relativeAt),
    ulp: hasUlps ? largest(finite.ulp, finite.ulpAt) : null,
    infinite: infinite.count === 0 ? null : {
      count: infinite.count,
      index: indexIn(a, infinite.at),
      values: pair(infinite.values),
    },
    values: pair(hasFinite ? finite.values : infinite.values),
    cosine: Number.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : null,
  };
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

const pair = ([a, b]: string[]): [string, string] => [a, b];

/** Both elements as text that keeps NaN, infinities, the sign of zero and every digit of an integer. */
const textsAt = (x: Block, y: Block, i: number): string[] =>
  [x, y].map(({ values, integers }) =>
    integers !== undefined
      ? String(integers[i])
      : Object.is(values[i], -0)
      ? "-0"
      : String(values[i])
  );

/** The index for each axis of an element, by its position in storage. */
function indexIn({ shape, isFortran }: StoredArray, position: number): number[] {
  const index: number[] = [];
  for (const length of isFortran ? shape : shape.toReversed()) {
    index.push(position % length);
    position = Math.floor(position / length);
  }
  return isFortran ? index : index.reverse();
}
