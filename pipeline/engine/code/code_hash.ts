/**
 * Hashes the code of each stage: the module that it is bundled into, and the locked npm packages that it
 * uses. Workers run the hashed bundle, so editing a file during a run changes nothing. A
 * cache file saves the bundling while no source file changes.
 */
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Sha256 } from "../../../schemas/run/digest.ts";
import { apart } from "./apart.ts";
import { bundlePath, bundlesIn, hasBundle, hashInName, writeBundle } from "./bundle_store.ts";
import { Failed } from "../failed.ts";
import { configurationFiles, type ImportMap, readImportMap } from "./import_map.ts";
import {
  installedAt,
  LockedPackage,
  lockedPackages,
  type NpmRange,
  packageDirectory,
  readLock,
} from "./locked_packages.ts";
import { reachedFiles } from "./module_graph.ts";
import type { AnyStage } from "../stage.ts";
import { look } from "../../store/cached_output/observation.ts";
import { digestOf, forget, type StatTable } from "../../store/stat_cache.ts";
import { sha256Of } from "../../store/sha256.ts";
import { cachedValue, writeCachedValue } from "../../store/cache_file.ts";

const Code = z.strictObject({
  /** SHA-256 of the bundle's text. */
  sha256: Sha256,
  /** Names of the files beside the bundle that the stage loads or reads, each with its SHA-256 in front. */
  beside: z.array(z.string()),
  packages: z.array(LockedPackage),
  /** Directories of the packages and of what they bring along, relative to the root. */
  installed: z.array(z.string()),
  /** Directories of the packages that the stage reads files of, by name, relative to the root. */
  data: z.record(z.string(), z.string()),
  /** Every file that was read or looked for, relative to the root → SHA-256; "" of none. */
  files: z.record(z.string(), Sha256.or(z.literal(""))),
  /** Those of `files` of which the bundle has something. */
  sources: z.array(z.string()),
});
export type Code = z.infer<typeof Code>;

/** The part of it that enters a key. */
export type CodeIdentity = Pick<Code, "sha256" | "packages">;

/** A stage, which is bundled, or a part of the program itself, whose files are listed. */
export interface Unit extends Pick<AnyStage, "name" | "packages"> {
  /** URL of the module where bundling starts. */
  readonly module: string;
  /** The export that is the stage; without it, the module's exports are searched for the stage's name. */
  readonly export?: string;
  readonly isStage?: boolean;
}

const CacheFile = z.strictObject({
  version: z.literal(6),
  /** The import map and the lock that the entries were made with. */
  configuration: z.string(),
  units: z.record(z.string(), Code.extend({ entry: z.string() })),
});
type Cached = z.infer<typeof CacheFile>["units"];

/**
 * The code of each unit, by its name. `root` is the repository's directory, with its `deno.json` and
 * `deno.lock`; `store` is the store's, which may not exist yet. `onBundling` is called before work that
 * takes about a second. `hasStage` tells whether the project has a stage of a name.
 */
export async function codeOf(
  units: Iterable<Unit>,
  root: string,
  table: StatTable,
  store: string,
  onBundling: () => void,
  hasStage: (name: string) => boolean = () => true,
): Promise<Map<string, Code>> {
  const configuration = configurationFiles(root).map((file) => digestOf(table, file)).join(" ");
  const cacheFile = join(store, "code.json");
  const cached = readCache(cacheFile, configuration);
  const digests = new Map<string, string | undefined>();
  const digest = (file: string) => {
    if (!digests.has(file)) digests.set(file, digestOf(table, resolve(root, file)));
    return digests.get(file);
  };
  /** Returns whether a file has these bytes. Reads the file itself if the table reports a change. */
  const isAs = (file: string, sha256: string): boolean => {
    if ((digest(file) ?? "") === sha256) return true;
    forget(table, resolve(root, file));
    digests.delete(file);
    return (digest(file) ?? "") === sha256;
  };
  const codes = new Map<string, Code>();
  const stale: Unit[] = [];
  for (const unit of units) {
    const { entry, ...code } = cached[unit.name] ?? {};
    const isFresh = entry === entryOf(unit, root) &&
      Object.entries(code.files!).every(([file, sha256]) => isAs(file, sha256)) &&
      (unit.isStage === false || hasBundle(store, code as Code));
    if (isFresh) codes.set(unit.name, code as Code);
    else stale.push(unit);
  }
  if (stale.length > 0) {
    const importMap = readImportMap(root);
    const found = await stageCodes(
      stale.filter(({ isStage }) => isStage !== false),
      { root, importMap, store, onBundling },
    );
    for (const unit of stale) {
      const code = found.get(unit) ?? await programCode(unit, root, importMap);
      // The process that bundles read them, so that here nobody has looked at them as they were then.
      for (const [file, sha256] of Object.entries(code.files)) {
        look("content", resolve(root, file), () => sha256);
      }
      codes.set(unit.name, code);
      cached[unit.name] = { ...code, entry: entryOf(unit, root) };
    }
    // A stage is removed or renamed by an edit of the DAG or of what that imports, so something is stale then.
    const kept = Object.entries(cached).filter(([name]) => codes.has(name) || hasStage(name));
    const units = Object.fromEntries(kept);
    writeCachedValue(cacheFile, { version: 6, configuration, units });
  }
  return codes;
}

/** The paths of bundles that no stage had when code was last read: it was edited, renamed or removed. */
export function unusedBundles(store: string): string[] {
  // An unreadable cache loses nothing: bundles still in use are made again.
  const units: Cached = cachedValue(join(store, "code.json"), CacheFile)?.units ?? {};
  const used = new Set(Object.values(units).map(({ sha256 }) => sha256));
  return bundlesIn(store).filter((name) => !used.has(name)).map((name) => bundlePath(store, name));
}

function readCache(cacheFile: string, configuration: string): Cached {
  const cache = cachedValue(cacheFile, CacheFile);
  return cache?.configuration === configuration ? cache.units : {};
}

/** The source of a unit: the module, relative to the root, its export and the packages it names. */
const entryOf = (unit: Unit, root: string): string =>
  [
    relative(root, fileURLToPath(unit.module)).replaceAll(sep, "/"),
    unit.export ?? "*",
    ...unit.packages ?? [],
  ].join(" ");

/** A part of the program, which is known by its files. */
async function programCode({ module }: Unit, root: string, importMap: ImportMap): Promise<Code> {
  const files = await reachedFiles(module, root, importMap);
  const sha256 = sha256Of(JSON.stringify(files));
  return { sha256, beside: [], packages: [], installed: [], data: {}, files, sources: [] };
}

/** Bundles stages and lays the bundles into the store. */
async function stageCodes(
  units: readonly Unit[],
  { root, importMap, store, onBundling }: {
    root: string;
    importMap: ImportMap;
    store: string;
    onBundling: () => void;
  },
): Promise<Map<Unit, Code>> {
  if (units.length === 0) return new Map();
  onBundling();
  const entries = units.map(({ name, module, export: exported }) => ({
    unit: name,
    module,
    export: exported,
  }));
  const bundles = await apart({
    program: import.meta.resolve("./bundle_process.ts"),
    root,
    task: { entries, root, packages: importMap.packages },
    // Loaded here, because most runs bundle nothing.
    here: async (task) => await (await import("./bundle.ts")).bundleAll(task),
  });
  const lock = readLock(root);
  return new Map(units.map((unit, i) => {
    const bundle = bundles[i];
    const { name, module, packages: named = [] } = unit;
    const sha256 = sha256Of(bundle.text);
    writeBundle(store, sha256, bundle);
    const data = named.map((specifier): NpmRange => {
      const found = importMap.resolve(specifier, fileURLToPath(module));
      if (found.kind === "npm") return found;
      throw new Failed({ reason: "unbundled-import", stage: name, specifier });
    });
    const used = [...bundle.packages, ...data];
    const beside = bundle.beside.map(({ name }) => name);
    return [unit, {
      sha256,
      beside: beside.filter((name) => hashInName(name) !== undefined),
      packages: lockedPackages(used, lock),
      installed: installedAt(used, lock),
      data: Object.fromEntries(data.map((one) => [one.name, packageDirectory(one, lock)])),
      files: { ...bundle.files },
      sources: [...new Set(bundle.sources)].sort(),
    }];
  }));
}
