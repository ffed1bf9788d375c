/**
 * Imports an exported run from its archive: reads the list of entries and the run's own files, and checks
 * that the archive has what its manifest names and nothing else. What an export left out must be in the
 * store here. `receive_run.ts` does the rest.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { Failed } from "../engine/failed.ts";
import { hasBlob, storeOf } from "../store/store.ts";
import { badArchive } from "./archive.ts";
import { checkSums } from "./archive_sums.ts";
import {
  type Artifact,
  artifactsOf,
  checksums,
  descriptions,
  pathsOf,
  runFiles,
} from "./contents.ts";
import { type Archive, openArchive } from "./open_archive.ts";
import { type ExchangeListener, type Imported, readRun, receiveRun } from "./receive_run.ts";
import { unpackArtifacts } from "./unpack_archive.ts";

/** Imports the archive at `path`. Throws a `Failed` that says what is wrong with it. */
export async function importRun(
  artifacts: string,
  path: string,
  listener: ExchangeListener,
): Promise<Imported> {
  using archive = await openArchive(path);
  const run = readRun(
    path,
    (file, limit) => archive.read(file, limit),
    (problem) => badArchive(path, problem),
  );
  const contents = artifactsOf(run.manifest);
  checkEntries(archive, contents);
  checkLeftOut(artifacts, archive, run.manifest, contents);
  await checkSums(archive, run.files, contents);
  return await receiveRun(artifacts, {
    ...run,
    gather: (contents, store, directory, onProgress) =>
      unpackArtifacts(archive, contents, store, directory, onProgress),
  }, listener);
}

/** The archive may only have what its manifest names, of the size that it names. */
function checkEntries(archive: Archive, contents: readonly Artifact[]): void {
  const names = [...runFiles.map(({ path }) => path), ...descriptions, checksums];
  const expected = new Set<string>(names);
  for (const artifact of contents) {
    for (const path of pathsOf(artifact)) {
      expected.add(path);
      const stated = archive.sizes.get(path);
      if (stated !== undefined && stated !== artifact.size) {
        const problem = `${path} has ${stated} bytes, where its manifest has ${artifact.size}`;
        throw badArchive(archive.path, problem);
      }
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

/** Throws a `Failed` that names the artifacts that neither the archive nor the store here has. */
function checkLeftOut(
  artifacts: string,
  { path, sizes }: Archive,
  { experiment }: Manifest,
  contents: readonly Artifact[],
): void {
  const absent = contents.filter((one) => !sizes.has(one.path));
  if (absent.length === 0) return;
  const store = storeOf(artifacts);
  const missing = absent.filter(({ sha256 }) => !hasBlob(store, sha256));
  if (missing.length === 0) return;
  throw new Failed({
    reason: "left-out",
    path,
    files: missing.map((one) => one.path),
    bytes: missing.reduce((sum, { size }) => sum + size, 0),
    experiment: experiment.name,
    jobs: [...new Set(missing.map(({ outputs: [{ job }] }) => job))],
  });
}
