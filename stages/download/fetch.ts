/**
 * Fetches a data set's files from the first sources that have them. It accepts only bytes of the
 * pinned length and SHA-256, whatever the source.
 */

import { type DataSet, mirrorHosts } from "./catalogue.ts";
import { type DebianEffects, unpackDebianPackage } from "./debian.ts";
import { readFromDirectory, readFromUserDirectory } from "./directory.ts";
import { download, type DownloadEffects } from "./mirror.ts";
import {
  type DataFile,
  describeSource,
  type FileName,
  type Source,
  SourceError,
} from "./source.ts";

export interface FetchEffects extends DebianEffects, DownloadEffects {
  /** A file of the machine; rejects with `Deno.errors.NotFound` where there is none. */
  readFile(path: string, options: { verified: true }): Promise<Uint8Array<ArrayBuffer>>;
  /** A file of a locked npm package, by `package/path`. */
  readPackageFile(specifier: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Tells at once that a source was passed over for a reason that someone should know. */
  notice(message: string): void;
  /** Folder given by the user: `<data set>/<file>` or `<file>` in it, plain or `.gz`. */
  readonly userDirectory?: string;
}

/** Reads one file's uncompressed bytes, unverified. Rejects with a {@link SourceError}. */
type ReadFrom = (file: DataFile) => Promise<Uint8Array<ArrayBuffer>>;

interface FetchedFile {
  /** The uncompressed file, of the pinned length and SHA-256. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly source: Source;
}

interface FetchFailure {
  readonly source: Source;
  readonly file: DataFile;
  readonly reason: string;
}

/** Some files are in no source; `failures` has every source's reason for each of these files. */
export class DataUnavailableError extends Error {
  override name = "DataUnavailableError";

  constructor(readonly missing: readonly DataFile[], readonly failures: readonly FetchFailure[]) {
    const names = missing.map((file) => `${file.dataSet}/${file.name}`).join(", ");
    const reasons = failures.map(({ source, reason }) => `  ${describeSource(source)}: ${reason}`);
    const listed = reasons.length > 0 ? [...new Set(reasons)].join("\n") : "  there are no sources";
    super(
      `expected ${names} from one of these sources, found in none:\n${listed}\n` +
        "Put these files, as they are or gzipped with .gz appended, in a folder and give that " +
        "folder to the run; or make one of the sources above available.",
    );
  }
}

/** The folder that the user gave has a file with other bytes; another source would hide that. */
export class UserDataError extends Error {
  override name = "UserDataError";

  constructor(cause: SourceError) {
    super(
      `cannot use ${describeSource({ kind: "user-directory" })}: ${cause.message}. ` +
        "Put the file there as it was published, or remove it to take it from another source.",
      { cause },
    );
  }
}

/**
 * Fetches files of a data set. Asks the sources in turn, each for all that is still missing, so that a
 * source is opened once. Each file thus comes from the first source that has it.
 *
 * @throws {UserDataError} if the user's folder has a file with other bytes;
 * {@link DataUnavailableError} if a file is in no source; `effects.signal`'s reason if
 * aborted.
 */
export async function fetchDataSet(
  { files, sources }: Pick<DataSet, "files" | "sources">,
  effects: FetchEffects,
): Promise<Record<FileName, FetchedFile>> {
  const fetched = new Map<DataFile, FetchedFile>();
  const failures: FetchFailure[] = [];
  const missing = () => files.filter((file) => !fetched.has(file));

  const report = (source: Source, error: SourceError) => {
    if (error.kind === "absent") return;
    effects.notice(`passed over ${describeSource(source)}: ${error.message}`);
  };

  for (const source of sources) {
    if (missing().length === 0) break;
    await using cleanup = new AsyncDisposableStack();
    const read = await attempt(() => open(source, sources, effects, cleanup), effects.signal);
    // Once set, the reason to skip this source from now on.
    let closed = read instanceof SourceError ? read : undefined;
    if (closed) report(source, closed);
    for (const file of missing()) {
      const answer = closed ?? await attempt(
        async () => verified(await (read as ReadFrom)(file), file),
        effects.signal,
      );
      if (answer instanceof Uint8Array) {
        fetched.set(file, { bytes: answer, source });
        continue;
      }
      if (source.kind === "user-directory" && answer.kind === "unusable") {
        throw new UserDataError(answer);
      }
      if (answer !== closed) report(source, answer);
      if (answer.kind === "unreachable") closed = answer;
      failures.push({ source, file, reason: answer.message });
    }
  }
  if (missing().length > 0) {
    const lost = missing();
    throw new DataUnavailableError(lost, failures.filter(({ file }) => lost.includes(file)));
  }
  const byName = [...fetched].map(([file, result]) => [file.name, result]);
  return Object.fromEntries(byName) as Record<FileName, FetchedFile>;
}

/** A source's failure becomes a value; an abort and any other error pass through. */
async function attempt<T>(
  action: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T | SourceError> {
  try {
    signal?.throwIfAborted();
    return await action();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SourceError) return error;
    throw error;
  }
}

/** Makes a source ready for reading; what must be undone afterwards goes to `cleanup`. */
async function open(
  source: Source,
  sources: readonly Source[],
  effects: FetchEffects,
  cleanup: AsyncDisposableStack,
): Promise<ReadFrom> {
  // Every file is checked against its pinned hash before it is used.
  const disk = { readFile: (path: string) => effects.readFile(path, { verified: true }) };
  switch (source.kind) {
    case "user-directory":
      return (file) => readFromUserDirectory(effects.userDirectory, file, disk);
    case "debian-installed":
      return (file) => readFromDirectory(source.directory, file, disk);
    case "npm-package": {
      const directory = `${source.package}/${source.directory}`;
      return (file) => readFromDirectory(directory, file, { readFile: effects.readPackageFile });
    }
    case "mirror": {
      const hosts = mirrorHosts(sources);
      return (file) =>
        download(
          `${source.base}${file.name}.gz`,
          { expectedBytes: file.byteLength, hosts },
          effects,
        );
    }
    case "debian-download": {
      const root = await unpackDebianPackage(source.package, effects, cleanup);
      return (file) => readFromDirectory(`${root}/${source.directory}`, file, disk);
    }
  }
}

/** @throws {SourceError} `unusable` unless length and SHA-256 are the pinned ones. */
async function verified(
  bytes: Uint8Array<ArrayBuffer>,
  file: DataFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  if (bytes.length === file.byteLength && sha256 === file.sha256) return bytes;
  throw new SourceError(
    "unusable",
    `${file.dataSet}/${file.name}: expected ${file.byteLength} bytes with SHA-256 ${file.sha256}, ` +
      `found ${bytes.length} bytes with SHA-256 ${sha256}`,
  );
}
