/** A file of text that a user names, read whole where it is not too large. What it says is left to others. */
import { Failed } from "../engine/failed.ts";

/**
 * Throws what `invalid` makes of the problem for a file that is missing, none, of more than `largest`
 * bytes, not in UTF-8, or one that the system does not let read.
 */
export function readGivenFile(
  path: string,
  largest: number,
  invalid: (problems: string) => Failed,
): { bytes: Uint8Array; text: string } {
  let bytes: Uint8Array;
  try {
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) throw invalid("It is no file.");
    if (size > largest) throw invalid(`It has ${size} bytes; at most ${largest} are read.`);
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw invalid("There is no such file.");
    if (error instanceof Failed) throw error;
    throw invalid((error as Error).message);
  }
  try {
    return { bytes, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    throw invalid((error as Error).message);
  }
}
