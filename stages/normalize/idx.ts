/**
 * Parses IDX, the format of MNIST's files, strictly: a header that does not account for every byte
 * is an error. Only what these files use: unsigned bytes in one dimension (labels) or three
 * (images).
 *
 * Layout, big-endian: 00 00, element type (08 = unsigned byte), number of dimensions, one 32-bit
 * size for each, then the elements with the last dimension varying fastest. Source: the format's
 * description by LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
 */

interface IdxImages {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** count × rows × columns, row-major, 0 to 255; shares the parsed bytes' memory. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** The bytes are not the IDX file that they should be; `offset` is where that shows. */
export class IdxError extends Error {
  override name = "IdxError";

  constructor(readonly offset: number, what: string, expected: string, found: string) {
    super(
      `IDX ${what} at byte ${offset}: expected ${expected}, found ${found}; ` +
        "the file is damaged or another one, fetch it again",
    );
  }
}

const unsignedByte = 0x08;

/**
 * Parses an idx3-ubyte file. Sizes that `expectations` names must be met too.
 *
 * @throws {IdxError} unless the header is right and the file exactly as long as it says.
 */
export function parseIdxImages(
  bytes: Uint8Array<ArrayBuffer>,
  expectations: { count?: number; rows?: number; columns?: number } = {},
): IdxImages {
  const [count, rows, columns] = parseSizes(bytes, ["count", "rows", "columns"], expectations);
  return { count, rows, columns, pixels: bytes.subarray(16) };
}

/**
 * Parses an idx1-ubyte file into its labels, which share the parsed bytes' memory.
 *
 * @throws {IdxError} unless the header is right, the file exactly as long as it says and each label
 * in 0 … classes - 1.
 */
export function parseIdxLabels(
  bytes: Uint8Array<ArrayBuffer>,
  classes = 10,
): Uint8Array<ArrayBuffer> {
  parseSizes(bytes, ["count"]);
  const labels = bytes.subarray(8);
  const bad = labels.findIndex((label) => label >= classes);
  if (bad >= 0) {
    throw new IdxError(8 + bad, `label ${bad}`, `0 to ${classes - 1}`, String(labels[bad]));
  }
  return labels;
}

/** Checks the whole header against the length and gives the size of each dimension, at least 1. */
function parseSizes(
  bytes: Uint8Array<ArrayBuffer>,
  dimensions: readonly string[],
  expectations: Readonly<Record<string, number | undefined>> = {},
): number[] {
  const headerLength = 4 + 4 * dimensions.length;
  if (bytes.length < headerLength) {
    throw new IdxError(bytes.length, "header", `${headerLength} bytes`, `${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0) !== 0) {
    throw new IdxError(0, "magic number", "bytes 00 00", `bytes ${hex(bytes.subarray(0, 2))}`);
  }
  if (bytes[2] !== unsignedByte) {
    throw new IdxError(2, "element type", "08 (unsigned byte)", hex(bytes.subarray(2, 3)));
  }
  if (bytes[3] !== dimensions.length) {
    throw new IdxError(3, "number of dimensions", String(dimensions.length), String(bytes[3]));
  }
  const sizes = dimensions.map((dimension, index) => {
    const offset = 4 + 4 * index;
    const size = view.getUint32(offset);
    const expected = expectations[dimension];
    if (size === 0 || expected !== undefined && size !== expected) {
      throw new IdxError(offset, dimension, String(expected ?? "at least 1"), String(size));
    }
    return size;
  });
  // At most 2^96: rounded, perhaps, but never down to a length that a file can have.
  const length = sizes.reduce((product, size) => product * size, 1);
  if (bytes.length !== headerLength + length) {
    throw new IdxError(
      Math.min(bytes.length, headerLength + length),
      "end of file",
      `${headerLength} + ${sizes.join(" × ")} = ${headerLength + length} bytes`,
      `${bytes.length} bytes`,
    );
  }
  return sizes;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
