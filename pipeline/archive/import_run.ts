/**
 * Imports an exported run from its archive: reads the list of entries and the run's own files, and checks
 * that the archive has what its manifest names and nothing else. `receive_run.ts` does the rest.
 */
import { badArchive } from "./archive.ts";
import { type Artifact, artifactsOf, descriptions, runFiles } from "./contents.ts";
import { type Archive, openArchive } from "./open_archive.ts";
import { type Imported, type ImportListener, readRun, receiveRun } from "./receive_run.ts";
import { unpackArtifacts } from "./unpack_archive.ts";

/** Imports the archive at `path`. Throws a `Failed` that says what is wrong with it. */
export async function importRun(
  artifacts: string,
  path: string,
  listener: ImportListener,
): Promise<Imported> {
  using archive = await openArchive(path);
  const run = readRun(
    path,
    (file, limit) => archive.read(file, limit),
    (problem) => badArchive(path, problem),
  );
  checkEntries(archive, artifactsOf(run.manifest));
  return await receiveRun(artifacts, {
    ...run,
    gather: (contents, store, directory, onProgress) =>
      unpackArtifacts(archive, contents, store, directory, onProgress),
  }, listener);
}

/** The archive must have what its manifest names, of the size that it names, and nothing else. */
function checkEntries(archive: Archive, contents: readonly Artifact[]): void {
  const expected = new Set<string>([...runFiles.map(({ path }) => path), ...descriptions]);
  for (const { path, size } of contents) {
    expected.add(path);
    const stated = archive.sizes.get(path);
    if (stated === undefined) throw badArchive(archive.path, `it has no ${path}`);
    if (stated !== size) {
      const problem = `${path} has ${stated} bytes, where its manifest has ${size}`;
      throw badArchive(archive.path, problem);
    }
  }
  for (const path of archive.sizes.keys()) {
    if (expected.has(path)) continue;
    throw badArchive(
      archive.path,
      `its entry ${JSON.stringify(path)} is none that its manifest names`,
    );
  }
}
