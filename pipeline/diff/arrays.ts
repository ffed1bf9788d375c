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
import {
  addDifferences,
  addProducts,
  addSquares,
  noDifferences,
  type Products,
} from "./element_pairs.ts";
import { blockLength, isExact, openElements, rowMajor } from "./elements.ts";
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
  if (isOrderOther(a, b) && (total > mostInMemory || !isExact(a) || !isExact(b))) {
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
    const how = encoding || "zeros of another sign or other bits of NaN";
    const note = isIdentical ? null : `the same values; ${how}`;
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

/** Walks through two arrays of one shape, block by block. */
function walk(
  a: StoredArray,
  b: StoredArray,
  [typeA, typeB]: readonly [ElementType, ElementType],
  bounds: Bounds,
) {
  const total = elements(a.shape);
  const narrow = narrowerOf(typeA, typeB);
  const measures = {
    bounds,
    round: narrow && roundings[narrow],
    ulps: typeA === typeB ? ulpsOf[typeA] : undefined,
  };
  const found = noDifferences(measures);
  const products: Products = { dot: 0, squareX: 0, squareY: 0 };
  const isStoredAlike = typeA === typeB && a.isBigEndian === b.isBigEndian;
  let sameBytes = isStoredAlike;
  const [readA, readB] = [openElements(a), openElements(b)];
  for (let from = 0; from < total; from += blockLength) {
    const length = Math.min(blockLength, total - from);
    const [x, y] = [readA(from, length), readB(from, length)];
    if (isStoredAlike && equalBytes(x.bytes, y.bytes)) {
      addSquares(products, x.values);
      continue;
    }
    sameBytes = false;
    addProducts(products, x.values, y.values);
    addDifferences(found, x, y, from, measures);
  }
  const { dot, squareX, squareY } = products;
  return {
    found,
    sameBytes,
    rounded: found.isRounded && found.differing > 0 ? narrow : undefined,
    hasUlps: measures.ulps !== undefined,
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
  const { found, sameBytes, rounded, hasUlps, cosine } = walk(a, b, types, bounds);
  // The distance is infinite if no finite pair differs.
  const hasFinite = found.absolute >= 0;
  const largest = (value: number, at: number) =>
    hasFinite
      ? { value: Number.isFinite(value) ? value : null, index: indexIn(a, at) }
      : { value: null, index: indexIn(a, found.infiniteAt) };
  return {
    sameBytes,
    rounded,
    differing: found.differing,
    beyond: found.beyond,
    absolute: largest(found.absolute, found.absoluteAt),
    relative: largest(found.relative, found.relativeAt),
    ulp: hasUlps ? largest(found.ulp, found.ulpAt) : null,
    infinite: found.infinite === 0 ? null : {
      count: found.infinite,
      index: indexIn(a, found.infiniteAt),
      values: found.infiniteValues,
    },
    values: hasFinite ? found.values : found.infiniteValues,
    cosine: Number.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : null,
  };
}

/** The index for each axis of an element, by its position in storage. */
function indexIn({ shape, isFortran }: StoredArray, position: number): number[] {
  const index: number[] = [];
  for (const length of isFortran ? shape : shape.toReversed()) {
    index.push(position % length);
    position = Math.floor(position / length);
  }
  return isFortran ? index : index.reverse();
}
