/**
 * Reads the files of an exported run from its archive, without importing it. A person may have packed the
 * archive anew, or put it into another one.
 */
import { largest } from "../runs/largest_files.ts";
import type { RunFiles } from "../runs/run_source.ts";
import { contentInMemory } from "../store/content_pieces.ts";
import { badArchive, mostExpansion } from "./archive.ts";
import { type Archive, archiveIn, openArchive } from "./open_archive.ts";

/** The files of the run in the archive at a path. Throws a `Failed` where it holds no run. */
export async function archivedFiles(path: string): Promise<RunFiles> {
  const archive = await openPacked(path);
  if (hasRun(archive)) return archive;
  archive[Symbol.dispose]();
  throw badArchive(path, "it has no manifest.json");
}

/** The archive at a path, or the one in it that holds a run. Throws a `Failed` for what is none. */
export async function openPacked(path: string): Promise<Archive> {
  const outer = await openArchive(path, mostExpansion, "by-anyone");
  if (hasRun(outer)) return outer;
  try {
    const inner = await innerOf(outer);
    if (inner === undefined || !hasRun(inner)) return outer;
    outer[Symbol.dispose]();
    return inner;
  } catch (error) {
    outer[Symbol.dispose]();
    throw error;
  }
}

/** The archive in another one, if there is just one. */
async function innerOf(outer: Archive): Promise<Archive | undefined> {
  const [name, ...others] = [...outer.sizes.keys()].filter((name) => /\.zip$/i.test(name));
  if (name === undefined || others.length > 0) return undefined;
  const content = contentInMemory(outer.read(name, largest.output)!);
  return await archiveIn(content, `${outer.path}: ${name}`, mostExpansion, "by-anyone");
}

export const hasRun = ({ sizes }: Archive): boolean => sizes.has("manifest.json");
