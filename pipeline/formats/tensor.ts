/** Defines dense arrays in row-major order, and the element types that the formats here can hold. */
import { FormatError } from "./artifact_type.ts";

/** Element type → what holds it in memory. */
export interface TypedArrays {
  /** IEEE 754, 64 bits. */
  float64: Float64Array;
  /** IEEE 754, 32 bits. */
  float32: Float32Array;
  /** Integers with sign. */
  int32: Int32Array;
  /** Integers of 0 or more. */
  uint32: Uint32Array;
  /** Bytes. */
  uint8: Uint8Array;
}

/** The type of an array's elements. */
export type DType = keyof TypedArrays;

/** A dense array in row-major order. */
export interface Tensor<D extends DType = DType> {
  /** The type of its elements. */
  dtype: D;
  /** Lengths of its axes; empty of a scalar. */
  shape: number[];
  /** Row-major; its length is the product of `shape`. */
  data: TypedArrays[D];
}

export const constructors: { [D in DType]: { new (buffer: ArrayBuffer): TypedArrays[D] } } = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
};

export const bytesPerElement: { [D in DType]: number } = {
  float64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  uint8: 1,
};

/** Number of elements of a shape; 1 for a scalar. */
export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Describes a value that was given for a tensor: "float32 of shape (2,3) with 6 elements". */
export function wordTensor(value: unknown): string {
  const { dtype, shape, data } = (value ?? {}) as Partial<Tensor>;
  if (!Array.isArray(shape) || !ArrayBuffer.isView(data)) {
    return value === null || typeof value !== "object"
      ? String(value)
      : "an object of another form";
  }
  const held = data instanceof constructors[dtype as DType] ? "" : ` in a ${data.constructor.name}`;
  return `${dtype} of shape (${shape}) with ${data.length} elements${held}`;
}

/**
 * Checks that a value is a tensor whose data have its element type and fill its shape.
 * @throws FormatError, with `about` before what was expected
 */
export function checkTensor(about: string, value: unknown): asserts value is Tensor {
  const { dtype, shape, data } = (value ?? {}) as Partial<Tensor>;
  const fits = typeof dtype === "string" && Object.hasOwn(constructors, dtype) &&
    Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    data instanceof constructors[dtype] && data.length === elements(shape);
  if (fits) return;
  const filled = Array.isArray(shape) ? ` that holds ${elements(shape)} elements` : "";
  throw new FormatError(
    `${about}: expected { dtype, shape, data } with a typed array of that type${filled}, ` +
      `found ${wordTensor(value)}`,
  );
}

/**
 * Checks that a value is a tensor of an element type and of a shape, in which null stands for any length.
 * @throws FormatError, with `about` before what was expected
 */
export function checkDeclared(
  about: string,
  value: unknown,
  dtype: DType,
  shape: readonly (number | null)[],
): void {
  checkTensor(about, value);
  const fits = value.dtype === dtype && value.shape.length === shape.length &&
    shape.every((length, axis) => length === null || length === value.shape[axis]);
  if (fits) return;
  throw new FormatError(
    `${about}: expected ${dtype} of shape (${shape.map((n) => n ?? "any")}), ` +
      `found ${wordTensor(value)}`,
  );
}

/** The bytes of a tensor's data, without copying. */
export const dataBytes = (tensor: Tensor): Uint8Array =>
  new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);

/** Elements of `dtype` from little-endian bytes; copies only where the start is not aligned. */
export function elementsFrom<D extends DType>(dtype: D, bytes: Uint8Array): TypedArrays[D] {
  const size = bytesPerElement[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const view = constructors[dtype] as unknown as {
    new (buffer: ArrayBufferLike, offset: number, length: number): TypedArrays[D];
  };
  return new view(aligned.buffer, aligned.byteOffset, bytes.byteLength / size);
}

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error(
    "expected a little-endian processor: npy and safetensors are written from memory",
  );
}
