/**
 * Inflates a gzip file of known length in bounded memory, as RFC 1952 has it: one member or several, and
 * zeros after the last, with which tapes are filled up. The caller checks the hash.
 */

import { crc32, inflateRawSync } from "node:zlib";
import { SourceError } from "./source.ts";

/** Flags of a member's header. */
const hasHeaderChecksum = 2, hasExtra = 4, hasName = 8, hasComment = 16, reserved = 224;
/** Bytes of a header without what its flags add, and of a trailer: CRC-32 and length. */
const headerLength = 10, trailerLength = 8;

const unusable = (message: string, cause?: unknown) =>
  new SourceError("unusable", message, { cause });

/**
 * Inflates `compressed`, which should hold `byteLength` bytes. Fewer bytes are no error here.
 *
 * @throws {SourceError} `unusable`: not gzip, cut short, damaged, followed by other bytes, or longer
 * than `byteLength`; in that last case inflating stops early, so that a small file cannot fill the
 * memory.
 */
export function gunzip(
  compressed: Uint8Array<ArrayBuffer>,
  byteLength: number,
): Uint8Array<ArrayBuffer> {
  if (!isMember(compressed, 0)) {
    const found = compressed.length === 0
      ? "an empty file"
      : `bytes ${Array.from(compressed.subarray(0, 2), (b) => b.toString(16)).join(" ")}`;
    throw unusable(`not a gzip file: expected bytes 1f 8b first, found ${found}`);
  }
  const inflated = new Uint8Array(byteLength);
  let length = 0;
  let at = 0;
  while (isMember(compressed, at)) {
    const member = inflateMember(compressed, at, { before: length, byteLength });
    inflated.set(member.bytes, length);
    length += member.bytes.length;
    at = member.end;
  }
  const rest = compressed.subarray(at);
  const other = rest.findIndex((byte) => byte !== 0);
  if (other < 0) return inflated.subarray(0, length);
  const found = rest[other].toString(16).padStart(2, "0");
  throw unusable(
    `the gzip file goes on after its end at byte ${at}: expected nothing, zeros or another ` +
      `member (1f 8b), found ${found} at byte ${at + other}`,
  );
}

const isMember = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x1f && bytes[at + 1] === 0x8b;

/** Inflates the member at a place, and gives where it ends. */
function inflateMember(
  compressed: Uint8Array<ArrayBuffer>,
  at: number,
  { before, byteLength }: { before: number; byteLength: number },
): { bytes: Uint8Array; end: number } {
  const damaged = (what: string, length: number, cause?: unknown) =>
    unusable(
      `the gzip file is ${what}: expected ${byteLength} inflated bytes and a valid checksum, ` +
        `found ${before + length} bytes`,
      cause,
    );
  const body = compressed.subarray(endOfHeader(compressed, at, () => damaged("damaged", 0)));
  let bytes: Uint8Array, consumed: number;
  try {
    const inflate = { maxOutputLength: Math.max(1, byteLength - before), info: true };
    const result = inflateRawSync(body, inflate) as unknown as Inflated;
    bytes = result.buffer;
    consumed = result.engine.bytesWritten;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw unusable(`the gzip file inflates to more than the expected ${byteLength} bytes`, error);
    }
    throw damaged(code === "Z_BUF_ERROR" ? "truncated" : "damaged", 0, error);
  }
  if (bytes.length > byteLength - before) {
    throw unusable(`the gzip file inflates to more than the expected ${byteLength} bytes`);
  }
  const trailer = body.subarray(consumed, consumed + trailerLength);
  if (trailer.length < trailerLength) throw damaged("truncated", bytes.length);
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailerLength);
  const isWhole = view.getUint32(0, true) === crc32(bytes) &&
    view.getUint32(4, true) === bytes.length % 2 ** 32;
  if (!isWhole) throw damaged("damaged", bytes.length);
  return { bytes, end: body.byteOffset - compressed.byteOffset + consumed + trailerLength };
}

/** Bytes that came out, and how many went in. */
interface Inflated {
  buffer: Uint8Array;
  engine: { bytesWritten: number };
}

/** The place after a member's header. Throws `damaged` for one that RFC 1952 does not define. */
function endOfHeader(bytes: Uint8Array, at: number, damaged: () => SourceError): number {
  const [, , method, flags] = bytes.subarray(at, at + headerLength);
  if (method !== 8 || (flags & reserved) !== 0) throw damaged();
  let end = at + headerLength;
  if (flags & hasExtra) end += 2 + bytes[end] + 256 * bytes[end + 1];
  for (const flag of [hasName, hasComment]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) throw damaged();
    end = zero + 1;
  }
  if (flags & hasHeaderChecksum) end += 2;
  if (!(end <= bytes.length)) throw damaged();
  return end;
}
