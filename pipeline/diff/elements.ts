/** Reads the elements of stored arrays as numbers, block by block. */
import { elements } from "../formats/tensor.ts";
import { elementSizes, type ElementType, type StoredArray } from "../formats/stored_array.ts";

/** Elements in a block. Every array gets blocks of its own, which must not pile up before they are freed. */
export const blockLength = 1 << 14;

/** A block of elements; the next one overwrites it. */
export interface Block {
  /** Bytes as they are stored. */
  readonly bytes: Uint8Array;
  /** The elements rounded to float64, which is exact for all but integers of 64 bits. */
  readonly values: Float64Array<ArrayBuffer>;
  /** The elements where they are integers of 64 bits. */
  readonly integers?: BigInt64Array | BigUint64Array;
}

interface TypedView {
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayLike<number>;
}

const views: Partial<Record<ElementType, TypedView>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Float16Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Reads blocks of an array, in the order in which its elements are stored. */
export function openElements(
  { dtype, shape, isBigEndian, content, start }: StoredArray,
  most = Math.min(blockLength, elements(shape)),
): (from: number, count: number) => Block {
  const size = elementSizes[dtype];
  const buffer = new Uint8Array(most * size);
  const numbers = new Float64Array(most);
  const swapped = isBigEndian && size > 1 ? new Uint8Array(most * size) : buffer;
  return (from, count) => {
    const bytes = buffer.subarray(0, count * size);
    content.read(start + from * size, bytes);
    if (swapped !== buffer) swap(bytes, swapped, size);
    const values = numbers.subarray(0, count);
    if (dtype === "int64" || dtype === "uint64") {
      const View = dtype === "int64" ? BigInt64Array : BigUint64Array;
      const integers = new View(swapped.buffer, 0, count);
      for (let i = 0; i < count; i++) values[i] = Number(integers[i]);
      return { bytes, values, integers };
    }
    if (dtype === "bfloat16") widen(new Uint16Array(swapped.buffer, 0, count), values);
    else values.set(new views[dtype]!(swapped.buffer, 0, count));
    return { bytes, values };
  };
}

/** True if float64 holds every element of an array: of integers of 64 bits, if all are small enough. */
export function isExact(array: StoredArray): boolean {
  if (!/int64$/.test(array.dtype)) return true;
  const read = openElements(array);
  const total = elements(array.shape);
  for (let from = 0; from < total; from += blockLength) {
    const { values } = read(from, Math.min(blockLength, total - from));
    if (!values.every(Number.isSafeInteger)) return false;
  }
  return true;
}

/** Turns the bytes of each element around. */
function swap(from: Uint8Array, to: Uint8Array, size: number): void {
  for (let i = 0; i < from.length; i += size) {
    for (let k = 0; k < size; k++) to[i + k] = from[i + size - 1 - k];
  }
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** A bfloat16 is the upper half of a float32. */
function widen(halves: Uint16Array, values: Float64Array): void {
  for (let i = 0; i < halves.length; i++) {
    singleBits[0] = halves[i] << 16;
    values[i] = single[0];
  }
}

/** All elements of an array in row-major order. The caller bounds their number. */
export function rowMajor(array: StoredArray): Float64Array<ArrayBuffer> {
  const total = elements(array.shape);
  const { values } = openElements(array, total)(0, total);
  if (!array.isFortran) return values;
  const ordered = new Float64Array(total);
  transposed(array.shape, (to, from) => ordered[to] = values[from]);
  return ordered;
}

/**
 * Visits every element of a shape: its position in row-major order, and that in column-major order. Stops
 * when `visit` returns false.
 */
export function transposed(
  shape: readonly number[],
  visit: (rowMajor: number, columnMajor: number) => unknown,
): boolean {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  const total = elements(shape);
  let column = 0;
  for (let row = 0; row < total; row++) {
    if (visit(row, column) === false) return false;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      column += strides[axis];
      if (++index[axis] < shape[axis]) break;
      column -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return true;
}
