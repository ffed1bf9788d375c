/**
 * Files that are there whole or not at all, whatever happens, a power failure included. The sequence
 * is restic's: a temporary file in the same file system, synced, its length and digest checked, renamed,
 * and the directory synced. Which bytes belong in a file is for the caller to say.
 */
import { dirname, join } from "node:path";
import { hashFile } from "./sha256.ts";

/** Brings what was made, renamed or removed in a directory to the disk. */
export function syncDirectory(path: string): void {
  // Windows cannot open a directory; its file systems journal names by themselves.
  if (Deno.build.os === "windows") return;
  using directory = Deno.openSync(path);
  directory.syncSync();
}

/** Makes a directory and those above it that are missing, each on the disk when this returns. */
export function makeDirectory(path: string): void {
  try {
    Deno.mkdirSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    makeDirectory(dirname(path));
    return makeDirectory(path);
  }
  syncDirectory(dirname(path));
}

/**
 * Writes bytes so that `path` either holds all of them or is as it was before. `scratch` is a
 * directory in the same file system, for the file while it is being written. Where a hash is given,
 * what was written is read back and held against it.
 */
export function writeWhole(
  path: string,
  bytes: Uint8Array,
  { scratch, mode, sha256 }: { scratch: string; mode: number; sha256?: string },
): void {
  const directory = dirname(path);
  makeDirectory(directory);
  makeDirectory(scratch);
  const partial = join(scratch, crypto.randomUUID());
  try {
    {
      using file = Deno.openSync(partial, { write: true, createNew: true, mode });
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      const { size } = file.statSync();
      if (size !== bytes.length) {
        throw new Error(`expected ${bytes.length} bytes on disk in ${partial}, found ${size}`);
      }
      file.syncSync();
    }
    const found = sha256 && hashFile(partial);
    if (found !== sha256) {
      throw new Error(`expected bytes with SHA-256 ${sha256} in ${partial}, found ${found}`);
    }
    Deno.renameSync(partial, path);
  } catch (error) {
    try {
      Deno.removeSync(partial);
    } catch { /* The first error is the one to tell. */ }
    throw error;
  }
  syncDirectory(directory);
}

/** A new file, read-only and on the disk when the stream is closed. */
export function toFile(path: string): WritableStream<Uint8Array> {
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o444 });
  return new WritableStream({
    write(bytes) {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    },
    close() {
      file.syncSync();
      file.close();
    },
    abort: () => file.close(),
  });
}
