/**
 * Opens an untrusted archive: checks every name, size and place of an entry before it reads the first.
 * `import_run.ts` and `archive_source.ts` check that they are those of a run.
 *
 * Memory: the list of entries, at most 64 MiB; then pieces of a file, or one whole file where a
 * caller asks for it, within the limit that the caller gives.
 */
import { crc32 as crc32Of, inflateRawSync } from "node:zlib";
import type { Entry, FileEntry } from "@zip.js/zip.js";
import { Failed } from "../engine/failed.ts";
import type { Content } from "../store/content_pieces.ts";
import { count, someOf } from "../terminal/numbers.ts";
import { badArchive, isBomb, loadZip, mostEntries, mostExpansion } from "./archive.ts";
import { nameProblem, namingProblem } from "./entry_name.ts";
import { foldersOfRuns, isLitter } from "./rezipped.ts";

export interface Archive extends Disposable {
  readonly path: string;
  /** Path → size in bytes, as the archive states it. */
  readonly sizes: ReadonlyMap<string, number>;
  /**
   * A whole file, its CRC checked; undefined where there is none of that name. Throws a `Failed` for
   * one that states more than `limit` bytes, or does not have the bytes that it states.
   */
  read(path: string, limit: number): Uint8Array<ArrayBuffer> | undefined;
  /** Pours a file into a stream, piece by piece and never more than its stated size, its CRC checked. */
  pour(path: string, into: WritableStream<Uint8Array>): Promise<void>;
}

/**
 * Packing of an archive: `exported` as `deno task export` does it, or `by-anyone`, which may have a folder around
 * the run, files that operating systems add, and links. They are left out, as are entries of folders in both.
 * What anyone packed is read, and never unpacked: its other files may have any names, in any encoding.
 */
type Packing = "exported" | "by-anyone";

/** Largest list of entries, or anything else that is read at once, in bytes. */
const longestPiece = 64 << 20;

/**
 * Opens an archive. Throws a `Failed` for one that is cut off, has data before, between or after its
 * entries, lists an entry twice, has one that is no plain file or whose name could lead anywhere but into an
 * empty directory (both unless packed `by-anyone`), or states sizes that only a bomb has.
 */
export async function openArchive(
  path: string,
  expansion = mostExpansion,
  packing: Packing = "exported",
): Promise<Archive> {
  const file = Deno.openSync(path);
  const close = () => file.close();
  try {
    const content = { size: file.statSync().size, read: reader(file) };
    const archive = await archiveIn(content, path, expansion, packing);
    return { ...archive, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Reads from an open file, so that all pieces are of one file. */
const reader = (file: Deno.FsFile): Content["read"] => (at, into) => {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < into.length;) {
    const n = file.readSync(into.subarray(done));
    if (n === null) throw new Error("it is cut off");
    done += n;
  }
};

/** The archive in these bytes; `path` is their name in failures. See `openArchive`. */
export async function archiveIn(
  file: Content,
  path: string,
  expansion = mostExpansion,
  packing: Packing = "exported",
): Promise<Archive> {
  const { size } = file;
  const { list, others } = await listEntries(path, file, packing);
  const names = list.map(({ filename }) => filename);
  const clash = packing === "exported" ? namingProblem(names) : repeatedEntry(names);
  if (clash !== undefined) throw badArchive(path, clash);
  const total = list.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (isBomb(total, size, expansion)) {
    throw badArchive(path, `its ${size} bytes claim to hold ${total}, which no run's do`);
  }
  const starts = startsOf(path, file, [...list, ...others]);
  const entries = packing === "exported"
    ? new Map(list.map((entry) => [entry.filename, entry]))
    : unwrapped(path, list);
  return {
    path,
    sizes: new Map([...entries].map(([name, entry]) => [name, entry.uncompressedSize])),
    read(name, limit) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      const { uncompressedSize: size } = entry;
      if (size > limit) {
        throw new Failed({ reason: "too-large", path: `${path}: ${name}`, size, limit });
      }
      return readEntry(path, file, entry, starts.get(entry)!);
    },
    async pour(name, into) {
      const entry = entries.get(name)!;
      try {
        await entry.getData(into, { checkCrc32: true, strictness: "strict" });
      } catch (error) {
        throw error instanceof Failed ? error : badArchive(path, `${name}: ${wording(error)}`);
      }
    },
    [Symbol.dispose]() {},
  };
}

function repeatedEntry(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  const again = names.find((name) => seen.size === seen.add(name).size);
  return again && `it has two entries ${JSON.stringify(again)}`;
}

/** The entries of a run's files by their paths within the run. Other files are left out. */
function unwrapped(path: string, list: readonly FileEntry[]): Map<string, FileEntry> {
  const folders = foldersOfRuns(list.map(({ filename }) => filename));
  if (folders.length > 1) {
    throw badArchive(path, `it holds ${count(folders.length, "run")}: ${someOf(folders, 3)}`);
  }
  const [folder = ""] = folders;
  return new Map(
    list.flatMap((entry) =>
      entry.filename.startsWith(folder) ? [[entry.filename.slice(folder.length), entry]] : []
    ),
  );
}

/** The entries of files, and those that only take up space in the archive. */
async function listEntries(
  path: string,
  file: Content,
  packing: Packing,
): Promise<{ list: FileEntry[]; others: Entry[] }> {
  const { Reader, ZipReader } = await loadZip();
  const { size } = file;
  class FileReader extends Reader<void> {
    override size = size;
    override readUint8Array(at: number, length: number): Promise<Uint8Array> {
      return Promise.resolve(readAt(path, file, at, Math.min(length, size - at)));
    }
  }
  const list: FileEntry[] = [];
  const others: Entry[] = [];
  const reader = new ZipReader(new FileReader(), {
    strictness: "strict",
    filenameValidation: packing === "exported" ? "strict" : "balanced",
  });
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      const hasOwnName = isAsWritten(entry);
      if (packing === "by-anyone") entry.filename = usualName(entry.filename);
      if (packing === "by-anyone" ? isLeftOut(entry) : hasOwnName && isFolder(entry)) {
        others.push(entry);
      } else {
        const misnamed = nameProblem(entry.filename) ??
          (hasOwnName ? undefined : "has another name in the archive's bytes");
        const problem = (packing === "exported" ? misnamed : undefined) ?? entryProblem(entry);
        if (problem !== undefined) {
          throw badArchive(path, `its entry ${JSON.stringify(entry.filename)} ${problem}`);
        }
        list.push(entry as FileEntry);
      }
      if (list.length + others.length > mostEntries) {
        throw badArchive(path, `it has more than ${mostEntries} entries`);
      }
    }
  } catch (error) {
    throw error instanceof Failed ? error : badArchive(path, wording(error));
  }
  return { list, others };
}

/** A name as most programs write it: Windows' own have "\\" between its parts, and some of tar "./" before it. */
const usualName = (name: string): string => name.replaceAll("\\", "/").replace(/^(\.\/)+/, "");

/** Returns the package's error message, with the reason or file name that it knows. */
function wording(error: unknown): string {
  const { message, reason, filename } = error as Error & { reason?: string; filename?: string };
  const about = reason ?? (filename === undefined ? undefined : JSON.stringify(filename));
  return about === undefined ? message : `${message} (${about})`;
}

const fileType = 0o170000;
const plainFile = 0o100000;
/** Attribute bits. DOS: directory, volume label; Windows: reparse point. */
const dosOther = 0x10 | 0x08 | 0x400;

/** Returns why an entry cannot be read, to complete "its entry … "; undefined if it can. */
function entryProblem(entry: Entry): string | undefined {
  if (entry.directory || isOfOtherType(entry)) {
    return "is no plain file but a link, a directory or a device";
  }
  if ((entry.externalFileAttributes & dosOther) !== 0) return "is no plain file";
  if (entry.encrypted) return "is encrypted";
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    return `is packed by method ${entry.compressionMethod}; expected stored or deflated`;
  }
  if (entry.compressedSize > 1.01 * entry.uncompressedSize + 1024) {
    return "is longer packed than not";
  }
  if (entry.compressionMethod === 0 && entry.compressedSize !== entry.uncompressedSize) {
    return "is stored with another size than its own";
  }
}

/** True for an entry that is no plain file, as its Unix type says. */
function isOfOtherType({ externalFileAttributes }: Entry): boolean {
  const type = externalFileAttributes >>> 16 & fileType;
  return type !== 0 && type !== plainFile;
}

/** Unix type of a directory. */
const directoryType = 0o040000;

/** Most bytes that packing no bytes takes. */
const packedNothing = 2;

/** True for the entry of a folder, which holds nothing and whose name leads into the run: other programs add it. */
function isFolder(entry: Entry): boolean {
  const { filename, uncompressedSize, compressedSize, externalFileAttributes, encrypted } = entry;
  const type = externalFileAttributes >>> 16 & fileType;
  return filename.endsWith("/") && (type === 0 || type === directoryType) && !encrypted &&
    uncompressedSize === 0 && compressedSize <= packedNothing &&
    nameProblem(filename.slice(0, -1)) === undefined;
}

/** True for a folder, a link, and what an operating system added: nothing of a run. */
const isLeftOut = (entry: Entry): boolean =>
  entry.directory || entry.filename.endsWith("/") || isOfOtherType(entry) ||
  isLitter(entry.filename);

function isAsWritten({ filename, rawFilename }: Entry): boolean {
  const written = new TextEncoder().encode(filename);
  return written.length === rawFilename.length &&
    written.every((byte, i) => byte === rawFilename[i]);
}

const localHeader = { signature: 0x04034b50, length: 30 };
const directorySignature = 0x02014b50;
/** Bytes of CRC and sizes that may follow an entry's data: with or without signature and zip64. */
const descriptors = [12, 16, 20, 24];
const hasDescriptor = 0b1000;

/**
 * Positions at which the entries' data start. The entries must follow each other without gap or overlap,
 * from the archive's first byte to its list, so that no byte belongs to two of them or to none. zip.js
 * knows no gaps, and it compares a local header with the list only when it reads that entry.
 */
function startsOf(
  path: string,
  file: Content,
  entries: readonly Entry[],
): Map<Entry, number> {
  const inOrder = [...entries].sort((a, b) => a.offset - b.offset);
  const starts = new Map<Entry, number>();
  let free = [0];
  for (const entry of inOrder) {
    const { filename, offset, rawFilename, compressedSize, rawBitFlag } = entry;
    const problem = (what: string) =>
      badArchive(path, `its entry ${JSON.stringify(filename)} ${what}`);
    if (!free.includes(offset)) throw problem("overlaps another or leaves a gap before it");
    const header = viewOf(readAt(path, file, offset, localHeader.length + rawFilename.length));
    if (header.getUint32(0, true) !== localHeader.signature) throw problem("has no header");
    const named = rawFilename.every((byte, i) => header.getUint8(localHeader.length + i) === byte);
    if (header.getUint16(26, true) !== rawFilename.length || !named) {
      throw problem("has another name before its data than in the list");
    }
    const start = offset + localHeader.length + rawFilename.length + header.getUint16(28, true);
    starts.set(entry, start);
    const end = start + compressedSize;
    const described = ((rawBitFlag ?? 0) & hasDescriptor) !== 0;
    free = described ? descriptors.map((length) => end + length) : [end];
  }
  const listed = free.some((at) => {
    try {
      return viewOf(readAt(path, file, at, 4)).getUint32(0, true) === directorySignature;
    } catch {
      return false;
    }
  });
  if (entries.length > 0 && !listed) {
    throw badArchive(path, "data lie between its entries and its list");
  }
  return starts;
}

/** Reads an entry at once: a run's small files are read synchronously, which zip.js does not offer. */
function readEntry(
  path: string,
  file: Content,
  entry: FileEntry,
  start: number,
): Uint8Array<ArrayBuffer> {
  const { filename, compressionMethod, compressedSize, uncompressedSize: size, crc32 } = entry;
  const packed = readAt(path, file, start, compressedSize, compressedSize);
  const problem = (what: string) => badArchive(path, `${filename}: ${what}`);
  let bytes: Uint8Array<ArrayBuffer> = packed;
  if (compressionMethod !== 0) {
    try {
      bytes = new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(1, size) }));
    } catch (error) {
      throw problem(`its data are not what it states: ${(error as Error).message}`);
    }
  }
  if (bytes.length !== size) throw problem(`states ${size} bytes and has ${bytes.length}`);
  if (crc32Of(bytes) !== crc32) throw problem("its bytes do not have the CRC that it states");
  return bytes;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Bytes of a file, all of those asked for; nothing is allocated for more than `limit`. */
function readAt(
  path: string,
  file: Content,
  at: number,
  length: number,
  limit = longestPiece,
): Uint8Array<ArrayBuffer> {
  if (!(at >= 0 && length >= 0 && at + length <= file.size)) {
    throw badArchive(path, "it is cut off");
  }
  if (length > limit) throw badArchive(path, `a part of it has more than ${limit} bytes`);
  const bytes = new Uint8Array(length);
  try {
    file.read(at, bytes);
  } catch (error) {
    throw badArchive(path, (error as Error).message);
  }
  return bytes;
}
