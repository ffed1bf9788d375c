/**
 * The content-addressed store and the action cache, on disk under one directory. Bytes are kept
 * once, under their SHA-256; an action says which bytes a job gave. `artifacts/README.md` specifies
 * the format. What a job is and when it may run is not known here.
 */
import { dirname, join } from "node:path";
import { Action, type StoredOutput } from "../schemas/action.ts";
import { Failed } from "./event.ts";
import { sha256Of } from "./sha256.ts";
import { digestOf, loadStatTable, noteWritten, type StatTable } from "./stat_table.ts";

export interface Store {
  /** The directory that holds everything: `artifacts/store`. */
  readonly root: string;
  readonly table: StatTable;
}

export const openStore = (root: string): Store => ({
  root,
  table: loadStatTable(join(root, "stat.tsv")),
});

export const blobPath = (store: Store, sha256: string): string =>
  join(store.root, "blobs", sha256.slice(0, 2), sha256);

export const actionPath = (store: Store, key: string): string =>
  join(store.root, "actions", key.slice(0, 2), `${key}.json`);

/** Where a job may put temporary files of its own. */
export const scratchPath = (store: Store, key: string): string => join(store.root, "tmp", key);

const sizeOf = (path: string): number | undefined => {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
};

/** Brings a rename within a directory to the disk. Not every system can open a directory. */
function syncDirectory(path: string): void {
  if (Deno.build.os === "windows") return;
  using directory = Deno.openSync(path);
  directory.syncSync();
}

/**
 * Writes bytes so that `path` either holds all of them or does not exist, whatever happens: to a
 * temporary file in the same file system, length checked, synced, made read-only, renamed, and the
 * directory synced.
 */
function writeWhole(store: Store, path: string, bytes: Uint8Array): void {
  const directory = dirname(path);
  const scratch = join(store.root, "tmp");
  Deno.mkdirSync(directory, { recursive: true });
  Deno.mkdirSync(scratch, { recursive: true });
  const partial = join(scratch, crypto.randomUUID());
  try {
    {
      using file = Deno.openSync(partial, { write: true, createNew: true, mode: 0o444 });
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      const { size } = file.statSync();
      if (size !== bytes.length) {
        throw new Error(`expected ${bytes.length} bytes on disk in ${partial}, found ${size}`);
      }
      file.syncSync();
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

/** Stores bytes; gives their name and length. Bytes that are there already are not written again. */
export function putBlob(store: Store, bytes: Uint8Array): StoredOutput {
  const sha256 = sha256Of(bytes);
  const path = blobPath(store, sha256);
  const there = sizeOf(path) === bytes.length && hasBlob(store, sha256);
  if (!there) {
    writeWhole(store, path, bytes);
    noteWritten(store.table, path, sha256);
  }
  return { sha256, size: bytes.length };
}

/**
 * Moves a file into the store as the blob of this name. Its bytes must have been hashed, synced and
 * made read-only, and lie in the store's own `tmp/`.
 */
export function placeBlob(store: Store, file: string, sha256: string): void {
  const path = blobPath(store, sha256);
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.renameSync(file, path);
  syncDirectory(dirname(path));
}

/** Reads stored bytes and checks that they are still those of their name. */
export function readBlob(store: Store, sha256: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Deno.readFileSync(blobPath(store, sha256));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Failed({ reason: "missing-blob", sha256 });
    throw error;
  }
  const found = sha256Of(bytes);
  if (found !== sha256) throw new Failed({ reason: "damaged-blob", sha256, found });
  return bytes;
}

/**
 * Whether the bytes of an output are in the store and whole. Hashes only what the table cannot
 * answer for.
 */
export const hasBlob = (store: Store, sha256: string): boolean =>
  digestOf(store.table, blobPath(store, sha256)) === sha256;

/**
 * The entry of a finished job, undefined where there is none. An entry that cannot be read counts as
 * none; `onUnusable` hears of it.
 */
export function readAction(
  store: Store,
  key: string,
  onUnusable: (message: string) => void,
): Action | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(actionPath(store, key));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    const action = Action.parse(JSON.parse(text));
    if (action.key === key) return action;
    onUnusable(`its entry names another key, ${action.key}`);
  } catch {
    onUnusable("its entry in the action cache is damaged");
  }
  return undefined;
}

/** Stores the entry of a finished job. The blobs that it names must be there already. */
export function writeAction(store: Store, action: Action): void {
  const path = actionPath(store, action.key);
  writeWhole(store, path, new TextEncoder().encode(JSON.stringify(action) + "\n"));
}

/** Whether the store has every output of an action, whole. */
export const isWhole = (store: Store, action: Action): boolean =>
  Object.values(action.outputs).every(({ sha256 }) => hasBlob(store, sha256));

export interface Stored {
  sha256: string;
  path: string;
  /** Length in bytes. */
  size: number;
}

function* filesIn(root: string): Generator<Stored> {
  let directories: Deno.DirEntry[];
  try {
    directories = [...Deno.readDirSync(root)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const directory of directories.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (!directory.isDirectory) continue;
    for (const { name } of Deno.readDirSync(join(root, directory.name))) {
      const path = join(root, directory.name, name);
      yield { sha256: name.replace(/\.json$/, ""), path, size: Deno.statSync(path).size };
    }
  }
}

export const blobsIn = (store: Store): Generator<Stored> => filesIn(join(store.root, "blobs"));
export const actionsIn = (store: Store): Generator<Stored> => filesIn(join(store.root, "actions"));

/**
 * Holds a lock until disposed; shared with others who ask for it shared. The lock is the kernel's,
 * so it is free as soon as its owner ends, however that ends. Undefined where it is held already.
 */
export async function tryLock(
  store: Store,
  name: string,
  exclusive: boolean,
): Promise<Disposable | undefined> {
  const file = await openLock(store, name);
  if (await file.tryLock(exclusive)) return file;
  file.close();
  return undefined;
}

/** Holds a lock until disposed; waits for it, saying so once through `onWait`. */
export async function lock(
  store: Store,
  name: string,
  exclusive: boolean,
  onWait: () => void,
): Promise<Disposable> {
  const file = await openLock(store, name);
  if (!(await file.tryLock(exclusive))) {
    onWait();
    await file.lock(exclusive);
  }
  return file;
}

/** The lock that every run holds shared, and whatever removes from the store exclusively. */
export const storeLock = "store";

function openLock(store: Store, name: string): Promise<Deno.FsFile> {
  const directory = join(store.root, "locks");
  Deno.mkdirSync(directory, { recursive: true });
  return Deno.open(join(directory, name), { read: true, write: true, create: true });
}

/**
 * Removes the temporary files of processes that were cut off. Called by a run that holds the store's
 * lock shared; another run may be writing, so only files untouched for a day go.
 */
export function sweepScratch(store: Store): void {
  const day = 24 * 60 * 60 * 1000;
  const scratch = join(store.root, "tmp");
  Deno.mkdirSync(scratch, { recursive: true });
  for (const { name } of Deno.readDirSync(scratch)) {
    const path = join(scratch, name);
    try {
      const touched = Deno.statSync(path).mtime?.getTime() ?? 0;
      if (Date.now() - touched > day) Deno.removeSync(path, { recursive: true });
    } catch (error) {
      // Its owner has renamed it meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
