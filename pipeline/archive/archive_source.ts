/** Reads the files of an exported run from its archive, without importing it. */
import { parseManifest } from "../runs/read_manifest.ts";
import type { RunFiles } from "../runs/run_source.ts";
import { largest } from "../runs/largest_files.ts";
import { badArchive } from "./archive.ts";
import { artifactsOf } from "./contents.ts";
import { openArchive } from "./open_archive.ts";

/** The files of the run in the archive at a path. Throws a `Failed` where it holds no run. */
export async function archivedFiles(path: string): Promise<RunFiles> {
  const archive = await openArchive(path);
  try {
    const bytes = archive.read("manifest.json", largest.manifest);
    if (bytes === undefined) throw badArchive(path, "it has no manifest.json");
    const manifest = parseManifest(new TextDecoder().decode(bytes), `${path}: manifest.json`);
    // The archive holds each content once.
    const places = new Map(
      artifactsOf(manifest).flatMap(({ path, outputs }) => outputs.map(({ file }) => [file, path])),
    );
    return {
      read: (path, limit) => archive.read(places.get(path) ?? path, limit),
      [Symbol.dispose]: () => archive[Symbol.dispose](),
    };
  } catch (error) {
    archive[Symbol.dispose]();
    throw error;
  }
}
