/**
 * Computes SHA-256 by the runtime's native code. It takes 30 ms to load and is loaded with the first bytes,
 * because a run in which nothing changed hashes none.
 */

const native = (): typeof import("node:crypto") =>
  // @ts-ignore: `process` is there in Deno; importing node:process for its type would load it.
  globalThis.process.getBuiltinModule("node:crypto");

/** The hash in 64 lower-case hexadecimal digits; text is hashed as UTF-8. */
export const sha256Of = (data: Uint8Array | string): string =>
  native().createHash("sha256").update(data).digest("hex");

/** A hash of what comes piece by piece. */
export const startHash = (): ReturnType<ReturnType<typeof native>["createHash"]> =>
  native().createHash("sha256");

/** Pieces of files, of 1 MiB. One for all files: most are small, and making it takes longer than they do. */
let buffer: Uint8Array<ArrayBuffer> | undefined;

/** The SHA-256 of a plain file's content, read in pieces. Opening a pipe would wait for whoever writes to it. */
export function hashFile(path: string): string {
  if (!Deno.statSync(path).isFile) throw new Error(`${path} is no plain file`);
  using file = Deno.openSync(path);
  const hash = startHash();
  buffer ??= new Uint8Array(1 << 20);
  for (let n = file.readSync(buffer); n !== null; n = file.readSync(buffer)) {
    hash.update(buffer.subarray(0, n));
  }
  return hash.digest("hex");
}

/**
 * A stream that passes bytes on as they come and, at their end, calls `check` with their SHA-256 and
 * length. The last piece is held back until then: if `check` throws, the stream fails, and whoever
 * reads it has never had all of the bytes.
 */
export function hashing(
  check: (sha256: string, length: number) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const hash = startHash();
  let length = 0;
  let last: Uint8Array<ArrayBuffer> | undefined;
  return new TransformStream({
    transform(bytes, controller) {
      hash.update(bytes);
      length += bytes.length;
      if (last !== undefined) controller.enqueue(last);
      last = bytes;
    },
    flush(controller) {
      check(hash.digest("hex"), length);
      if (last !== undefined) controller.enqueue(last);
    },
  });
}
