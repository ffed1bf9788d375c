/**
 * SHA-256. Short texts (keys, records, small files) are hashed by @noble/hashes; long ones by the
 * runtime's native code, three times as fast or more, but 30 ms to load. A run in which nothing
 * changed hashes only short texts.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Up to this many bytes the pure implementation is used. */
export const shortest = 1 << 16;

const utf8 = new TextEncoder();

const native = (): typeof import("node:crypto") =>
  // @ts-ignore: `process` is there in Deno; importing node:process for its type would load it.
  globalThis.process.getBuiltinModule("node:crypto");

/** In 64 lower-case hexadecimal digits. */
export function sha256Of(data: Uint8Array | string): string {
  const bytes = typeof data === "string" ? utf8.encode(data) : data;
  if (bytes.length <= shortest) return bytesToHex(sha256(bytes));
  return native().createHash("sha256").update(bytes).digest("hex");
}

/** The SHA-256 of a file's content, read in pieces of 1 MiB. */
export function hashFile(path: string): string {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  if (size <= shortest) return sha256Of(Deno.readFileSync(path));
  const hash = native().createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  for (let n = file.readSync(buffer); n !== null; n = file.readSync(buffer)) {
    hash.update(buffer.subarray(0, n));
  }
  return hash.digest("hex");
}
