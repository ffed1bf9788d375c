/**
 * Writes the archive of an exported run: the same files give the same bytes on every machine, at any
 * time. Which files, and what they say, is left to `contents.ts` and the descriptions beside it.
 */
import { dirname } from "node:path";
import { onEndingSignal } from "../terminal/interruption.ts";
import { partialFile, writeAll } from "../store/atomic_write.ts";
import { explaining } from "../terminal/result_file.ts";
import { isBomb, loadZip, mostExpansion } from "./archive.ts";

export interface ArchiveFile {
  path: string;
  /** In bytes. */
  size: number;
  /** True for a program, which is unpacked as one. */
  executable?: boolean;
  /** Its content; the stream may be of any chunks, and fails if the content is not what it should be. */
  open(): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** A file of bytes in memory. */
export const inMemory = (path: string, bytes: Uint8Array<ArrayBuffer>): ArchiveFile => ({
  path,
  size: bytes.length,
  open: () => new Blob([bytes]).stream(),
});

/** The fastest: on arrays of floats the default saves 7 % more and takes twice as long. */
const deflated = 1;
const stored = 0;

/** Files of these kinds are compressed already: deflating them again takes time and saves nothing. */
const isCompressed = (path: string): boolean => /\.(?:gz|png|zip)$/.test(path);

/** 1 January 1980, 00:00, as zip has it: the bytes must not tell when an archive was made. */
const dosTime = 0x0021_0000;

/**
 * Writes an archive of these files, in this order, in pieces: memory does not grow with their sizes.
 * `path` holds the whole archive afterwards, or what it did before if this throws. `onProgress` hears
 * how many bytes of files are in.
 */
export async function writeArchive(
  path: string,
  files: readonly ArchiveFile[],
  { onProgress = () => {}, expansion = mostExpansion }: {
    onProgress?: (done: number) => void;
    expansion?: typeof mostExpansion;
  } = {},
): Promise<void> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const directory = dirname(path);
  explaining(path, () => Deno.mkdirSync(directory, { recursive: true }));
  using partial = partialFile(directory);
  using _interrupted = onEndingSignal((code) => {
    partial[Symbol.dispose]();
    Deno.exit(code);
  });
  const writing = <T>(write: () => T): T => explaining(path, write);
  await pack(partial.path, files, deflated, writing, onProgress);
  // Constant arrays deflate so well that nobody would open the archive: then as they are.
  if (isBomb(total, Deno.statSync(partial.path).size, expansion)) {
    await pack(partial.path, files, stored, writing, onProgress);
  }
  writing(() => partial.keepAs(path));
}

async function pack(
  path: string,
  files: readonly ArchiveFile[],
  level: number,
  writing: <T>(write: () => T) => T,
  onProgress: (done: number) => void,
): Promise<void> {
  const { ZipWriter } = await loadZip();
  using file = writing(() => Deno.openSync(path, { write: true, create: true, truncate: true }));
  const written = new WritableStream<Uint8Array>({
    write: (bytes) => writing(() => writeAll(file, bytes)),
  });
  const writer = new ZipWriter(written, {
    level,
    rawLastModDate: dosTime,
    extendedTimestamp: false,
    useUnicodeFileNames: true,
  });
  let done = 0;
  for (const { path, size, executable, open } of files) {
    const mode = executable ? { unixMode: 0o100755, msDosCompatible: false } : {};
    const how = isCompressed(path) ? { level: stored } : {};
    await writer.add(path, await open(), { uncompressedSize: size, ...how, ...mode });
    done += size;
    onProgress(done);
  }
  await writer.close();
  writing(() => file.syncSync());
}
