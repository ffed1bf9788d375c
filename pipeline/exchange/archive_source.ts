/**
 * A run as something to read from, an exported one included: read from its archive without importing
 * it, its bytes hashed as those of any other source. What it is read for is left to the commands.
 */
import { resolve } from "node:path";
import { parseManifest, runIds } from "../manifest.ts";
import {
  largest,
  openRunSource,
  type RunFiles,
  type RunSource,
  sourceFrom,
} from "../run_source.ts";
import { badArchive } from "./archive.ts";
import { artifactsOf } from "./contents.ts";
import { type Archive, openArchive } from "./open_archive.ts";

/**
 * Opens a run that a user names, as `openRunSource` does, or an exported run by its file. To be
 * disposed of after the last reading.
 */
export async function openSource(artifacts: string, name: string): Promise<RunSource & Disposable> {
  const path = resolve(name);
  if (!isArchive(artifacts, name, path)) {
    return { ...openRunSource(artifacts, name), [Symbol.dispose]() {} };
  }
  const archive = await openArchive(path);
  try {
    const source = sourceFrom(filesOf(archive), { name, form: "archive", place: path, artifacts });
    return { ...source, [Symbol.dispose]: () => archive[Symbol.dispose]() };
  } catch (error) {
    archive[Symbol.dispose]();
    throw error;
  }
}

/** Whether the name is a file that is no manifest. What may not be read is for `openRunSource` to say. */
function isArchive(artifacts: string, name: string, path: string): boolean {
  if (["latest", "reference", ...runIds(artifacts)].includes(name) || path.endsWith(".json")) {
    return false;
  }
  try {
    const { state } = Deno.permissions.requestSync({ name: "read", path });
    return state === "granted" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

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
