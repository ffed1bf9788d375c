/** Holds the limits and the zip package that writing and opening an archive share. */
import { Failed } from "../engine/failed.ts";

/** Limits on how far an archive may expand. Runs stay below them; zip bombs exceed them. */
interface Expansion {
  /** Size of all files together, in bytes, up to which any ratio is accepted. */
  unchecked: number;
  /** Bytes of files for one of the archive. Images of MNIST as float32 have 13, zeros 1000. */
  ratio: number;
}

export const mostExpansion: Expansion = { unchecked: 256 << 20, ratio: 100 };

/** True if `archive` bytes are too few to hold `files` bytes. */
export const isBomb = (files: number, archive: number, { unchecked, ratio }: Expansion): boolean =>
  files > unchecked && files > ratio * archive;

export const mostEntries = 250_000;

/** The failure of an archive that is not as it should be. */
export const badArchive = (path: string, problem: string): Failed =>
  new Failed({ reason: "bad-archive", path, problem });

/** The package for zip files, loaded only where there is one to read or write. */
export async function loadZip() {
  const zip = await import("@zip.js/zip.js");
  // The runtime's own deflate differs between its versions; the package's is locked.
  zip.configure({ useWebWorkers: false, useCompressionStream: false });
  return zip;
}
