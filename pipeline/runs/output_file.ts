/** Finds a file with the bytes of a run's output: the run's own, or the blob where that is damaged or gone. */
import { join } from "node:path";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { isLinked } from "../store/link.ts";
import { hashFile } from "../store/sha256.ts";
import { blobPath, hasBlob, type Store } from "../store/store.ts";

/**
 * The path of a whole file. `onNotice` gets a notice about a run's own that is not used. Throws a `Failed` where
 * neither is whole.
 */
export function outputFile(
  store: Store,
  { run, directory }: { run: string; directory: string },
  { file, sha256 }: { file: string; sha256: string },
  onNotice: (notice: Notice) => void,
): string {
  const own = join(directory, file);
  const blob = blobPath(store, sha256);
  // The store's table knows the hash of a link to a blob.
  if (isLinked(own, blob) && hasBlob(store, sha256)) return own;
  const found = foundAt(own);
  if (found === sha256) return own;
  if (!hasBlob(store, sha256)) {
    throw new Failed({ reason: "lost-output", run, file, expected: sha256, found });
  }
  onNotice({ reason: "output-from-store", path: own, found });
  return blob;
}

/** The SHA-256 of a file, or the reason why it has none. */
function foundAt(path: string): string {
  try {
    return hashFile(path);
  } catch (error) {
    return (error as Error).message;
  }
}
