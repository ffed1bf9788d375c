/** Lists the files under a directory, those of its directories included; none where it is not there. */
import { join } from "node:path";

export function* filesUnder(directory: string): Generator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(directory)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory, isFile } of entries) {
    if (isDirectory) yield* filesUnder(join(directory, name));
    else if (isFile) yield join(directory, name);
  }
}
