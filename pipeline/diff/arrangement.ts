/**
 * Recognizes the values of one array in another arrangement: other rows first, axes exchanged, another
 * shape. A checksum that no order changes says first whether that is possible at all.
 */
import type { StoredArray } from "../formats/stored_array.ts";
import { elements } from "../formats/tensor.ts";
import { count } from "../terminal/numbers.ts";
import { blockLength, isExact, openElements, rowMajor, transposed } from "./elements.ts";

/** Caps the arrays whose axes are exchanged, in elements: each is held in memory. */
export const mostInMemory = 1 << 22;
/** Caps the rows that are hashed. */
const mostRows = 1 << 21;

/** Sums up the bits of values, in whatever order they come. */
function checksum(values: Float64Array, sum = 0): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (let i = 0; i < words.length; i += 2) {
    sum =
      (sum + Math.imul(words[i] ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(words[i + 1], 0xc2b2ae35)) |
      0;
  }
  return sum;
}

function checksumOf(array: StoredArray): number {
  const read = openElements(array);
  const total = elements(array.shape);
  let sum = 0;
  for (let from = 0; from < total; from += blockLength) {
    sum = checksum(read(from, Math.min(blockLength, total - from)).values, sum);
  }
  return sum;
}

/** Words how B arranges the values of A; undefined if it does not have the same ones. */
export function rearranged(a: StoredArray, b: StoredArray): string | undefined {
  const total = elements(a.shape);
  if (total < 2 || total !== elements(b.shape) || checksumOf(a) !== checksumOf(b)) return undefined;
  if (!isExact(a) || !isExact(b)) return undefined;
  const sameShape = a.shape.join() === b.shape.join();
  if (sameShape) {
    const moved = movedRows(a, b);
    if (moved !== undefined) {
      const [what, all] = a.shape.length === 1
        ? ["elements", count(total, "element")]
        : ["rows", count(a.shape[0], "row")];
      return `the same ${what} in another order, ${moved} of ${all} moved`;
    }
  }
  if (total > mostInMemory) return undefined;
  const [x, y] = [rowMajor(a), rowMajor(b)];
  const isReversed = a.shape.toReversed().join() === b.shape.join();
  if (isReversed && a.shape.length > 1) {
    // The row-major order of the transposed array is the column-major order of the array.
    if (transposed(a.shape, (row, column) => Object.is(x[row], y[column]))) {
      return a.shape.length === 2
        ? "B is A transposed"
        : "B is A with its axes in the opposite order";
    }
  }
  return !sameShape && x.every((value, i) => Object.is(value, y[i]))
    ? "the same values in the same order, in another shape"
    : undefined;
}

/** The rows that lie elsewhere, if both have the same rows. */
function movedRows(a: StoredArray, b: StoredArray): number | undefined {
  const [rows = 0] = a.shape;
  if (rows < 2 || rows > mostRows || a.isFortran || b.isFortran) return undefined;
  const [x, y] = [rowHashes(a, rows), rowHashes(b, rows)];
  let moved = 0;
  for (let i = 0; i < rows; i++) if (x[i] !== y[i]) moved++;
  x.sort();
  y.sort();
  return x.every((hash, i) => hash === y[i]) ? moved : undefined;
}

/** A hash of 52 bits for each row. */
function rowHashes(array: StoredArray, rows: number): Float64Array {
  const total = elements(array.shape);
  const length = total / rows;
  const hashes = new Float64Array(rows);
  const read = openElements(array);
  let [high, low] = [0, 0];
  let left = length;
  let row = 0;
  for (let from = 0; from < total; from += blockLength) {
    const { values } = read(from, Math.min(blockLength, total - from));
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    for (let i = 0; i < words.length; i += 2) {
      high = Math.imul(high ^ words[i], 0x01000193) + words[i + 1] | 0;
      low = Math.imul(low ^ words[i + 1], 0x5bd1e995) + words[i] + (low >>> 15) | 0;
      if (--left > 0) continue;
      hashes[row++] = (high >>> 0) * 2 ** 20 + (low >>> 12);
      [high, low, left] = [0, 0, length];
    }
  }
  return hashes;
}
