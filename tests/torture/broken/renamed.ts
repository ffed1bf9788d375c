/** Writes a file as `atomic_write.ts` does, but brings to the disk only what is asked for. */
import { dirname, join } from "node:path";
import { makeDirectory, syncDirectory } from "../../../pipeline/store/atomic_write.ts";

type WriteWhole = (path: string, bytes: Uint8Array, how: { scratch: string; mode: number }) => void;

export const renamed = (synced: { file: boolean; directory: boolean }): WriteWhole => {
  return (path, bytes, { scratch, mode }) => {
    makeDirectory(dirname(path));
    makeDirectory(scratch);
    const partial = join(scratch, crypto.randomUUID());
    {
      using file = Deno.openSync(partial, { write: true, createNew: true, mode });
      file.writeSync(bytes);
      if (synced.file) file.syncSync();
    }
    Deno.renameSync(partial, path);
    if (synced.directory) syncDirectory(dirname(path));
  };
};
