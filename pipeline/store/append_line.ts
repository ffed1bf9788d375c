/** Appends lines to files that only grow. A line that was cut off, as by a full disk, takes no other line with it. */
import { writeAll } from "./atomic_write.ts";
import { needKind } from "./existence.ts";

const lineFeed = 10;

/** Appends a line; with `isSynced` it is on the disk when this returns. Makes the file if it is missing. */
export function appendLine(path: string, line: string, { isSynced = false } = {}): void {
  needKind(path, "file");
  using file = Deno.openSync(path, { create: true, read: true, append: true });
  const ending = isWhole(file) ? "" : "\n";
  writeAll(file, new TextEncoder().encode(`${ending}${line}\n`));
  if (isSynced) file.syncSync();
}

/** True if the last line of a file is whole, or if there is none. */
function isWhole(file: Deno.FsFile): boolean {
  const { size } = file.statSync();
  if (size === 0) return true;
  const last = new Uint8Array(1);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  file.readSync(last);
  return last[0] === lineFeed;
}
