/**
 * Finds the text of a source file by its hash: in the store, in the working tree, or in a commit. Whatever
 * it finds has that hash.
 */
import { join } from "node:path";
import { RunPath } from "../../schemas/run/manifest.ts";
import type { ReadSource } from "../engine/code/sources.ts";
import { withoutLoader } from "../engine/machine/loader_variables.ts";
import { commitOf } from "./read_manifest.ts";
import type { RunSource } from "./run_source.ts";
import { sha256Of } from "../store/sha256.ts";
import { hasBlob, readBlob, type Store, storeOf } from "../store/store.ts";

/** Caps a source file, in bytes. */
const largest = 4 << 20;

/** `commits`: those that runs were made from. */
export function sourceReader(
  root: string,
  store: Store,
  commits: readonly string[] = [],
): ReadSource {
  // A manifest names commits, and may come from anyone.
  const known = commits.filter((commit) => /^[0-9a-f]{7,64}$/.test(commit));
  return (path, sha256) => {
    if (!RunPath.safeParse(path).success) return undefined;
    const places = [
      () => hasBlob(store, sha256) ? readBlob(store, sha256) : undefined,
      () => inTree(join(root, path)),
      ...known.map((commit) => () => inCommit(root, commit, path)),
    ];
    for (const read of places) {
      const bytes = read();
      if (bytes !== undefined && bytes.length <= largest && sha256Of(bytes) === sha256) {
        return new TextDecoder().decode(bytes);
      }
    }
  };
}

/** Finds the source files of runs: in the store, the working tree, or the commits that they were made from. */
export const sourcesOfRuns = (
  root: string,
  artifacts: string,
  runs: readonly RunSource[],
): ReadSource =>
  sourceReader(
    root,
    storeOf(artifacts),
    runs.flatMap(({ manifest }) => commitOf(manifest)?.commit ?? []),
  );

function inTree(path: string): Uint8Array | undefined {
  try {
    const { isFile, size } = Deno.statSync(path);
    return isFile && size <= largest ? Deno.readFileSync(path) : undefined;
  } catch {
    // Gone, moved or not to be read: then it is looked for elsewhere.
    return undefined;
  }
}

function inCommit(root: string, commit: string, path: string): Uint8Array | undefined {
  try {
    const args = ["cat-file", "blob", `${commit}:./${path}`];
    const git = new Deno.Command("git", {
      args,
      cwd: root,
      env: withoutLoader,
      stdin: "null",
      stderr: "null",
    });
    const { success, stdout } = git.outputSync();
    return success ? stdout : undefined;
  } catch {
    // No git, or none that may be run.
    return undefined;
  }
}
