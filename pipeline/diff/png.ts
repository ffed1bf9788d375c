/**
 * Reads the pixels of PNG files from anyone. Uses only the chunks that pixels need, and only if they hold
 * as many bytes as the header says, because a few kilobytes can inflate to gigabytes.
 */
import { Buffer } from "node:buffer";
import { crc32, inflateSync } from "node:zlib";
import type { DecodedPng } from "fast-png";
import { FormatError } from "../formats/artifact_type.ts";

export interface PngForm {
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
 * Pixels in rows from the top. A sample of more than 8 bits is an element of `Uint16Array`. `transparency` has
 * the samples of the one colour that is transparent.
 */
export type Pixels = Pick<
  DecodedPng,
  "width" | "height" | "data" | "channels" | "depth" | "palette" | "transparency"
>;

/**
 * The pixels. Memory stays below about ten times their size by the header, which the caller bounds, and
 * below twice their size where they are not interlaced.
 * Throws a `FormatError` if it is no PNG or does not hold what its header says.
 */
export async function decodePng(png: Uint8Array): Promise<Pixels> {
  const { width, height, depth } = pngForm(png);
  const chunks = [...chunksOf(png)].filter(({ type }) => kept.has(type));
  const [, , , , , , , , , colour, compression, filtering, interlacing] = chunks[0].data;
  if (channels[colour] === undefined) {
    throw new FormatError("png: expected a colour type of 0, 2, 3, 4 or 6");
  }
  const stride = Math.ceil(width * channels[colour] * depth / 8);
  const isPlain = depth >= 8 && compression === 0 && filtering === 0 && interlacing === 0;
  // A byte for the filter before each row; interlaced there are up to twice as many, shorter rows.
  const most = (isPlain ? 1 : 2) * height * (1 + stride) + 64;
  const pixels = Buffer.concat(
    chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data),
  );
  try {
    const raw = inflateSync(pixels, { maxOutputLength: most, chunkSize: most });
    if (isPlain) {
      for (const { whole } of chunks) checkSum(whole);
      const bytes = unfiltered(raw, height, stride, channels[colour] * depth / 8);
      return {
        width,
        height,
        data: depth === 8 ? bytes : wide(bytes),
        channels: channels[colour] as Pixels["channels"],
        depth: depth as Pixels["depth"],
        ...(colour === 3
          ? { palette: paletteOf(chunks) }
          : { transparency: transparencyOf(chunks, channels[colour]) }),
      };
    }
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

/** Throws unless a chunk ends with the CRC-32 of its type and data. */
function checkSum(chunk: Uint8Array): void {
  const stated = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    .getUint32(chunk.length - 4);
  const found = crc32(chunk.subarray(4, -4));
  if (found !== stated) throw new Error(`the checksum of a chunk is ${stated}, found ${found}`);
}

/** Undoes the filter of each row in place (PNG, 9.2). `step` is the bytes of a pixel. */
function unfiltered(bytes: Uint8Array, height: number, stride: number, step: number): Uint8Array {
  if (bytes.length < height * (stride + 1)) throw new Error(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let row = 0; row < height; row++) {
    const filter = bytes[row * (stride + 1)];
    const [from, to] = [row * (stride + 1) + 1, row * stride];
    if (filter > 4) throw new Error(`row ${row} has the filter ${filter}`);
    if (filter === 1 && step === 4) {
      addLeft(view, from, to, stride);
      continue;
    }
    for (let i = 0; i < stride; i++) {
      const left = i < step ? 0 : bytes[to + i - step];
      const above = row === 0 ? 0 : bytes[to + i - stride];
      const corner = row === 0 || i < step ? 0 : bytes[to + i - stride - step];
      bytes[to + i] = bytes[from + i] + predicted(filter, left, above, corner);
    }
  }
  return bytes.subarray(0, height * stride);
}

/**
 * Undoes filter 1 in a row of pixels of 4 bytes, which charts have: adds the pixel to the left. The bytes
 * of a pixel are added at once; their upper bits apart, so that none is carried into the next byte.
 */
function addLeft(view: DataView, from: number, to: number, stride: number): void {
  let left = 0;
  for (let i = 0; i < stride; i += 4) {
    const pixel = view.getUint32(from + i);
    left = ((left & 0x7f7f7f7f) + (pixel & 0x7f7f7f7f)) ^ ((left ^ pixel) & 0x80808080);
    view.setUint32(to + i, left);
  }
}

/** The value that a filter subtracted. */
function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const [byLeft, byAbove, byCorner] = [
    Math.abs(above - corner),
    Math.abs(left - corner),
    Math.abs(left + above - 2 * corner),
  ];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

function wide(bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i));
}

/** The samples of the transparent colour; undefined if there is none. Only colours without alpha have one. */
function transparencyOf(chunks: readonly Chunk[], channels: number): Uint16Array | undefined {
  const data = chunks.find(({ type }) => type === "tRNS")?.data;
  const hasAlpha = channels % 2 === 0;
  return hasAlpha || data?.length !== 2 * channels ? undefined : wide(data);
}

/** Colours with their alpha, if they have any. */
function paletteOf(chunks: readonly Chunk[]): number[][] {
  const colours = chunks.find(({ type }) => type === "PLTE")?.data;
  if (colours === undefined) throw new Error("there is no palette");
  const alpha = chunks.find(({ type }) => type === "tRNS")?.data ?? [];
  return Array.from(
    { length: Math.floor(colours.length / 3) },
    (_, i) => [...colours.subarray(3 * i, 3 * i + 3), ...(i < alpha.length ? [alpha[i]] : [])],
  );
}
