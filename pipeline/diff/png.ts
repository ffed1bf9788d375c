/**
 * Reads the pixels of PNG files from anyone. Uses only the chunks that pixels need, and only if they hold
 * as many bytes as the header says, because a few kilobytes can inflate to gigabytes.
 */
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import type { DecodedPng } from "fast-png";
import { FormatError } from "../formats/artifact_type.ts";

interface PngForm {
  width: number;
  height: number;
  /** Bits a channel. */
  depth: number;
}

const signature = [137, 80, 78, 71, 13, 10, 26, 10];

/** By colour type (PNG, 11.2.2). */
const channels: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const kept = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

interface Chunk {
  type: string;
  /** With length, type and checksum. */
  whole: Uint8Array;
  data: Uint8Array;
}

function* chunksOf(png: Uint8Array): Generator<Chunk> {
  if (signature.some((byte, i) => png[i] !== byte)) {
    throw new FormatError("png: expected its signature first");
  }
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  for (let at = signature.length; at < png.length;) {
    const end = at + 12 <= png.length ? at + 12 + view.getUint32(at) : Infinity;
    if (end > png.length) {
      throw new FormatError("png: expected whole chunks, found one that is cut off");
    }
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    yield { type, whole: png.subarray(at, end), data: png.subarray(at + 8, end - 4) };
    if (type === "IEND") return;
    at = end;
  }
  throw new FormatError("png: expected a chunk IEND at its end");
}

/** Reads the header, which comes first, and nothing of the pixels. */
export function pngForm(png: Uint8Array): PngForm {
  const first = chunksOf(png).next().value;
  if (first?.type !== "IHDR" || first.data.length !== 13) {
    throw new FormatError("png: expected a header of 13 bytes first");
  }
  const header = new DataView(first.data.buffer, first.data.byteOffset);
  return { width: header.getUint32(0), height: header.getUint32(4), depth: header.getUint8(8) };
}

/**
 * The pixels. Memory stays below about ten times their size by the header, which the caller bounds.
 * Throws a `FormatError` if it is no PNG or does not hold what its header says.
 */
export async function decodePng(png: Uint8Array): Promise<DecodedPng> {
  const { width, height, depth } = pngForm(png);
  const chunks = [...chunksOf(png)].filter(({ type }) => kept.has(type));
  const colours = channels[chunks[0].data[9]];
  if (colours === undefined) {
    throw new FormatError("png: expected a colour type of 0, 2, 3, 4 or 6");
  }
  // A byte for the filter before each row; interlaced there are up to twice as many, shorter rows.
  const most = 2 * height * (1 + Math.ceil(width * colours * depth / 8)) + 64;
  const pixels = Buffer.concat(
    chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data),
  );
  try {
    inflateSync(pixels, { maxOutputLength: most });
    const { decode } = await import("fast-png");
    const plain = Buffer.concat([
      Uint8Array.from(signature),
      ...chunks.map(({ whole }) => whole),
    ]);
    return decode(plain, { checkCrc: true });
  } catch (error) {
    throw new FormatError(`png: expected pixels as its header says: ${(error as Error).message}`);
  }
}
