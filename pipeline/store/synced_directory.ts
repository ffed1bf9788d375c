/** Makes directories that survive a power failure, and names of files in the making. */
import { dirname, join } from "node:path";

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
