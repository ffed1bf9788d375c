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
  const outer = await openArchive(path, mostExpansion, "by-anyone");
  if (hasRun(outer)) return outer;
  using archive = outer;
  const archives = [...archive.sizes.keys()].filter((name) => name.toLowerCase().endsWith(".zip"));
  if (archives.length === 1) {
    const [name] = archives;
    const content = contentInMemory(archive.read(name, largest.output)!);
    const inner = await archiveIn(content, `${path}: ${name}`, mostExpansion, "by-anyone");
    if (hasRun(inner)) return inner;
  }
  throw badArchive(path, "it has no manifest.json");
}

const hasRun = ({ sizes }: Archive): boolean => sizes.has("manifest.json");
