/** Lists directories. One that is not there has no entries. */
import { join } from "node:path";
import { ifThere } from "./existence.ts";

export const entriesIn = (directory: string): Deno.DirEntry[] =>
  ifThere(() => [...Deno.readDirSync(directory)]) ?? [];

/**
 * The files under a directory, those of its directories included. `isLeftOut` says of the path of a file
 * or directory that nothing of it is wanted.
 */
export function* filesUnder(
  directory: string,
  isLeftOut: (path: string) => boolean = () => false,
): Generator<string> {
  for (const { name, isDirectory, isFile } of entriesIn(directory)) {
    const path = join(directory, name);
    if (isLeftOut(path)) continue;
    if (isDirectory) yield* filesUnder(path, isLeftOut);
    else if (isFile) yield path;
  }
}
