/**
 * Gives the group of a store its rights to what is made there, whatever the umask, as git does in a shared
 * repository. A store is shared if its own directory lets its group write. Everything gets these rights
 * before it has its final name, so that no other user ever finds it without them.
 */
import { dirname } from "node:path";
import { makeDirectory, partialFile, syncDirectory } from "./synced_directory.ts";
import { exists, needKind, statOf } from "./existence.ts";

/** The directory of a store. */
type Place = { readonly root: string };

const [groupWrites, groupReads, groupEnters, ownerWrites, inheritsGroup] = [
  0o020,
  0o040,
  0o010,
  0o200,
  0o2000,
];

/** The directory of a shared store; undefined where the store is not shared or not there yet. */
function sharedDirectory({ root }: Place): Deno.FileInfo | undefined {
  if (Deno.build.os === "windows") return undefined;
  const info = statOf(root);
  return info === undefined || (info.mode! & groupWrites) === 0 ? undefined : info;
}

/** Tells whether the group of a store's directory may write there. */
export const isShared = (place: Place): boolean => sharedDirectory(place) !== undefined;

/**
 * Tells whether an error is that of a file which this process may not change: by its rights, on a disk that can
 * only be read, or by Deno's permissions.
 */
export const isUnwritable = (error: unknown): boolean =>
  error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable ||
  (error as { code?: string }).code === "EROFS";

/**
 * Gives the store's group its rights to a file or directory that this process has made. What only its
 * owner may write, as a read-only blob, the group may only read.
 */
export function shareWithGroup(place: Place, path: string): void {
  const root = sharedDirectory(place);
  if (root === undefined) return;
  const made = Deno.statSync(path);
  // A directory without the setgid bit does not hand its group on.
  if (made.gid !== root.gid) Deno.chownSync(path, null, root.gid);
  const rights = made.isDirectory
    ? groupReads | groupWrites | groupEnters | (root.mode! & inheritsGroup)
    : (made.mode! & ownerWrites) === 0
    ? groupReads
    : groupReads | groupWrites;
  const mode = made.mode! & 0o7777;
  if ((mode & rights) !== rights) Deno.chmodSync(path, mode | rights);
}

/** Makes a directory of a store and those above it that are missing, each on the disk when this returns. */
export function makeDirectoryIn(place: Place, path: string): void {
  needKind(path, "directory");
  if (!isShared(place)) return makeDirectory(path);
  if (exists(path)) return;
  const parent = dirname(path);
  makeDirectoryIn(place, parent);
  using partial = partialFile(parent);
  Deno.mkdirSync(partial.path);
  shareWithGroup(place, partial.path);
  try {
    partial.keepAs(path);
  } catch (error) {
    // Somebody else has made it meanwhile, and it is in use.
    if (!statOf(path)?.isDirectory) throw error;
  }
  syncDirectory(parent);
}

/** Makes an empty file of a store for all its users to write, unless it is there. */
export function makeFileIn(place: Place, path: string): void {
  makeDirectoryIn(place, dirname(path));
  needKind(path, "file");
  if (!isShared(place)) return Deno.openSync(path, { write: true, create: true }).close();
  if (exists(path)) return;
  using partial = partialFile(dirname(path));
  Deno.openSync(partial.path, { write: true, createNew: true }).close();
  shareWithGroup(place, partial.path);
  try {
    // A rename would replace one that another process has made and locked meanwhile.
    Deno.linkSync(partial.path, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    // A file system without hard links.
    Deno.openSync(path, { write: true, create: true }).close();
    shareWithGroup(place, path);
  }
}
