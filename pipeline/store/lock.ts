/**
 * Locks between processes by the kernel's locks on files of the store. A lock is free as soon as its owner
 * ends, however it ends, so nothing is ever unlocked by hand.
 */
import { join } from "node:path";
import { needKind } from "./existence.ts";
import type { Notice } from "../engine/event.ts";
import { isShared, isUnwritable, makeFileIn } from "./group_rights.ts";

/** The lock that runs hold shared; a command that removes stored files holds it exclusively. */
export const storeLock = "store";

/** The directory that has `locks`. */
type Place = { readonly root: string };

/**
 * Holds a lock until disposed; shared with others who ask for it shared. Undefined where it is held
 * already.
 */
export async function tryLock(
  place: Place,
  name: string,
  exclusive: boolean,
): Promise<Disposable | undefined> {
  using opened = new DisposableStack();
  const file = opened.use(openLock(place, name));
  return await file.tryLock(exclusive) ? held(file, exclusive, opened) : undefined;
}

/**
 * Holds a lock until disposed. Waits for it, and calls `onWait` once, with the id of
 * the process that holds it, if that can be known.
 */
export async function lock(
  place: Place,
  name: string,
  exclusive: boolean,
  onWait: (pid: number | undefined) => void,
): Promise<Disposable> {
  using opened = new DisposableStack();
  const file = opened.use(openLock(place, name));
  if (!(await file.tryLock(exclusive))) {
    onWait(ownerOf(file));
    await file.lock(exclusive);
  }
  return held(file, exclusive, opened);
}

/**
 * Holds the store against `gc` until disposed, together with others who use it. Waits, with a notice,
 * while `gc` removes.
 */
export const shareStore = (
  place: Place,
  onNotice: (notice: Notice) => void,
): Promise<Disposable> =>
  lock(place, storeLock, false, () => onNotice({ reason: "store-being-cleaned" }));

/**
 * Holds the store against `gc` until disposed, in order to read it, also where nothing can be written: a lock
 * needs no more than a file that can be read. Undefined while `gc` removes.
 */
export async function tryLockToRead(
  place: Place,
): Promise<Disposable & { isHeld: boolean } | undefined> {
  using opened = new DisposableStack();
  const file = opened.use(openToRead(place));
  if (file !== undefined && !(await file.tryLock(false))) return undefined;
  const kept = opened.move();
  return { isHeld: file !== undefined, [Symbol.dispose]: () => kept.dispose() };
}

/** The file of the store's lock; undefined where it is missing and cannot be made, or not be read. */
function openToRead(place: Place): Deno.FsFile | undefined {
  try {
    return openLock(place, storeLock);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
  const path = lockPath(place, storeLock);
  needKind(path, "file");
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isUnwritable(error)) return undefined;
    throw error;
  }
}

/** Holds a lock, exclusively and for a moment, in the midst of something that cannot wait. */
export function lockNow(place: Place, name: string): Disposable {
  using opened = new DisposableStack();
  opened.use(openLock(place, name)).lockSync(true);
  return opened.move();
}

const lockPath = (place: Place, name: string): string => join(place.root, "locks", name);

function openLock(place: Place, name: string): Deno.FsFile {
  const path = lockPath(place, name);
  makeFileIn(place, path);
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied) || !isShared(place)) throw error;
    // Another user's file without the group's rights: it can be locked all the same.
    return Deno.openSync(path);
  }
}

/**
 * The file, which stays open until disposed. The owner's process id is left in it, for the message of who
 * waits and for nothing else.
 */
function held(file: Deno.FsFile, exclusive: boolean, opened: DisposableStack): Disposable {
  if (exclusive) {
    try {
      file.truncateSync();
      // Who waited has read it to its end.
      file.seekSync(0, Deno.SeekMode.Start);
      file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    } catch { /* Neither a full disk nor another user's file keeps anybody from locking. */ }
  }
  return opened.move();
}

function ownerOf(file: Deno.FsFile): number | undefined {
  try {
    const text = new Uint8Array(16);
    const length = file.readSync(text) ?? 0;
    const pid = /^(\d+)\n$/.exec(new TextDecoder().decode(text.subarray(0, length)))?.[1];
    return pid === undefined ? undefined : Number(pid);
  } catch {
    // Windows lets nobody read what another has locked.
    return undefined;
  }
}
