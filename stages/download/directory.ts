/** Reads a data set's file from a folder, plain or gzipped. `fetch.ts` checks its hash. */

import { gunzip } from "./gunzip.ts";
import { causes, type DataFile, SourceError } from "./source.ts";

interface DirectoryEffects {
  /** Rejects with `Deno.errors.NotFound` where there is no such file. */
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads `directory/name`, or else `directory/name.gz`, into uncompressed bytes.
 *
 * @throws {SourceError} `absent` if neither exists or reading is not permitted; `unusable` if the
 * file cannot be read or inflated.
 */
export async function readFromDirectory(
  directory: string,
  file: DataFile,
  effects: DirectoryEffects,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = `${directory.replace(/\/+$/, "")}/${file.name}`;
  const plain = await readIfPresent(path, effects);
  if (plain) return plain;
  const compressed = await readIfPresent(`${path}.gz`, effects);
  if (!compressed) {
    throw new SourceError("absent", `found neither ${path} nor ${file.name}.gz beside it`);
  }
  try {
    return gunzip(compressed, file.byteLength);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SourceError(error.kind, `${path}.gz: ${error.message}`, { cause: error });
  }
}

/**
 * Reads from a folder that someone named on purpose: `directory/<data set>/` first, as the data
 * sets' files have the same names, then `directory/` itself.
 *
 * @throws {SourceError} as {@link readFromDirectory}, but a missing file is `lacking`, since it
 * was promised.
 */
export async function readFromUserDirectory(
  directory: string | undefined,
  file: DataFile,
  effects: DirectoryEffects,
): Promise<Uint8Array<ArrayBuffer>> {
  if (directory === undefined) throw new SourceError("absent", "none was given");
  const own = `${directory.replace(/\/+$/, "")}/${file.dataSet}`;
  try {
    return await readFromDirectory(own, file, effects);
  } catch (error) {
    if (!(error instanceof SourceError && error.kind === "absent")) throw error;
  }
  try {
    return await readFromDirectory(directory, file, effects);
  } catch (error) {
    if (!(error instanceof SourceError && error.kind === "absent")) throw error;
    throw new SourceError(
      "lacking",
      `${error.message} (tried ${own} before)`,
      { cause: error },
    );
  }
}

async function readIfPresent(
  path: string,
  effects: DirectoryEffects,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await effects.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotCapable) {
      throw new SourceError("absent", error.message, { cause: error });
    }
    throw new SourceError("unusable", `cannot read ${path}: ${causes(error)}`, { cause: error });
  }
}
