/**
 * Reads an exported run from its archive without importing it, its bytes hashed as those of any other
 * source.
 */
import { parseManifest } from "../runs/read_manifest.ts";
import { largest, type RunFiles, type RunSource, sourceFrom } from "../runs/run_source.ts";
import { openRun } from "../runs/open_run.ts";
import { badArchive } from "./archive.ts";
import { artifactsOf } from "./contents.ts";
import { type Archive, openArchive } from "./open_archive.ts";

/** Opens the run that a user names, archives included. To be disposed of after the last reading. */
export const openSource = (artifacts: string, name: string): Promise<RunSource & Disposable> =>
  openRun(artifacts, name, { archive: archiveOpener(artifacts) });

/** Opens the archive at a path; `name` is what the user calls it. */
export const archiveOpener =
  (artifacts: string) => async (name: string, place: string): Promise<RunSource & Disposable> => {
    const archive = await openArchive(place);
    try {
      const source = sourceFrom(filesOf(archive), { name, form: "archive", place, artifacts });
      return { ...source, [Symbol.dispose]: () => archive[Symbol.dispose]() };
    } catch (error) {
      archive[Symbol.dispose]();
      throw error;
    }
  };

/** The files of the run in an archive, each content of which is there once. */
function filesOf(archive: Archive): RunFiles {
  const bytes = archive.read("manifest.json", largest.manifest);
  if (bytes === undefined) throw badArchive(archive.path, "it has no manifest.json");
  const manifest = parseManifest(
    new TextDecoder().decode(bytes),
    `${archive.path}: manifest.json`,
  );
  const places = new Map(
    artifactsOf(manifest).flatMap(({ path, outputs }) => outputs.map(({ file }) => [file, path])),
  );
  return { read: (path, limit) => archive.read(places.get(path) ?? path, limit) };
}
