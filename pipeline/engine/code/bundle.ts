/**
 * Bundles a stage into the one module that its worker runs: everything that it imports from the repository
 * and from the packages that it links, with types, comments and unused code gone and names made short. The
 * text depends on the modules and on the names by which they import each other, and on nothing else: not
 * on the path of the checkout, the user or the order of files. npm packages stay outside, by the range
 * that the import map has for them.
 */
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { Failed } from "../failed.ts";
import { bundleName } from "./bundle_store.ts";
import { startBundler } from "./bundler.ts";
import {
  compileAll,
  type Compiled,
  type CompilerContext,
  type Entry,
  nameIn,
  type Text,
} from "./compile.ts";
import { importMapOf, type Package } from "./import_map.ts";
import type { NpmRange } from "./locked_packages.ts";
import { sourceModules } from "./source_module.ts";
import { sha256Of } from "../../store/sha256.ts";
import { workerEnd } from "../sandbox/worker_end.ts";
import { sourceScheme } from "../sandbox/stage_error.ts";

/** A file that a worker loads or a stage reads: its name beside the bundle, and its content. */
interface BundledFile {
  readonly name: string;
  readonly content: Uint8Array | string;
}

interface Bundle {
  /** The module's text; its SHA-256 is the code's. */
  readonly text: string;
  /** Files beside it: its source map, modules of workers, files named by `new URL`. */
  readonly beside: readonly BundledFile[];
  /** Every file that was read, by its path relative to the root → SHA-256 of its content; "" of none. */
  readonly files: Readonly<Record<string, string>>;
  /** Those of them of which the bundle or a file beside it has something. */
  readonly sources: readonly string[];
  /** The npm packages that it imports. */
  readonly packages: readonly NpmRange[];
}

/** Entries of a repository, whose directory is `root`, with what its import map was read as. */
export interface BundleTask {
  readonly entries: readonly Entry[];
  readonly root: string;
  readonly packages: readonly Package[];
}

/**
 * Returns the bundles of entries, in their order; a file that several stages use is read once. Throws a
 * failure that names the stage and the place.
 */
export async function bundleAll({ entries, root, packages }: BundleTask): Promise<Bundle[]> {
  const esbuild = await startBundler();
  const importMap = importMapOf(packages);
  const moduleAt = await sourceModules(esbuild, importMap);
  const context: CompilerContext = { esbuild, root, importMap, moduleAt };
  const bundles: Bundle[] = [];
  for (const [i, compiled] of (await compileAll(context, entries)).entries()) {
    const { code, map, beside, ...rest } = await complete(context, entries[i], compiled);
    const mapName = `${bundleName}.map`;
    bundles.push({
      ...rest,
      text: `${code}//# sourceMappingURL=${mapName}\n`,
      beside: [...beside, { name: mapName, content: namedSources(map) }],
    });
  }
  return bundles;
}

/** Compiles the files beside an entry, each named by its content. `within` are the workers around it. */
async function complete(
  context: CompilerContext,
  entry: Entry,
  { code, map, assets, ...compiled }: Compiled,
  within: readonly string[] = [],
): Promise<Omit<Bundle, "text"> & Text> {
  const files = { ...compiled.files };
  const sources = [...compiled.sources];
  const packages: NpmRange[] = [...compiled.packages];
  const beside: BundledFile[] = [];
  let text = code;
  for (const [standIn, { path, isModule }] of assets) {
    let content: Uint8Array | string;
    if (isModule) {
      const inner = await completeWorker(context, entry, path, within);
      const map = `${sha256Of(inner.code).slice(0, 16)}.js.map`;
      content = `${inner.code}//# sourceMappingURL=${map}\n`;
      beside.push({ name: map, content: namedSources(inner.map) });
      Object.assign(files, inner.files);
      sources.push(...inner.sources);
      packages.push(...inner.packages);
      beside.push(...inner.beside);
    } else {
      content = Deno.readFileSync(path);
      const file = nameIn(context, path);
      files[file] = sha256Of(content);
      sources.push(file);
    }
    const name = `${sha256Of(content)}${isModule ? workerEnd : extname(standIn)}`;
    beside.push({ name, content });
    text = text.replaceAll(standIn, name);
  }
  return { code: text, map, files, sources, packages, beside };
}

/** Compiles the module of a worker that an entry starts; `within` are the workers around it. */
async function completeWorker(
  context: CompilerContext,
  entry: Entry,
  path: string,
  within: readonly string[],
): ReturnType<typeof complete> {
  if (within.includes(path)) {
    const message = `${context.importMap.nameOf(path)} starts a worker of itself, by way of ` +
      `${within.length} workers; expected an end.`;
    throw new Failed({ reason: "code-unreadable", stage: entry.unit, message });
  }
  const module = pathToFileURL(path).href;
  const worker = { ...entry, module, export: undefined, isWorker: true };
  const [compiled] = await compileAll(context, [worker]);
  return await complete(context, worker, compiled, [...within, path]);
}

/** A source map whose sources are names with `sourceScheme`, which no directory changes. */
function namedSources(map: string): string {
  const { sources, ...rest } = JSON.parse(map) as { sources: string[] };
  const named = sources.map((source) => `${sourceScheme}${source.replace(/^repository:/, "")}`);
  return JSON.stringify({ ...rest, sources: named });
}
