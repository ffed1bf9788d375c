/**
 * What runs: for each stage, the hash of its module bundled with everything that it imports from the
 * repository and from the packages that it links (types, comments and white space gone, unused functions
 * shaken off; where a file lies does not count), and the locked npm packages that it uses. A cache file
 * spares the bundling while no source file has changed.
 */
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Sha256 } from "../schemas/digest.ts";
import { Failed } from "./event.ts";
import { configurationFiles, type Import, isOfEngine, readImportMap } from "./import_map.ts";
import { LockedPackage, lockedPackages, type NpmRange, readLock } from "./locked_packages.ts";
import type { AnyStage } from "./stage.ts";
import { digestOf, forget, type StatTable } from "./stat_table.ts";
import { sha256Of } from "./sha256.ts";
import { replaceFile } from "./small_file.ts";

const Code = z.strictObject({
  /** SHA-256 of the bundled text. */
  sha256: Sha256,
  packages: z.array(LockedPackage),
  /** Every file that the bundler read, relative to the root → SHA-256 of its content. */
  files: z.record(z.string(), Sha256),
});
export type Code = z.infer<typeof Code>;

/** What of it enters a key. */
export type CodeIdentity = Omit<Code, "files">;

/** What is bundled: a stage, or a part of the program itself, whose packages are not looked at. */
export type Unit = Pick<AnyStage, "name" | "module" | "packages"> & { isStage?: boolean };

const CacheFile = z.strictObject({
  version: z.literal(1),
  /** The import map and the lock that the entries were made with. */
  configuration: z.string(),
  units: z.record(z.string(), Code),
});

/**
 * The code of each unit, by its name. `root` is the repository's directory, with its `deno.json` and
 * `deno.lock`; `cacheFile` may not exist yet. `onBundling` is called before work that takes about a
 * second.
 */
export async function codeOf(
  units: Iterable<Unit>,
  root: string,
  table: StatTable,
  cacheFile: string,
  onBundling: () => void,
): Promise<Map<string, Code>> {
  const configuration = configurationFiles(root).map((file) => digestOf(table, file)).join(" ");
  const cached = readCache(cacheFile, configuration);
  const digests = new Map<string, string | undefined>();
  const digest = (file: string) => {
    if (!digests.has(file)) digests.set(file, digestOf(table, resolve(root, file)));
    return digests.get(file);
  };
  const codes = new Map<string, Code>();
  const stale: Unit[] = [];
  /** Should the table say that a file has changed, the file itself is asked. */
  const isAs = (file: string, sha256: string): boolean => {
    if (digest(file) === sha256) return true;
    forget(table, resolve(root, file));
    digests.delete(file);
    return digest(file) === sha256;
  };
  for (const unit of units) {
    const known = cached[unit.name];
    const fresh = known !== undefined &&
      modulePath(unit, root) in known.files &&
      Object.entries(known.files).every(([file, sha256]) => isAs(file, sha256));
    if (fresh) codes.set(unit.name, known);
    else stale.push(unit);
  }
  if (stale.length > 0) {
    onBundling();
    for (const [name, code] of await bundle(stale, root)) {
      codes.set(name, code);
      cached[name] = code;
    }
    const content = { version: 1, configuration, units: cached };
    replaceFile(cacheFile, JSON.stringify(content));
  }
  return codes;
}

/** The files that a code hash was made from, by absolute path. */
export const sourcesOf = ({ files }: Code, root: string): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, sha256]) => [resolve(root, file), sha256]));

function readCache(cacheFile: string, configuration: string): Record<string, Code> {
  try {
    const cache = CacheFile.parse(JSON.parse(Deno.readTextFileSync(cacheFile)));
    return cache.configuration === configuration ? cache.units : {};
  } catch {
    // Absent, cut off or of another version: bundling again gives it anew.
    return {};
  }
}

const modulePath = ({ module }: Unit, root: string): string =>
  relative(root, fileURLToPath(module)).replaceAll("\\", "/");

async function bundle(units: Unit[], root: string): Promise<Map<string, Code>> {
  const esbuild = await startBundler();
  const importMap = readImportMap(root);
  const lock = readLock(root);
  const result = new Map<string, Code>();
  for (const { name: unit, module, packages: named = [], isStage = true } of units) {
    const files: Record<string, string> = {};
    /** By specifier: an npm package may be imported under one name in two versions. */
    const packages = new Map<string, NpmRange[]>();
    /** Notes where a specifier leads, if that is a package. */
    const find = (specifier: string, importer: string): Import => {
      const found = importMap.resolve(specifier, importer);
      if (found.kind === "npm") {
        packages.set(specifier, [...packages.get(specifier) ?? [], found]);
      }
      return found;
    };
    const entry = fileURLToPath(module);
    let refused: Failed | undefined;
    const built = await esbuild.build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      target: "esnext",
      charset: "utf8",
      minifyWhitespace: true,
      legalComments: "none",
      logLevel: "silent",
      plugins: [{
        name: "repository",
        setup(build) {
          build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
            const file = (path: string) => ({
              path,
              namespace: "repository",
              sideEffects: !isOfEngine(path),
            });
            if (kind === "entry-point") return file(path);
            if (/^\.{0,2}\//.test(path)) return file(resolve(importer, "..", path));
            if (path.startsWith("node:")) return { path, external: true };
            const found = find(path, importer);
            if (found.kind === "file") return file(found.path);
            if (found.kind === "npm" || !isStage) return { path, external: true };
            refused = new Failed({ reason: "unbundled-import", stage: unit, specifier: path });
            return { errors: [{ text: refused.message }] };
          });
          build.onLoad({ filter: /.*/, namespace: "repository" }, ({ path }) => {
            const contents = Deno.readFileSync(path);
            files[relative(root, path).replaceAll("\\", "/")] = sha256Of(contents);
            return { contents, loader: path.endsWith(".json") ? "json" : "ts" };
          });
        },
      }],
    }).catch((error: Error) => {
      throw refused ??
        new Failed({ reason: "code-unreadable", stage: unit, message: error.message });
    });
    for (const specifier of named) {
      if (find(specifier, entry).kind === "npm") continue;
      throw new Failed({ reason: "unbundled-import", stage: unit, specifier });
    }
    const used = [
      ...named,
      ...Object.values(built.metafile!.outputs).flatMap(({ imports }) => imports)
        .map(({ path }) => path),
    ];
    result.set(unit, {
      sha256: sha256Of(built.outputFiles![0].contents),
      packages: isStage
        ? lockedPackages(used.flatMap((specifier) => packages.get(specifier) ?? []), lock)
        : [],
      files,
    });
  }
  return result;
}

/** esbuild in this process, as WebAssembly: it needs to read its own file and nothing else. */
export async function startBundler(): Promise<typeof import("esbuild-wasm")> {
  const esbuild: typeof import("esbuild-wasm") = await import("esbuild-wasm/esm/browser.js");
  const binary = new URL("esbuild.wasm", import.meta.resolve("esbuild-wasm/package.json"));
  const wasmModule = await WebAssembly.compile(await Deno.readFile(binary));
  try {
    await esbuild.initialize({ wasmModule, worker: false });
  } catch (error) {
    // Initialised by an earlier call in this process: it can be used as it is.
    if (!String(error).includes("more than once")) throw error;
  }
  return esbuild;
}
