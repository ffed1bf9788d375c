/**
 * Resolves the imports of a repository's code to a file, a locked npm package, or neither. Reads its
 * `deno.json` and those of the packages that it links, each of which has an import map of its own.
 */
import { basename, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { readJson } from "../../formats/read_json.ts";

const notFollowed = "fanin does not follow others, and what they lead to would be in no key";

const Configuration = z.object({
  name: z.string().optional(),
  exports: z.union([z.string(), z.record(z.string(), z.string())]).default({}),
  imports: z.record(z.string(), z.string()).default({}).refine(
    (imports) => Object.keys(imports).every((name) => !/^(\.{0,2}\/|[a-z]+:)/.test(name)),
    `expected bare names; ${notFollowed}`,
  ),
  links: z.array(z.string()).default([]),
  /** Those that change what code does are obeyed by the bundler, the others do nothing there. */
  compilerOptions: z.record(z.string(), z.unknown()).default({}),
  scopes: z.undefined(`expected no scopes; ${notFollowed}`).optional(),
  importMap: z.undefined(`expected "imports" in this file; ${notFollowed}`).optional(),
});

/** A directory with its `deno.json`. */
export interface Package {
  directory: string;
  /** Name under which links resolve: `@scope/name`. */
  name?: string;
  /** "." or "./entry" → file within the package. */
  exports: Record<string, string>;
  imports: Record<string, string>;
  compilerOptions: Record<string, unknown>;
}

type Import =
  | { kind: "file"; path: string }
  /**
   * `name` as in the import map, `range` what stands there for it without "npm:", `rest` what the
   * specifier has beyond the name.
   */
  | { kind: "npm"; name: string; range: string; rest: string }
  /** A package from elsewhere, or nothing that is known. */
  | { kind: "unknown" };

export interface ImportMap {
  /** The repository, then the packages that it links. */
  readonly packages: readonly Package[];
  /** Resolves a specifier that a file of the repository or of a linked package imports. */
  resolve(specifier: string, importer: string): Import;
  /**
   * A file's name on every machine: its path within the repository, or the name of the linked package and
   * its path within that.
   */
  nameOf(file: string): string;
  /** The path by which a package has a module of the engine, given by the path that it was loaded by. */
  engineModule(path: string): string;
  /** `compilerOptions` of the package that a file is of. */
  compilerOptionsOf(file: string): Readonly<Record<string, unknown>>;
}

/** The files that say where imports lead. */
export function configurationFiles(root: string): string[] {
  const [, ...linked] = readImportMap(root).packages;
  return [
    join(root, "deno.json"),
    join(root, "deno.lock"),
    ...linked.map(({ directory }) => join(directory, "deno.json")),
  ];
}

/** Reads the `deno.json` of a repository and of what it links. Throws a failure naming the file. */
export function readImportMap(root: string): ImportMap {
  const { links, ...own } = readConfiguration(root);
  // Linked by another path, it is the same package; the engine must know its own files.
  const linked = links.map((link) => readConfiguration(Deno.realPathSync(resolve(root, link))));
  return importMapOf([own, ...linked]);
}

/** The import map of a repository, the first package, and of those that it links. */
export function importMapOf(packages: readonly Package[]): ImportMap {
  const [own] = packages;
  const byDepth = packages.toSorted((a, b) => b.directory.length - a.directory.length);
  /** The innermost package that a file is of, and the repository for every other. */
  const ownerOf = (file: string): Package =>
    byDepth.find(({ directory }) => file.startsWith(join(directory, "/"))) ?? own;
  const isInside = (path: string) =>
    packages.some(({ directory }) => path.startsWith(join(directory, "/")));
  return {
    packages,
    engineModule(path) {
      const own = join(real, relative(loaded, path));
      return isInside(own) ? own : path;
    },
    nameOf(file) {
      const owner = ownerOf(file);
      const path = relative(owner.directory, file).replaceAll(sep, "/");
      return owner === own ? path : `${owner.name ?? basename(owner.directory)}/${path}`;
    },
    compilerOptionsOf: (file) => ownerOf(file).compilerOptions,
    resolve(specifier, importer) {
      if (/^\.{0,2}\/|^file:/.test(specifier)) {
        const path = fileURLToPath(new URL(specifier, pathToFileURL(importer)));
        return isInside(path) ? { kind: "file", path } : { kind: "unknown" };
      }
      const owner = ownerOf(importer);
      const found = lookUp(specifier, owner.imports);
      if (found === undefined) return { kind: "unknown" };
      const { name, target, rest } = found;
      if (/^\.{0,2}\//.test(target)) {
        return { kind: "file", path: join(owner.directory, target, rest) };
      }
      if (target.startsWith("npm:")) return { kind: "npm", name, range: target.slice(4), rest };
      const path = exportOf(`${target}${rest}`, packages);
      return path === undefined ? { kind: "unknown" } : { kind: "file", path };
    },
  };
}

/** The longest entry of an import map that a specifier begins with: whole, or up to a "/". */
function lookUp(
  specifier: string,
  imports: Package["imports"],
): { name: string; target: string; rest: string } | undefined {
  const name = Object.keys(imports)
    .filter((name) =>
      name === specifier || specifier.startsWith(name.endsWith("/") ? name : `${name}/`)
    )
    .reduce<string | undefined>(
      (longest, name) => longest !== undefined && longest.length >= name.length ? longest : name,
      undefined,
    );
  if (name === undefined) return undefined;
  return { name, target: imports[name], rest: specifier.slice(name.length) };
}

/** The file that `jsr:@scope/name@range/entry` is, of a linked package. */
function exportOf(specifier: string, packages: readonly Package[]): string | undefined {
  const [, name, entry = ""] = /^jsr:(@[^/]+\/[^/@]+)(?:@[^/]*)?(\/.*)?$/.exec(specifier) ?? [];
  const linked = packages.find((one) => one.name === name);
  const file = linked?.exports[`.${entry}`];
  return linked === undefined || file === undefined ? undefined : join(linked.directory, file);
}

/** Caps a `deno.json`, in bytes. */
const largest = 4 << 20;

/** Reads the `deno.json` in a directory. Throws a failure naming the file. */
export function readConfiguration(directory: string): Package & { links: string[] } {
  const path = join(directory, "deno.json");
  const { exports, ...rest } = readJson(path, Configuration, {
    limit: largest,
    hint: `Expected plain JSON with "imports" and, of a linked package, "name" and "exports".`,
  });
  return {
    directory,
    exports: typeof exports === "string" ? { ".": exports } : exports,
    ...rest,
  };
}

/** The engine's directory by the path that it was loaded by, and by its own, where links led to it. */
const loaded = fileURLToPath(new URL("../../../", import.meta.url));
const real = join(Deno.realPathSync(loaded), "/");

/** The engine's modules, which do nothing when they are loaded. */
const engine = [loaded, real].flatMap((root) => [join(root, "pipeline/"), join(root, "schemas/")]);

/** Tells whether a file is the engine's, of which what a stage does not use is no code of that stage. */
export const isOfEngine = (file: string): boolean =>
  engine.some((directory) => file.startsWith(directory));
