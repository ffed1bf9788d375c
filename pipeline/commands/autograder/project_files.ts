/**
 * Lists the files of a project that grading needs: its code, its configuration, its reference, and the
 * packages that its `deno.json` links beside it. History, results, tests and documents stay, unless jobs take them as
 * data.
 */
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Failed } from "../../engine/failed.ts";
import { linksOf } from "../../engine/project/linked_packages.ts";
import type { OwnData } from "../../engine/own_data/own_data.ts";
import type { Project } from "../../engine/project/project.ts";
import { isLinked } from "../../store/link.ts";
import { entriesIn, filesUnder } from "../../store/files_under.ts";
import { isWithin } from "../../store/path_within.ts";
import { cacheTag } from "../audit/copy_project.ts";
import { exists, statOf } from "../../store/existence.ts";

/** A file to pack. */
export interface PackedFile {
  /** Path in the package, with "/" between its parts. */
  path: string;
  /** Path on this machine. */
  from: string;
}

interface ProjectFiles {
  /** Path of the project among the files; "" where nothing lies beside it. */
  directory: string;
  files: PackedFile[];
}

/** Names in a project's root that no grade needs, beside hidden ones. */
const leftOut = ["artifacts", "docs", "node_modules", "tests"];

/**
 * The files, in the order of their paths. `data` is what jobs take of the project, and is packed whole, also where
 * other files stay. `except` is a file that is being written.
 */
export function projectFiles(
  project: Pick<Project, "root" | "artifacts">,
  except: string,
  data: readonly OwnData[] = [],
): ProjectFiles {
  // A project's root may end with a slash, which the directory of a path never has.
  const [root, artifacts] = [resolve(project.root), resolve(project.artifacts)];
  const links = linksOf(root);
  refuseAbsolute(root, links.find(isAbsolute));
  const beside = links.map((link) => join(root, link))
    .filter((path) => !isWithin(root, path));
  const base = commonDirectory([root, ...beside]);
  const named = (path: string) => relative(base, path).replaceAll(sep, "/");
  const packed = (from: string, path = named(from)): PackedFile => ({ path, from });
  const own = [root, ...beside].flatMap((directory) =>
    [...filesBehind(directory, isLeftOut(directory))].map((path) => packed(path))
  );
  const taken = data.map(({ path }) => join(root, path)).flatMap((path) =>
    statOf(path)?.isFile ? [packed(path)] : [...filesUnder(path)].map((file) => packed(file))
  );
  const reference = join(artifacts, "reference");
  const results = [...filesUnder(reference)].map((path) =>
    packed(
      path,
      [named(root), "artifacts/reference", relative(reference, path)]
        .filter((part) => part !== "").join("/").replaceAll(sep, "/"),
    )
  );
  const all = [...own, ...taken, ...results].filter(({ from }) => !isLinked(from, except));
  const files = new Map(all.map((file) => [file.path, file]));
  return {
    directory: named(root),
    files: [...files.values()].sort((a, b) => a.path < b.path ? -1 : 1),
  };
}

/** The files under a directory and under those that its links lead to, by their paths in it: a package has no links. */
function* filesBehind(
  directory: string,
  isLeftOut: (path: string) => boolean,
  above: readonly string[] = [],
): Generator<string> {
  const real = Deno.realPathSync(directory);
  // A link to a directory around it has no end, and leads to what is beside the project.
  if (above.some((inner) => isWithin(real, inner))) return;
  for (const { name } of entriesIn(directory)) {
    const path = join(directory, name);
    if (isLeftOut(path)) continue;
    const { isDirectory, isFile } = statOf(path) ?? {};
    if (isDirectory) yield* filesBehind(path, isLeftOut, [...above, real]);
    else if (isFile) yield path;
  }
}

/** Another machine has the packed project elsewhere, with what it links beside it. */
function refuseAbsolute(root: string, link: string | undefined): void {
  if (link === undefined) return;
  const near = relative(root, link).replaceAll(sep, "/");
  const message = `deno.json links ${link}, which another machine has elsewhere; expected a path ` +
    `from the directory of deno.json, such as "${near}".`;
  throw new Failed({ reason: "usage", message });
}

/** The deepest directory that all paths are or lie in. */
function commonDirectory([first, ...others]: readonly string[]): string {
  const isCommon = others.every((path) => path === first || isWithin(first, path));
  return isCommon ? first : commonDirectory([dirname(first), ...others]);
}

/** Hidden names, packages, directories that are caches, and in the root itself what no grade needs. */
const isLeftOut = (root: string) => (path: string): boolean => {
  const name = basename(path);
  return name.startsWith(".") || name === "node_modules" ||
    dirname(path) === root && leftOut.includes(name) ||
    exists(join(path, cacheTag.name));
};
