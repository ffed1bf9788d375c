/**
 * Finds the arrays in a file of anyone's making: names, element types, shapes and where their elements lie.
 * Reads headers alone. Knows more element types, byte orders and versions than stages may write:
 * `.npy` 1.0 to 3.0 in either order, and safetensors.
 */
import { z } from "zod";
import { FormatError } from "./artifact_type.ts";
import { type Content, contentInMemory } from "../store/content_pieces.ts";
import { dataBytes, elements, type Tensor } from "./tensor.ts";

/** Bytes an element. */
export const elementSizes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
} as const;
export type ElementType = keyof typeof elementSizes;

/** An array whose elements are read when they are needed. */
export interface StoredArray {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** The first axis varies fastest (Fortran), not the last one (C). */
  readonly isFortran: boolean;
  readonly isBigEndian: boolean;
  /** Holds the elements from `start` on. */
  readonly content: Content;
  readonly start: number;
}

/** Arrays of a file by their names; one without a name as "". */
export type StoredArrays = Record<string, StoredArray>;

export const arrayInMemory = (tensor: Tensor): StoredArray => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  isFortran: false,
  isBigEndian: false,
  content: contentInMemory(dataBytes(tensor)),
  start: 0,
});

/** Caps headers, in bytes. */
const longestHeader = 16 << 20;

/** Bytes from `at` on, as many as there are of `length`. */
function bytesAt(content: Content, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, content.size - at)));
  content.read(at, bytes);
  return bytes;
}

/** Names of the element types: numpy's, after the byte order, and safetensors'. */
const elementNames: Record<ElementType, { numpy?: string; safetensors: string }> = {
  float64: { numpy: "f8", safetensors: "F64" },
  float32: { numpy: "f4", safetensors: "F32" },
  float16: { numpy: "f2", safetensors: "F16" },
  bfloat16: { safetensors: "BF16" },
  int64: { numpy: "i8", safetensors: "I64" },
  int32: { numpy: "i4", safetensors: "I32" },
  int16: { numpy: "i2", safetensors: "I16" },
  int8: { numpy: "i1", safetensors: "I8" },
  uint64: { numpy: "u8", safetensors: "U64" },
  uint32: { numpy: "u4", safetensors: "U32" },
  uint16: { numpy: "u2", safetensors: "U16" },
  uint8: { numpy: "u1", safetensors: "U8" },
  bool: { numpy: "b1", safetensors: "BOOL" },
};

/** Element types by the names that a format has for them. */
const typesOf = (format: "numpy" | "safetensors"): Record<string, ElementType> =>
  Object.fromEntries(
    Object.entries(elementNames).flatMap(([type, { [format]: name }]) =>
      name === undefined ? [] : [[name, type as ElementType]]
    ),
  );
const ofNumpy = typesOf("numpy");
const ofSafetensors = typesOf("safetensors");

/** The array in a `.npy` file of version 1.0, 2.0 or 3.0. Throws a `FormatError`. */
export function npyArray(content: Content): StoredArray {
  const prefix = bytesAt(content, 0, 12);
  const magic = String.fromCharCode(...prefix.subarray(0, 6));
  const version = prefix[6];
  if (magic !== "\x93NUMPY" || ![1, 2, 3].includes(version) || prefix.length < 10) {
    throw new FormatError("npy: expected the magic string and version 1, 2 or 3 at byte 0");
  }
  const view = new DataView(prefix.buffer);
  const [at, length] = version === 1
    ? [10, view.getUint16(8, true)]
    : [12, prefix.length < 12 ? 0 : view.getUint32(8, true)];
  if (length > longestHeader || at + length > content.size) {
    throw new FormatError(`npy: expected a header within the file, found length ${length}`);
  }
  const encoding = version === 3 ? "utf-8" : "latin1";
  const header = new TextDecoder(encoding).decode(bytesAt(content, at, length));
  const descriptor = /'descr': *'([^']*)'/.exec(header)?.[1];
  const isFortran = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const dimensions = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  if (descriptor === undefined || isFortran === undefined || dimensions === undefined) {
    throw new FormatError(`npy: expected a header, found ${JSON.stringify(header.slice(0, 200))}`);
  }
  const [, order, type] = /^([<>|=])(.+)$/.exec(descriptor) ?? [];
  const dtype = Object.hasOwn(ofNumpy, type ?? "") ? ofNumpy[type] : undefined;
  if (dtype === undefined) {
    const known = Object.keys(ofNumpy).join(", ");
    throw new FormatError(`npy: expected an element type of ${known}, found ${descriptor}`);
  }
  const shape = dimensions.split(",").map((one) => one.trim()).filter((one) => one !== "")
    .map(Number);
  const start = at + length;
  checkLength("npy", shape, dtype, content.size - start);
  return {
    dtype,
    shape,
    isFortran: isFortran === "True",
    isBigEndian: order === ">",
    content,
    start,
  };
}

function checkLength(
  format: string,
  shape: readonly number[],
  dtype: ElementType,
  found: number,
): void {
  const expected = elements(shape) * elementSizes[dtype];
  if (found === expected) return;
  throw new FormatError(
    `${format}: expected ${expected} bytes of data for ${dtype} of shape (${shape.join(", ")}), ` +
      `found ${found}`,
  );
}

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()).max(32),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/** The arrays in a safetensors file, in the order of their data. Throws a `FormatError`. */
export function safetensorsArrays(content: Content): StoredArrays {
  const prefix = bytesAt(content, 0, 8);
  if (prefix.length < 8) {
    throw new FormatError(`safetensors: expected 8 bytes or more, found ${content.size}`);
  }
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > longestHeader || 8 + length > content.size) {
    throw new FormatError(`safetensors: expected a header within the file, found length ${length}`);
  }
  let header: Record<string, unknown>;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytesAt(content, 8, length));
    header = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new FormatError("safetensors: expected a header in JSON", { cause });
  }
  const start = 8 + length;
  const arrays = Object.entries(header).filter(([name]) => name !== "__metadata__")
    .map(([name, value]): [string, StoredArray] => {
      const entry = Entry.safeParse(value);
      if (!entry.success) {
        throw new FormatError(`safetensors: expected dtype, shape and data_offsets of ${name}`);
      }
      const { dtype: type, shape, data_offsets: [begin, end] } = entry.data;
      const dtype = Object.hasOwn(ofSafetensors, type) ? ofSafetensors[type] : undefined;
      if (dtype === undefined) {
        const known = Object.keys(ofSafetensors).join(", ");
        throw new FormatError(`safetensors: expected ${name} of ${known}, found ${type}`);
      }
      if (start + end > content.size) {
        throw new FormatError(
          `safetensors: expected ${name} within the file, found its end at byte ${
            start + end
          } of ` +
            `${content.size}`,
        );
      }
      checkLength(`safetensors, ${name}`, shape, dtype, end - begin);
      const place = { content, start: start + begin };
      return [name, { dtype, shape, isFortran: false, isBigEndian: false, ...place }];
    });
  return Object.fromEntries(arrays.sort(([, a], [, b]) => a.start - b.start));
}

/** Plain little-endian elements without a header. */
export function plainArray(content: Content, dtype: ElementType): StoredArray {
  const size = elementSizes[dtype];
  if (content.size % size !== 0) {
    throw new FormatError(`expected a multiple of ${size} bytes, found ${content.size}`);
  }
  const shape = [content.size / size];
  return { dtype, shape, isFortran: false, isBigEndian: false, content, start: 0 };
}
