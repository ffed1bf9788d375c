/**
 * Reads and writes arrays of bytes as IDX, the format of MNIST's files, strictly: a header that does not
 * account for every byte is an error.
 *
 * Layout, big-endian: 00 00, element type (08 = unsigned byte), number of axes, one 32-bit length for
 * each, then the elements with the last axis varying fastest. Source: the format's description by LeCun,
 * Cortes and Burges, "The MNIST database of handwritten digits".
 */
import type { ArtifactType, Declared } from "./artifact_type.ts";
import { FormatError, toleranceOf } from "./artifact_type.ts";
import type { Content } from "../store/content_pieces.ts";
import type { StoredArray } from "./stored_array.ts";
import { checkDeclared, elements, type Tensor } from "./tensor.ts";

const unsignedByte = 0x08;

/** An axis longer than this has no place in a header, nor have more axes. */
const [longestAxis, mostAxes] = [2 ** 32 - 1, 255];

const headLength = (axes: number): number => 4 + 4 * axes;

/** The file's bytes. Throws a `FormatError` for a shape that IDX cannot have. */
export function encodeIdx({ shape, data }: Tensor<"uint8">): Uint8Array<ArrayBuffer> {
  const isFit = shape.length >= 1 && shape.length <= mostAxes &&
    shape.every((length) => length >= 1 && length <= longestAxis);
  if (!isFit) {
    throw new FormatError(`idx: expected axes of a length of at least 1, found shape (${shape})`);
  }
  const start = headLength(shape.length);
  const bytes = new Uint8Array(start + data.length);
  bytes.set([0, 0, unsignedByte, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((length, axis) => view.setUint32(headLength(axis), length));
  bytes.set(data, start);
  return bytes;
}

/**
 * The shape of a file's array, and where its elements start.
 *
 * @param head the file's first bytes, at least the header or all
 * @param size of the file, in bytes
 * @param about what the file is, before what was expected
 * @throws FormatError unless the header is right and the file exactly as long as it says
 */
function readHead(
  head: Uint8Array,
  size: number,
  about = "idx",
): { shape: number[]; start: number } {
  const flaw = (what: string, at: number, expected: string, found: string) =>
    new FormatError(
      `${about}: ${what} at byte ${at}: expected ${expected}, found ${found}; ` +
        "the file is damaged or another one",
    );
  if (size < headLength(1)) {
    throw flaw("header", size, `at least ${headLength(1)} bytes`, `${size} bytes`);
  }
  if (head[0] !== 0 || head[1] !== 0) {
    throw flaw("magic number", 0, "bytes 00 00", `bytes ${hex(head.subarray(0, 2))}`);
  }
  if (head[2] !== unsignedByte) {
    throw flaw("element type", 2, "08 (unsigned byte)", hex(head.subarray(2, 3)));
  }
  const start = headLength(head[3]);
  if (head[3] === 0) throw flaw("number of axes", 3, "at least 1", "0");
  if (size < start) throw flaw("header", size, `${start} bytes`, `${size} bytes`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const shape = Array.from({ length: head[3] }, (_, axis) => {
    const length = view.getUint32(headLength(axis));
    if (length === 0) throw flaw(`length of axis ${axis}`, headLength(axis), "at least 1", "0");
    return length;
  });
  // A product that is rounded is never rounded down to a length that a file can have.
  const length = elements(shape);
  if (size !== start + length) {
    throw flaw(
      "end of file",
      Math.min(size, start + length),
      `${start} + ${shape.join(" × ")} = ${start + length} bytes`,
      `${size} bytes`,
    );
  }
  return { shape, start };
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** Reads one array, which shares the bytes' memory. Throws a `FormatError`, with `about` before it. */
export function decodeIdx(bytes: Uint8Array, about?: string): Tensor<"uint8"> {
  const { shape, start } = readHead(bytes, bytes.length, about);
  return { dtype: "uint8", shape, data: bytes.subarray(start) };
}

/** Finds the array in a file, by its header alone. Throws a `FormatError`. */
export function idxArray(content: Content): StoredArray {
  const head = new Uint8Array(Math.min(headLength(mostAxes), content.size));
  content.read(0, head);
  const place = readHead(head, content.size);
  return { dtype: "uint8", isFortran: false, isBigEndian: false, content, ...place };
}

/** Options of an artifact of bytes. */
export interface DeclaredIdx extends Declared {
  /** Each element is less than this: the number of classes, of labels. By default any byte is fit. */
  below?: number;
}

/**
 * An artifact held as one array of bytes in IDX. `shape` fixes the number of axes and, where it gives a
 * number in place of null, their lengths.
 *
 * @example
 * ```ts
 * import { idx } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = idx("labels", [null], { below: 10 });
 * const stored = labels.encode({ dtype: "uint8", shape: [3], data: Uint8Array.of(5, 0, 4) });
 * assertEquals(stored, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4));
 * assertEquals(labels.decode(stored).data, Uint8Array.of(5, 0, 4));
 * ```
 */
export function idx<const Kind extends string>(
  kind: Kind,
  shape: readonly (number | null)[],
  declared: DeclaredIdx = {},
): ArtifactType<Kind, Tensor<"uint8">> {
  const { below = 256 } = declared;
  const check = (tensor: Tensor<"uint8">): Tensor<"uint8"> => {
    checkDeclared(kind, tensor, "uint8", shape);
    const bad = below > 255 ? -1 : tensor.data.findIndex((element) => element >= below);
    if (bad < 0) return tensor;
    throw new FormatError(
      `${kind}: expected elements from 0 to ${below - 1}, found ${tensor.data[bad]} as ` +
        `element ${bad}, counted from 0`,
    );
  };
  return {
    kind,
    mediaType: "application/x-idx",
    extension: ".idx",
    tolerance: toleranceOf(declared),
    encode: (tensor) => encodeIdx(check(tensor)),
    decode: (bytes) => check(decodeIdx(bytes, kind)),
  };
}
