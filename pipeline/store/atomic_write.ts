/**
 * Writes files that are there whole or not at all, even after a power failure. The sequence is restic's:
 * a temporary file in the same file system, synced, its length and digest checked, renamed, and the
 * directory synced.
 */
import { dirname } from "node:path";
import { makeDirectory, partialFile, syncDirectory } from "./synced_directory.ts";
import { needKind, statOf } from "./existence.ts";
import { moveUnlessThere } from "./link.ts";
import { hashFile } from "./sha256.ts";

export { makeDirectory, partialFile, syncDirectory };

/** Writes all bytes: one call of `writeSync` may write fewer. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/**
 * Writes bytes so that `path` either holds all of them or is as it was before. `scratch` is a
 * directory in the same file system. Where a hash is given, the written bytes are read back and checked,
 * and `path` is a name for them alone: a file that another process has put there meanwhile stays.
 * `makeParent` makes missing directories, and `share` gives others their rights to the file. With
 * `mayVanish` a power failure may take the file away as a whole: its directory is not synced.
 */
export function writeWhole(
  path: string,
  bytes: Uint8Array,
  { scratch, mode, sha256, makeParent = makeDirectory, share, mayVanish = false }: {
    scratch: string;
    mode: number;
    sha256?: string;
    makeParent?: (path: string) => void;
    share?: (path: string) => void;
    mayVanish?: boolean;
  },
): void {
  const directory = dirname(path);
  makeParent(directory);
  makeParent(scratch);
  needKind(directory, "directory");
  // Anything else gives way.
  if (statOf(path)?.isDirectory) needKind(path, "file");
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
  share?.(partial.path);
  if (sha256 === undefined) partial.keepAs(path);
  else moveUnlessThere(partial.path, path);
  if (!mayVanish) syncDirectory(directory);
}

/** A new file, read-only and on the disk when the stream is closed. */
export function toFile(path: string): WritableStream<Uint8Array> {
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o444 });
  return new WritableStream({
    write(bytes) {
      try {
        writeAll(file, bytes);
      } catch (error) {
        // A stream whose own write fails is neither closed nor aborted.
        file.close();
        throw error;
      }
    },
    close() {
      using whole = file;
      whole.syncSync();
    },
    abort: () => file.close(),
  });
}
