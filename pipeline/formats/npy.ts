/**
 * Reads and writes arrays as numpy's `.npy`, version 1.0 of its format
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Only C order and little-endian
 * element types.
 */
import type { ArtifactType, Declared } from "./artifact_type.ts";
import { FormatError, toleranceOf } from "./artifact_type.ts";
import type { DType, Tensor } from "./tensor.ts";
import { bytesPerElement, checkDeclared, dataBytes, elements, elementsFrom } from "./tensor.ts";

const descriptors: { [D in DType]: string } = {
  float64: "<f8",
  float32: "<f4",
  int32: "<i4",
  uint32: "<u4",
  uint8: "|u1",
};

const magic = "\x93NUMPY\x01\x00";

/** The file's bytes. The header is padded so that the data start at a multiple of 64. */
export function encodeNpy(tensor: Tensor): Uint8Array {
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const header = `{'descr': '${
    descriptors[tensor.dtype]
  }', 'fortran_order': False, 'shape': (${shape}), }`;
  const start = Math.ceil((magic.length + 2 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + tensor.data.byteLength);
  bytes.fill(0x20, 0, start);
  for (let i = 0; i < magic.length; i++) bytes[i] = magic.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(magic.length, start - magic.length - 2, true);
  for (let i = 0; i < header.length; i++) bytes[magic.length + 2 + i] = header.charCodeAt(i);
  bytes[start - 1] = 0x0a;
  bytes.set(dataBytes(tensor), start);
  return bytes;
}

const headerForm =
  /^\{'descr': '([<|][a-z]\d)', 'fortran_order': (True|False), 'shape': \(((?:\d{1,15}(?:, ?\d{1,15})*,?)?)\), \} *\n$/;

/** The element type that an array's header states; throws a `FormatError` where it states none. */
function dtypeOfNpy(bytes: Uint8Array): DType {
  const start = String.fromCharCode(...bytes.subarray(0, 128));
  const descriptor = /'descr': '([^']*)'/.exec(start)?.[1];
  const known = Object.entries(descriptors).find(([, name]) => name === descriptor);
  if (known !== undefined) return known[0] as DType;
  throw new FormatError(
    `npy: expected an element type of ${Object.values(descriptors)}, found ${descriptor}`,
  );
}

/**
 * Reads one array; throws a `FormatError` on anything that is not wholly as expected. Takes a header of
 * at most 64 KiB and, where the data do not lie at a multiple of their elements' size, a copy of them.
 */
export function decodeNpy<D extends DType>(bytes: Uint8Array, dtype: D): Tensor<D> {
  const prefix = String.fromCharCode(...bytes.subarray(0, magic.length));
  if (prefix !== magic || bytes.length < magic.length + 2) {
    throw new FormatError("npy: expected the magic string and version 1.0 at byte 0");
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(magic.length, true);
  const start = magic.length + 2 + length;
  const header = new TextDecoder("latin1").decode(bytes.subarray(magic.length + 2, start));
  const match = headerForm.exec(header);
  if (match === null) {
    throw new FormatError(`npy: expected a header, found ${JSON.stringify(header.slice(0, 200))}`);
  }
  const [, descriptor, fortran, dimensions] = match;
  if (descriptor !== descriptors[dtype]) {
    throw new FormatError(`npy: expected elements ${descriptors[dtype]}, found ${descriptor}`);
  }
  if (fortran === "True") throw new FormatError("npy: expected C order, found Fortran order");
  const shape = dimensions.split(",").map((d) => d.trim()).filter((d) => d !== "").map(Number);
  const expected = elements(shape) * bytesPerElement[dtype];
  if (bytes.length - start !== expected) {
    throw new FormatError(
      `npy: expected ${expected} bytes of data for shape (${shape}), found ${bytes.length - start}`,
    );
  }
  return { dtype, shape, data: elementsFrom(dtype, bytes.subarray(start)) };
}

/** Reads one array of whichever element type its header names. */
export const decodeAnyNpy = (bytes: Uint8Array): Tensor => decodeNpy(bytes, dtypeOfNpy(bytes));

/**
 * An artifact held as one array. `shape` fixes the number of dimensions and, where it gives a number
 * in place of null, their lengths.
 *
 * @example
 * ```ts
 * import { npy } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const points = npy("points", "float64", [null, 2]);
 * const data = new Float64Array([0, 1, 2, 3]);
 * const stored = points.encode({ dtype: "float64", shape: [2, 2], data });
 * assertEquals(points.decode(stored).data, data);
 * ```
 */
export function npy<const Kind extends string, D extends DType>(
  kind: Kind,
  dtype: D,
  shape: readonly (number | null)[],
  declared: Declared = {},
): ArtifactType<Kind, Tensor<D>> {
  const check = (tensor: Tensor<D>): Tensor<D> => {
    checkDeclared(kind, tensor, dtype, shape);
    return tensor;
  };
  return {
    kind,
    mediaType: "application/x-npy",
    extension: ".npy",
    tolerance: toleranceOf(declared),
    encode: (tensor) => encodeNpy(check(tensor)),
    decode: (bytes) => check(decodeNpy(bytes, dtype)),
  };
}
