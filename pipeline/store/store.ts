/**
 * Keeps the content-addressed store and the action cache in one directory. Bytes are kept once, under their
 * SHA-256; an action names the bytes that a job produced. `artifacts/README.md` specifies the format.
 */
import { basename, dirname, join } from "node:path";
import { Action, type StoredOutput } from "../../schemas/run/action.ts";
import { Failed } from "../engine/failed.ts";
import { parseJson } from "../formats/json.ts";
import { checked } from "../formats/artifact_type.ts";
import { entriesIn } from "./files_under.ts";
import { lockNow } from "./lock.ts";
import { contentOf, isSealed, sealed } from "./sealed.ts";
import { sha256Of } from "./sha256.ts";
import {
  digestOf,
  forget,
  loadStatTable,
  noteWritten,
  readHashed,
  type StatTable,
} from "./stat_cache.ts";
import { syncDirectory, writeWhole } from "./atomic_write.ts";
import { moveUnlessThere } from "./link.ts";
import { makeDirectoryIn, shareWithGroup } from "./group_rights.ts";
import { cachesPath, storePath } from "./store_place.ts";
import { exists, ifThere, statOf } from "./existence.ts";

export interface Store {
  /** The directory of blobs, entries, locks and temporary files. Several users may share it. */
  readonly root: string;
  /** The directory of what only saves time for one checkout: `artifacts/store`, also beside a shared store. */
  readonly caches: string;
  readonly table: StatTable;
  /** Called for a damaged blob that was quarantined, with its path there. */
  readonly onQuarantine: (sha256: string, path: string) => void;
}

/** Opens a store. Its table of hashes is read when it is used first: it may be large. */
export function openStore(root: string, caches = root): Store {
  let table: StatTable | undefined;
  return {
    root,
    caches,
    get table() {
      return table ??= loadStatTable(statTablePath(caches));
    },
    onQuarantine: () => {},
  };
}

/** The file of the table of hashes in a directory of caches. */
export const statTablePath = (caches: string): string => join(caches, "stat.tsv");

/** The store of a directory of artifacts, where `FANIN_STORE` says or in `artifacts/store`. */
export const storeOf = (artifacts: string): Store =>
  openStore(storePath(artifacts), cachesPath(artifacts));

export const blobPath = (store: Store, sha256: string): string =>
  join(store.root, "blobs", sha256.slice(0, 2), sha256);

export const actionPath = (store: Store, key: string): string =>
  join(store.root, "actions", key.slice(0, 2), `${key}.json`);

/** The directory of files that are being written. */
export const scratchRoot = (store: Store): string => join(store.root, "tmp");

/**
 * The directory where a damaged file is kept for inspection, until `gc` removes it: in its own file
 * system.
 */
const damagedPath = (store: Store, path: string): string =>
  join(path.startsWith(join(store.root, "/")) ? store.root : store.caches, "damaged");

/** The directories of damaged files. */
export const damagedPaths = (store: Store): string[] =>
  [...new Set([store.root, store.caches])].map((place) => join(place, "damaged"));

const writeReadOnly = (
  store: Store,
  path: string,
  bytes: Uint8Array,
  how: { sha256?: string; mayVanish?: boolean } = {},
): void =>
  writeWhole(path, bytes, {
    ...how,
    scratch: scratchRoot(store),
    mode: 0o444,
    makeParent: (directory) => makeDirectoryIn(store, directory),
    share: (file) => shareWithGroup(store, file),
  });

/**
 * Stores bytes; gives their name and length. Bytes that are there already are not written again; a
 * damaged blob under their name is quarantined, and for that it is read, whatever the table says of it.
 */
export const putBlob = (store: Store, bytes: Uint8Array): StoredOutput => put(store, bytes, false);

/**
 * Stores the record of a job. A power failure may take it away, because no entry names it: whoever reads a
 * record has it written first, from the lines of the key.
 */
export const putRecord = (store: Store, text: string): StoredOutput =>
  put(store, new TextEncoder().encode(text), true);

function put(store: Store, bytes: Uint8Array, mayVanish: boolean): StoredOutput {
  const sha256 = sha256Of(bytes);
  const path = blobPath(store, sha256);
  forget(store.table, path);
  if (!hasBlob(store, sha256)) {
    if (exists(path)) quarantineBlob(store, sha256);
    writeReadOnly(store, path, bytes, { sha256, mayVanish });
    noteWritten(store.table, path, sha256);
  }
  return { sha256, size: bytes.length };
}

/**
 * Moves a file into the store as the blob of this name; one that is there already stays. Its bytes must have been hashed, synced and
 * made read-only, and lie in the store's own `tmp/`.
 */
export function placeBlob(store: Store, file: string, sha256: string): void {
  const path = blobPath(store, sha256);
  if (hasBlob(store, sha256)) return Deno.removeSync(file);
  if (exists(path)) quarantineBlob(store, sha256);
  makeDirectoryIn(store, dirname(path));
  shareWithGroup(store, file);
  moveUnlessThere(file, path);
  syncDirectory(dirname(path));
}

/**
 * Reads stored bytes and checks that they are still those of their name. Damaged ones are quarantined,
 * so that whoever looks for them next finds them missing and computes them again.
 */
export function readBlob(store: Store, sha256: string): Uint8Array<ArrayBuffer> {
  let read: ReturnType<typeof readHashed>;
  try {
    read = readHashed(store.table, blobPath(store, sha256));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Failed({ reason: "missing-blob", sha256 });
    throw error;
  }
  if (read.sha256 === sha256) return read.bytes;
  const movedTo = quarantineBlob(store, sha256);
  throw new Failed({ reason: "damaged-blob", sha256, found: read.sha256, movedTo });
}

/** Reads blobs of one store by their hashes. */
export const blobReader = (store: Store) => (sha256: string): Uint8Array => readBlob(store, sha256);

/**
 * Moves a damaged blob to `damaged/`, where it is kept for inspection, and tells the store's owner.
 * It is hashed again first, under a lock: what another process has put right meanwhile stays. Gives
 * the path that it now has, undefined if it stays.
 */
export function quarantineBlob(store: Store, sha256: string): string | undefined {
  const path = blobPath(store, sha256);
  using _held = lockNow(store, "damaged");
  forget(store.table, path);
  if (!exists(path) || digestOf(store.table, path) === sha256) return undefined;
  forget(store.table, path);
  const to = moveAside(store, path);
  store.onQuarantine(sha256, to);
  return to;
}

/** Does the same with an entry that cannot be read or names what is not there. */
export function setEntryAside(store: Store, key: string): string | undefined {
  using _held = lockNow(store, "damaged");
  const path = actionPath(store, key);
  if (!exists(path)) return undefined;
  const action = readAction(store, key, () => {});
  if (action !== undefined && isWhole(store, action)) return undefined;
  return moveAside(store, path);
}

/** Moves a damaged file of the store to `damaged/`. Gives its path there. */
export function moveAside(store: Store, path: string): string {
  const directory = damagedPath(store, path);
  makeDirectoryIn(store, directory);
  const name = basename(path);
  let to = join(directory, name);
  for (let n = 2; exists(to); n++) to = join(directory, `${name}.${n}`);
  Deno.renameSync(path, to);
  syncDirectory(directory);
  syncDirectory(dirname(path));
  return to;
}

/**
 * Tells whether the bytes of an output are in the store and whole. Hashes only what the table cannot
 * answer for.
 */
export const hasBlob = (store: Store, sha256: string): boolean =>
  digestOf(store.table, blobPath(store, sha256)) === sha256;

/** The longest entry that is read, in bytes; an output takes about 130. */
export const longestEntry = 1 << 20;

/**
 * The entry of a finished job, undefined where there is none. An entry that cannot be read counts as
 * none; `onUnusable` gets its problem, as the end of "its entry …".
 */
export function readAction(
  store: Store,
  key: string,
  onUnusable: (message: string) => void,
): Action | undefined {
  const path = actionPath(store, key);
  const info = statOf(path);
  if (info === undefined) return undefined;
  if (!info.isFile) {
    onUnusable("is no plain file");
    return undefined;
  }
  if (info.size > longestEntry) {
    onUnusable(`has ${info.size} bytes; expected ${longestEntry} at most`);
    return undefined;
  }
  const text = ifThere(() => Deno.readTextFileSync(path));
  if (text === undefined) return undefined;
  try {
    // Those of older versions have no checksum.
    const content = isSealed(text) ? contentOf(text) : text;
    const action = checked("an entry", Action, parseJson(content));
    if (action.key === key) return action;
    onUnusable(`names another key, ${action.key}`);
  } catch (error) {
    onUnusable(`cannot be read: ${(error as Error).message}`);
  }
  return undefined;
}

/** Stores the entry of a finished job. The blobs that it names must be there already. */
export function writeAction(store: Store, action: Action): void {
  const path = actionPath(store, action.key);
  if (statOf(path)?.isDirectory) moveAside(store, path);
  writeReadOnly(store, path, new TextEncoder().encode(sealed(action)));
}

/** Tells whether the store has every output of an action, whole. */
export const isWhole = (store: Store, action: Action): boolean =>
  Object.values(action.outputs).every(({ sha256 }) => hasBlob(store, sha256));

export interface Stored {
  sha256: string;
  path: string;
  /** Length in bytes. */
  size: number;
}

function* filesIn(root: string): Generator<Stored> {
  for (const directory of entriesIn(root).sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (!directory.isDirectory) continue;
    for (const { name } of Deno.readDirSync(join(root, directory.name))) {
      const path = join(root, directory.name, name);
      const size = sizeOf(path);
      if (size !== undefined) yield { sha256: name.replace(/\.json$/, ""), path, size };
    }
  }
}

/** The length of a file in bytes; undefined where it has gone since it was listed. */
const sizeOf = (path: string): number | undefined => statOf(path)?.size;

/** A number of files and the sum of their sizes in bytes. */
export interface Amount {
  count: number;
  bytes: number;
}

export function amountOf(files: Iterable<Stored>): Amount {
  const amount = { count: 0, bytes: 0 };
  for (const { size } of files) {
    amount.count += 1;
    amount.bytes += size;
  }
  return amount;
}

export const blobsIn = (store: Store): Generator<Stored> => filesIn(join(store.root, "blobs"));
export const actionsIn = (store: Store): Generator<Stored> => filesIn(join(store.root, "actions"));

/** Makes the directory of temporary files, and removes what processes that were cut off left there. */
export function sweepStore(store: Store): void {
  makeDirectoryIn(store, scratchRoot(store));
  sweep(scratchRoot(store));
}

/**
 * Removes from a directory what processes that were cut off left in it. Called by a run that holds the
 * store's lock shared; another run may be writing, so only what was untouched for a day goes.
 */
export function sweep(directory: string): void {
  const day = 24 * 60 * 60 * 1000;
  Deno.mkdirSync(directory, { recursive: true });
  for (const { name } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    try {
      const touched = Deno.statSync(path).mtime?.getTime() ?? 0;
      if (Date.now() - touched > day) Deno.removeSync(path, { recursive: true });
    } catch (error) {
      // Its owner has renamed it meanwhile, or is another user, who can remove it.
      const { NotFound, PermissionDenied } = Deno.errors;
      if (!(error instanceof NotFound || error instanceof PermissionDenied)) throw error;
    }
  }
}
