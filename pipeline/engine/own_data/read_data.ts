/**
 * Reads own data: hashes it through the stat table, for the keys of the jobs that take it, and stores it
 * like any output. Data that change between hashing and storing are refused.
 */
import { join, posix } from "node:path";
import type { Action, StoredOutput } from "../../../schemas/run/action.ts";
import type { Job } from "../dag.ts";
import { Failed } from "../failed.ts";
import { filesHead } from "../../formats/files.ts";
import { isTensorName } from "../../formats/safetensors.ts";
import { type KeyLine, recordText } from "../key.ts";
import { contentOutput, type OwnData } from "./own_data.ts";
import { hashFile, hashing, sha256Of, startHash } from "../../store/sha256.ts";
import { digestOf, forget, noteWritten, type StatTable } from "../../store/stat_cache.ts";
import {
  blobPath,
  hasBlob,
  placeBlob,
  putRecord,
  scratchRoot,
  type Store,
  writeAction,
} from "../../store/store.ts";
import { noteChecked } from "../../store/stored_result.ts";
import { nearest } from "../../terminal/nearest.ts";
import { namesBeside } from "../../terminal/needed_path.ts";
import { partialFile, toFile } from "../../store/atomic_write.ts";
import { makeDirectoryIn } from "../../store/group_rights.ts";

/** Own data as they were when they were hashed. */
export interface Snapshot {
  kind: OwnData["kind"];
  /** SHA-256 of a file's bytes, or of a directory's list of paths and hashes. */
  sha256: string;
  /** The bytes of a file, which are known before they are in the store. */
  content?: StoredOutput;
  /** Sorted by `name`. */
  files: readonly DataFile[];
}

interface DataFile {
  /** Path within the directory; of data that are a file, "". */
  name: string;
  /** Its present path. */
  path: string;
  sha256: string;
  /** In bytes. */
  size: number;
}

/** A directory that Python writes beside modules that it imports, and whose absence changes no result. */
const pythonCache = "__pycache__";

/** Bytes that are read at a time. */
const pieceSize = 1 << 20;

/** Hashes the own data among the jobs. Throws the failure of what is missing or cannot be read. */
export function takeSnapshots(
  jobs: readonly Job[],
  root: string,
  table: StatTable,
): Map<string, Snapshot> {
  return new Map(
    jobs.flatMap(({ name, data }) =>
      data === undefined ? [] : [[name, snapshot(data, root, table)]]
    ),
  );
}

function snapshot(data: OwnData, root: string, table: StatTable): Snapshot {
  const path = join(root, data.path);
  const unusable = (problem: string, at = data.path, near?: string) =>
    new Failed({ reason: "data-unusable", kind: data.kind, path: at, problem, near });
  const attempt = <T>(at: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof Failed) throw error;
      if (error instanceof Deno.errors.NotFound) {
        // Deno gives a name with U+FFFD in place of bytes that are no UTF-8, and finds no file by it.
        const isUtf8 = !at.includes("\ufffd");
        if (!isUtf8) throw unusable("its name is no UTF-8; rename it", at);
        const near = nearest(posix.basename(at), namesBeside(join(root, at)));
        throw unusable("it does not exist", at, near && posix.join(posix.dirname(at), near));
      }
      throw unusable((error as Error).message, at);
    }
  };
  const hashed = (name: string, path: string, at: string): DataFile =>
    attempt(at, () => {
      const { size } = Deno.statSync(path);
      const sha256 = digestOf(table, path);
      if (sha256 === undefined) throw unusable("it does not exist any more", at);
      return { name, path, sha256, size };
    });

  const found = attempt(data.path, () => Deno.statSync(path));
  if (data.kind === "file") {
    if (found.isDirectory) throw unusable("it is a directory, which directory(…) names");
    if (!found.isFile) throw unusable("it is a device, a pipe or a socket");
    const file = hashed("", path, data.path);
    const { sha256, size } = file;
    return { kind: "file", sha256, content: { sha256, size }, files: [file] };
  }
  if (!found.isDirectory) throw unusable("it is a file, which file(…) names");
  const files: DataFile[] = [];
  const walk = (directory: string, prefix: string) => {
    const list = () => [...Deno.readDirSync(directory)];
    for (const entry of attempt(posix.join(data.path, prefix), list)) {
      const name = `${prefix}${entry.name}`;
      const at = `${data.path}/${name}`;
      const path = join(directory, entry.name);
      if (entry.isSymlink) {
        throw unusable("it is a symbolic link; expected the file or directory itself", at);
      }
      if (!isTensorName(name)) {
        throw unusable("its name has a meaning of its own in safetensors; rename it", at);
      }
      if (entry.isDirectory && entry.name === pythonCache) continue;
      if (entry.isDirectory) walk(path, `${name}/`);
      else if (entry.isFile) files.push(hashed(name, path, at));
      else throw unusable("it is a device, a pipe or a socket", at);
    }
  };
  walk(path, "");
  files.sort((a, b) => a.name < b.name ? -1 : 1);
  const lines = files.map(({ name, sha256 }) => `${sha256} ${JSON.stringify(name)}\n`);
  return { kind: "directory", sha256: sha256Of(lines.join("")), files };
}

/**
 * Brings own data into the store, with the entry that says so. Nothing is stored of data that are not as
 * in the snapshot any more, and a `Failed` says so.
 */
export async function storeData(
  { job, key, lines }: { job: Job; key: string; lines: readonly KeyLine[] },
  snapshot: Snapshot,
  store: Store,
  { onProgress, signal }: { onProgress(done: number, total: number): void; signal: AbortSignal },
): Promise<Action> {
  const start = performance.now();
  putRecord(store, recordText(lines));
  const content = snapshot.content !== undefined && hasBlob(store, snapshot.content.sha256)
    ? snapshot.content
    : await storeContent(job.data!, snapshot, store, onProgress, signal);
  const action: Action = {
    version: 1,
    key,
    stage: job.stage.name,
    outputs: { [contentOutput]: content },
    finished: new Date().toISOString(),
    seconds: (performance.now() - start) / 1000,
  };
  writeAction(store, action);
  noteChecked(store, key);
  return action;
}

async function storeContent(
  data: OwnData,
  { files }: Snapshot,
  store: Store,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<StoredOutput> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const head = data.kind === "file"
    ? new Uint8Array()
    : filesHead(files.map(({ name, size }) => ({ path: name, size })));
  let done = 0;
  async function* pieces() {
    yield head;
    for (const file of files) {
      for await (const piece of unchanged(file, data, store.table)) {
        signal.throwIfAborted();
        onProgress(done += piece.length, total);
        yield piece;
      }
    }
  }
  makeDirectoryIn(store, scratchRoot(store));
  using partial = partialFile(scratchRoot(store));
  let sha256 = "";
  await ReadableStream.from(pieces())
    .pipeThrough(hashing((found) => void (sha256 = found)))
    .pipeTo(toFile(partial.path));
  const found = hashFile(partial.path);
  if (found !== sha256) {
    throw new Error(`expected bytes with SHA-256 ${sha256} in ${partial.path}, found ${found}`);
  }
  placeBlob(store, partial.path, sha256);
  noteWritten(store.table, blobPath(store, sha256), sha256);
  return { sha256, size: head.length + total };
}

/** The bytes of a file, which must be those that were hashed. */
async function* unchanged(
  { name, path, sha256, size }: DataFile,
  data: OwnData,
  table: StatTable,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const changed = () => {
    // Should the table be what is wrong, the file itself is read next time.
    forget(table, path);
    return new Failed({
      reason: "data-changed",
      path: name === "" ? data.path : `${data.path}/${name}`,
    });
  };
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch {
    throw changed();
  }
  using _open = file;
  const hash = startHash();
  // A fresh mebibyte for each of ten thousand small files would take longer than reading them.
  const length = Math.min(pieceSize, size + 1);
  for (;;) {
    const buffer = new Uint8Array(length);
    const n = await file.read(buffer);
    if (n === null) break;
    const piece = buffer.subarray(0, n);
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== sha256) throw changed();
}
