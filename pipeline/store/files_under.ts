/** Lists the files under a directory, those of its directories included; none where it is not there. */
import { join } from "node:path";

/** `isLeftOut` says of the path of a file or directory that nothing of it is wanted. */
export function* filesUnder(
  directory: string,
  isLeftOut: (path: string) => boolean = () => false,
): Generator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(directory)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory, isFile } of entries) {
    const path = join(directory, name);
    if (isLeftOut(path)) continue;
    if (isDirectory) yield* filesUnder(path, isLeftOut);
    else if (isFile) yield path;
  }
}
