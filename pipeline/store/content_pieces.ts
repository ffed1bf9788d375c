/** Reads bytes piece by piece, so that a file of any size takes little memory. */
import { startHash } from "./sha256.ts";

/** Bytes in a file or in memory. */
export interface Content {
  /** In bytes. */
  readonly size: number;
  /** Fills `into` with the bytes from `at` on. Throws where there are fewer. */
  read(at: number, into: Uint8Array): void;
}

/** The content of a plain file. Opens it for each piece, so that nothing has to be closed. */
export function contentOfFile(path: string): Content {
  const { size } = Deno.statSync(path);
  return {
    size,
    read(at, into) {
      using file = Deno.openSync(path);
      file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < into.length;) {
        const n = file.readSync(into.subarray(done));
        if (n === null) throw new Error(`${path}: expected ${size} bytes, found ${at + done}`);
        done += n;
      }
    },
  };
}

export const contentInMemory = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  read(at, into) {
    const part = bytes.subarray(at, at + into.length);
    if (part.length < into.length) {
      throw new Error(`expected ${at + into.length} bytes, found ${bytes.length}`);
    }
    into.set(part);
  },
});

/** Bytes that are read at a time. */
export const pieceLength = 1 << 20;

/** Buffers of `pieceLength` that nobody reads from; new ones for each content would pile up. */
const spare: Uint8Array[] = [];

/** The pieces of a content, one after the other; each is overwritten by the next. */
export function* piecesOf(content: Content): Generator<Uint8Array> {
  const buffer = spare.pop() ?? new Uint8Array(pieceLength);
  try {
    for (let at = 0; at < content.size; at += pieceLength) {
      const piece = buffer.subarray(0, Math.min(pieceLength, content.size - at));
      content.read(at, piece);
      yield piece;
    }
  } finally {
    spare.push(buffer);
  }
}

/** The SHA-256 of a content. */
export function hashContent(content: Content): string {
  const hash = startHash();
  for (const piece of piecesOf(content)) hash.update(piece);
  return hash.digest("hex");
}

/** All bytes of a content. The caller bounds its size. */
export function wholeOf(content: Content): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.size);
  content.read(0, bytes);
  return bytes;
}

/** True if two sequences of bytes are identical. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const words = a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0 ? Math.floor(a.length / 4) : 0;
  const wide = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, words);
  const [x, y] = [wide(a), wide(b)];
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  for (let i = words * 4; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
