/** Broken on purpose: renamed before the bytes are on the disk. Only a power failure shows it. */
import { dirname, join } from "node:path";
import { makeDirectory, syncDirectory } from "../../../pipeline/store/atomic_write.ts";

export * from "../../../pipeline/store/atomic_write.ts";

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
  }
  Deno.renameSync(partial, path);
  syncDirectory(dirname(path));
}
