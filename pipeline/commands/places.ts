/** Refuses places in which a project could not work, before anything is loaded or written there. */
import { join, resolve } from "node:path";
import { Failed } from "../engine/failed.ts";
import { runsPath } from "../runs/read_manifest.ts";
import { shownPath, statOf } from "../terminal/user_path.ts";

/**
 * Throws the failure of a project's root that Deno cannot work in, or of what stands in the place of a
 * directory that fanin makes.
 */
export function needPlaces({ root, artifacts }: { root: string; artifacts: string }): void {
  // Deno 2.9 takes it for the "*" of a package's `exports`, and misses the package's files.
  if (root.includes("*")) {
    throw new Failed({ reason: "unfit-directory", path: resolve(root) });
  }
  for (const path of [artifacts, join(artifacts, "store"), runsPath(artifacts)]) {
    const own = statOf(path, Deno.lstatSync);
    const target = targetOf(path);
    if (own === undefined || target?.isDirectory) continue;
    const found = !own.isSymlink
      ? "file"
      : target === undefined
      ? "link that leads nowhere"
      : "link to a file";
    throw new Failed({ reason: "not-a-directory", path: shownPath(resolve(path)), found });
  }
}

/** Returns the target of a path; undefined if there is none, or if its links form a circle. */
function targetOf(path: string): Deno.FileInfo | undefined {
  try {
    return statOf(path);
  } catch (error) {
    if (error instanceof Deno.errors.FilesystemLoop) return undefined;
    throw error;
  }
}
