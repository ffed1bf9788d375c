/** Inflates a gzip file of known length in bounded memory. The caller checks the hash. */

import { SourceError } from "./source.ts";

/**
 * Deno inflates everything that one written piece holds before it hands anything on, and deflate
 * expands at most 1032-fold: 4 KiB at a time keep what is inflated too much under 4.2 MB.
 */
const pieceLength = 4096;

/**
 * Inflates `compressed`, which should hold `byteLength` bytes. Fewer bytes are no error here.
 *
 * @throws {SourceError} `unusable`: not gzip, cut short, damaged, or longer than `byteLength`; in
 * that last case inflating stops early, so that a small file cannot fill the memory.
 */
export async function gunzip(
  compressed: Uint8Array<ArrayBuffer>,
  byteLength: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (compressed[0] !== 0x1f || compressed[1] !== 0x8b) {
    const found = compressed.length === 0
      ? "an empty file"
      : `bytes ${Array.from(compressed.subarray(0, 2), (b) => b.toString(16)).join(" ")}`;
    throw new SourceError(
      "unusable",
      `not a gzip file: expected bytes 1f 8b first, found ${found}`,
    );
  }
  const inflated = new Uint8Array(byteLength);
  let length = 0;
  let tooLong = false;
  let ended = false;
  const { readable, writable } = new DecompressionStream("gzip");

  async function write() {
    const writer = writable.getWriter();
    for (let at = 0; at < compressed.length; at += pieceLength) {
      await writer.write(compressed.subarray(at, at + pieceLength));
    }
    ended = true;
    await writer.close();
  }
  async function read() {
    for await (const chunk of readable) {
      tooLong = chunk.length > byteLength - length;
      if (tooLong) break;
      inflated.set(chunk, length);
      length += chunk.length;
    }
  }

  const [written] = await Promise.allSettled([write(), read()]);
  if (tooLong) {
    throw new SourceError(
      "unusable",
      `the gzip file inflates to more than the expected ${byteLength} bytes`,
    );
  }
  if (written.status === "rejected") {
    const what = !ended
      ? "damaged"
      : length < byteLength
      ? "truncated"
      : "truncated or damaged at its end";
    throw new SourceError(
      "unusable",
      `the gzip file is ${what}: expected ${byteLength} inflated bytes and a valid checksum, ` +
        `found ${length} bytes`,
      { cause: written.reason },
    );
  }
  return inflated.subarray(0, length);
}
