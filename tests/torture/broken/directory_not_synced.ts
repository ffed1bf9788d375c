/** Broken on purpose: the renaming is never brought to the disk. Only a power failure shows it. */
import { dirname, join } from "node:path";
import { makeDirectory } from "../../../pipeline/store/atomic_write.ts";

export * from "../../../pipeline/store/atomic_write.ts";

export function syncDirectory(): void {}

export function writeWhole(
  path: string,
  bytes: Uint8Array,
  { scratch, mode }: { scratch: string; mode: number },
): void {
  makeDirectory(dirname(path));
  makeDirectory(scratch);
  const partial = join(scratch, crypto.randomUUID());
  {
    using file = Deno.openSync(partial, { write: true, createNew: true, mode });
    file.writeSync(bytes);
    file.syncSync();
  }
  Deno.renameSync(partial, path);
}
