/** Copies a project to another path, and a store, so that a run there finds what an earlier one left. */
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { linksOf } from "../../engine/project/linked_packages.ts";
import { linkOrCopy } from "../../store/link.ts";
import { isWithin } from "../../store/path_within.ts";
import { exists } from "../../store/existence.ts";

/** Marks a directory that nobody copies or backs up: https://bford.info/cachedir/ */
export const cacheTag = {
  name: "CACHEDIR.TAG",
  text: "Signature: 8a477f597d28d172789f06886806bc55\n# Scratch files of an audit.\n",
};

/** Artifacts that are made again, and those that no run reads. */
const notCopied = ["store", "runs", "latest", ".next", "audit", "replicates"];

/** Files of at least so many bytes are linked: copying them would take long. */
const linkedFrom = 4 << 20;

/**
 * Copies a project without its history and its results. Packages and large files become hard links, where
 * the file system has such. Packages that `deno.json` links outside are found as before.
 */
export function copyProject(root: string, artifacts: string, to: string): void {
  copyTree(root, to, (path, isDirectory) => {
    if (!isDirectory) return false;
    if (dirname(path) === artifacts) return notCopied.includes(basename(path));
    return basename(path) === ".git" || exists(join(path, cacheTag.name));
  });
  for (const link of linksOf(root)) {
    // One may lie in another one that comes before it. An absolute path leads to the same from everywhere.
    if (isAbsolute(link)) continue;
    if (isWithin(root, join(root, link)) || exists(join(to, link))) continue;
    Deno.mkdirSync(dirname(join(to, link)), { recursive: true });
    Deno.symlinkSync(Deno.realPathSync(join(root, link)), join(to, link));
  }
}

/** Levels by which `deno.json` links packages above the project, at most. */
export const levelsAbove = (root: string): number =>
  Math.max(0, ...linksOf(root).map((link) => link.split(/[\\/]/).filter((x) => x === "..").length));

function copyTree(
  from: string,
  to: string,
  isLeftOut: (path: string, isDirectory: boolean) => boolean,
): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory, isFile, isSymlink } of Deno.readDirSync(from)) {
    const [path, copy] = [join(from, name), join(to, name)];
    if (isLeftOut(path, isDirectory)) continue;
    try {
      if (isDirectory) copyTree(path, copy, isLeftOut);
      else if (isSymlink) Deno.symlinkSync(Deno.readLinkSync(path), copy);
      else if (isFile && isLinked(path)) linkOrCopy(path, copy);
      else if (isFile) Deno.copyFileSync(path, copy);
    } catch (error) {
      // Somebody else's temporary file.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

const isLinked = (path: string): boolean =>
  path.includes(`${sep}node_modules${sep}`) || Deno.lstatSync(path).size >= linkedFrom;

/** Parts of a store that another one may have too: the stages' code, and results. */
const parts = {
  code: ["code", "packages", "code.json", "machine.json"],
  results: ["blobs", "actions"],
};

/** Gives a store what another one has, by hard links: stored files are never written again. */
export function cloneStore(from: string, to: string, what: readonly (keyof typeof parts)[]): void {
  const clone = (path: string, copy: string) => {
    if (!exists(path)) return;
    if (!Deno.statSync(path).isDirectory) return void linkOrCopy(path, copy);
    for (const { name } of Deno.readDirSync(path)) clone(join(path, name), join(copy, name));
  };
  for (const name of what.flatMap((part) => parts[part])) {
    clone(join(from, "store", name), join(to, "store", name));
  }
}
