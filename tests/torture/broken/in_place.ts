/** Broken on purpose: files are written where they belong, bit by bit, and never synced. */
import { dirname } from "node:path";

export * from "../../../pipeline/store/atomic_write.ts";

export function writeWhole(path: string, bytes: Uint8Array): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o644 });
  for (let at = 0; at < bytes.length; at += 4096) {
    file.writeSync(bytes.subarray(at, at + 4096));
    pause(3);
  }
}

/** Milliseconds in which a kill finds the file half-written, as it would with a slow disk. */
const pause = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
