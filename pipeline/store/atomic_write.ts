/**
 * Writes files that are there whole or not at all, even after a power failure. The sequence is restic's:
 * a temporary file in the same file system, synced, its length and digest checked, renamed, and the
 * directory synced.
 */
import { dirname, join } from "node:path";
import { hashFile } from "./sha256.ts";

/** Brings names that were made, changed or removed in a directory to the disk. */
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

/** A file in the making: `keepAs` renames it to its path, otherwise the end of its scope removes it. */
interface PartialFile extends Disposable {
  readonly path: string;
  keepAs(target: string): void;
}

/** Names a partial file in a directory of the target's file system. Syncs nothing. */
export function partialFile(directory: string): PartialFile {
  // Not made from the target's name, which may be as long as names can be.
  const path = join(directory, `.partial-${crypto.randomUUID()}`);
  return {
    path,
    keepAs: (target) => Deno.renameSync(path, target),
    [Symbol.dispose]() {
      try {
        Deno.removeSync(path);
      } catch { /* It was kept, or never made. */ }
    },
  };
}

/** Writes all bytes: one call of `writeSync` may write fewer. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/**
 * Writes bytes so that `path` either holds all of them or is as it was before. `scratch` is a
 * directory in the same file system. Where a hash is given, the written bytes are read back and checked.
 */
export function writeWhole(
  path: string,
  bytes: Uint8Array,
  { scratch, mode, sha256 }: { scratch: string; mode: number; sha256?: string },
): void {
  const directory = dirname(path);
  makeDirectory(directory);
  makeDirectory(scratch);
  using partial = partialFile(scratch);
  {
    using file = Deno.openSync(partial.path, { write: true, createNew: true, mode });
    writeAll(file, bytes);
    const { size } = file.statSync();
    if (size !== bytes.length) {
      throw new Error(`expected ${bytes.length} bytes on disk in ${partial.path}, found ${size}`);
    }
    file.syncSync();
  }
  const found = sha256 && hashFile(partial.path);
  if (found !== sha256) {
    throw new Error(`expected bytes with SHA-256 ${sha256} in ${partial.path}, found ${found}`);
  }
  partial.keepAs(path);
  syncDirectory(directory);
}

/** A new file, read-only and on the disk when the stream is closed. */
export function toFile(path: string): WritableStream<Uint8Array> {
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o444 });
  return new WritableStream({
    write: (bytes) => writeAll(file, bytes),
    close() {
      file.syncSync();
      file.close();
    },
    abort: () => file.close(),
  });
}
