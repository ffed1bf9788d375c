/**
 * Bundles a stage into the one module that its worker runs: everything that it imports from the repository
 * and from the packages that it links, with types, comments and unused code gone and names made short. The
 * text depends on the modules and on the names by which they import each other, and on nothing else: not
 * on the path of the checkout, the user or the order of files. npm packages stay outside, by the range
 * that the import map has for them.
 *
 * Their earlier names make no difference: they are made canonical at the end.
 */
import { extname, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BuildFailure, OnLoadResult, OnResolveResult, Plugin } from "esbuild-wasm";
import { withCanonicalNames } from "./canonical_names.ts";
import { Failed } from "../failed.ts";
import { bundleName } from "./bundle_store.ts";
import { type ImportMap, isOfEngine } from "./import_map.ts";
import type { NpmRange } from "./locked_packages.ts";
import { pureNodeModules } from "../sandbox/pure_node_modules.ts";
import { type Asset, formOf, hasComputedImport, language, sourceModules } from "./source_module.ts";
import { sha256Of } from "../../store/sha256.ts";
import { sourceScheme } from "../sandbox/stage_error.ts";
import { wordThrown } from "../sandbox/thrown.ts";

/** The module where bundling starts. */
interface Entry {
  /** The stage's name, for messages. */
  readonly unit: string;
  /** URL of a module of the repository. */
  readonly module: string;
  /** The export that is bundled, under the name `stage`; without it, all exports under their own names. */
  readonly export?: string;
  /** True for a worker that the stage starts: the fixed globals come before it. */
  readonly isWorker?: boolean;
}

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

/** The module that comes first in a worker of a stage. */
const nestedPath = fileURLToPath(new URL("../sandbox/sandbox_nested.ts", import.meta.url));

/** Bundles by one import map; a file that several stages use is read once. */
export interface Bundler {
  /** Throws a failure that names the stage and the place. */
  bundle(entry: Entry): Promise<Bundle>;
}

export async function openBundler(root: string, importMap: ImportMap): Promise<Bundler> {
  const esbuild = await startBundler();
  const moduleAt = await sourceModules(esbuild, importMap);
  const context: Context = { esbuild, root, importMap, moduleAt };
  return {
    async bundle(entry) {
      const { code, map, beside, ...rest } = await complete(context, entry);
      const mapName = `${bundleName}.map`;
      return {
        ...rest,
        text: `${code}//# sourceMappingURL=${mapName}\n`,
        beside: [...beside, { name: mapName, content: namedSources(map) }],
      };
    },
  };
}

interface Context {
  readonly esbuild: typeof import("esbuild-wasm");
  readonly root: string;
  readonly importMap: ImportMap;
  readonly moduleAt: Awaited<ReturnType<typeof sourceModules>>;
}

/** A module's text, and where each place of it comes from. */
interface Compiled {
  readonly code: string;
  readonly map: string;
}

/** Compiles an entry and the files beside it, each named by its content. */
async function complete(
  context: Context,
  entry: Entry,
  within: readonly string[] = [],
): Promise<Omit<Bundle, "text"> & Compiled> {
  const { code, map, assets, ...compiled } = await compile(context, entry);
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
    const name = `${sha256Of(content)}${extname(standIn)}`;
    beside.push({ name, content });
    text = text.replaceAll(standIn, name);
  }
  return { code: text, map, files, sources, packages, beside };
}

/** Compiles the module of a worker that an entry starts; `within` are the workers around it. */
async function completeWorker(
  context: Context,
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
  return await complete(context, worker, [...within, path]);
}

/** The path of a file relative to the root, with "/". */
const nameIn = ({ root }: Context, path: string): string =>
  relative(root, path).replaceAll(sep, "/");

/** Everything that esbuild met while it built an entry. */
interface Met {
  readonly files: Record<string, string>;
  /** The bundler's name of a file → its path relative to the root. */
  readonly paths: Map<string, string>;
  readonly packages: (NpmRange & { rest: string })[];
  readonly assets: Map<string, Asset>;
  readonly computed: string[];
  /** Modules of Node that no stage may use → the file that imports them. */
  readonly impure: Map<string, string>;
  /** The first import that was refused. */
  refused?: Failed;
}

/** Compiles one entry and what it imports, before the paths of the files beside it are filled in. */
async function compile(context: Context, entry: Entry) {
  const met: Met = {
    files: {},
    paths: new Map(),
    packages: [],
    assets: new Map(),
    computed: [],
    impure: new Map(),
  };
  try {
    const built = await context.esbuild.build({
      format: "esm",
      ...language,
      charset: "utf8",
      legalComments: "none",
      sourcesContent: false,
      stdin: { contents: startOf(entry), loader: "js" },
      bundle: true,
      write: false,
      minify: true,
      logLevel: "silent",
      sourcemap: "external",
      metafile: true,
      outfile: bundleName,
      plugins: [repositoryPlugin(context, entry, met)],
    });
    const [mapFile, codeFile] = built.outputFiles!.toSorted((a) =>
      a.path.endsWith(".map") ? -1 : 1
    );
    const { code, map } = withCanonicalNames({ code: codeFile.text, map: mapFile.text });
    const outputs = Object.values(built.metafile!.outputs);
    const imported = outputs.flatMap(({ imports }) => imports);
    refuseUnkeyed(entry, code, imported, met);
    const packages = met.packages.filter(({ range, rest }) =>
      imported.some(({ path }) => path === `npm:${range}${rest}`)
    );
    const sources = outputs.flatMap(({ inputs }) => Object.entries(inputs))
      .flatMap(([name, { bytesInOutput }]) => bytesInOutput > 0 ? met.paths.get(name) ?? [] : []);
    // A file that only unused code names is not part of it.
    const assets = [...met.assets].filter(([name]) => code.includes(name));
    return { code, map, files: met.files, sources, packages, assets };
  } catch (error) {
    if (error instanceof Failed) throw error;
    const message = problemsIn(error).join("\n");
    throw met.refused ?? new Failed({ reason: "code-unreadable", stage: entry.unit, message });
  }
}

/** The module that imports the entry. */
function startOf({ module, export: exported, isWorker }: Entry): string {
  const from = JSON.stringify(module);
  if (isWorker) return `import ${JSON.stringify(pathToFileURL(nestedPath).href)};\nimport ${from};`;
  if (exported === undefined) return `export * from ${from};`;
  return `export { ${exported} as stage } from ${from};`;
}

/** Throws for code that imports what cannot enter the key. */
function refuseUnkeyed(
  { unit: stage }: Entry,
  code: string,
  imported: readonly { path: string }[],
  { computed, impure }: Met,
): void {
  if (computed.length > 0 && hasComputedImport(code)) {
    throw new Failed({ reason: "computed-import", stage, places: computed });
  }
  for (const { path: specifier } of imported) {
    const path = impure.get(specifier);
    if (path !== undefined) throw new Failed({ reason: "impure-import", stage, specifier, path });
  }
}

/** Resolves and loads modules by the import map, and records what esbuild met. */
function repositoryPlugin(context: Context, { unit: stage, module }: Entry, met: Met): Plugin {
  const { importMap, moduleAt } = context;
  const refuse = (failure: Failed) => {
    met.refused ??= failure;
    return { errors: [{ text: failure.message }] };
  };
  const resolve = (specifier: string, importer: string | undefined): OnResolveResult => {
    if (specifier.startsWith("node:")) {
      if (!isOfEngine(importer!) && !pureNodeModules.has(specifier.slice("node:".length))) {
        met.impure.set(specifier, importMap.nameOf(importer!));
      }
      return { path: specifier, external: true, sideEffects: false };
    }
    const found = importMap.resolve(specifier, importer ?? fileURLToPath(module));
    switch (found.kind) {
      case "file":
        return {
          path: importMap.nameOf(found.path),
          namespace: "repository",
          sideEffects: !isOfEngine(found.path) || found.path === nestedPath,
          pluginData: found.path,
        };
      case "npm":
        met.packages.push(found);
        return { path: `npm:${found.range}${found.rest}`, external: true };
      case "unknown":
        return refuse(new Failed({ reason: "unbundled-import", stage, specifier }));
    }
  };
  const load = async (name: string, path: string, type?: string): Promise<OnLoadResult> => {
    if (formOf(path, type) === undefined) {
      return refuse(new Failed({ reason: "unknown-import-form", stage, path: name, type }));
    }
    const { text, loader, sha256, assets, absent, computed } = await moduleAt(path, type);
    const file = nameIn(context, path);
    met.files[file] = sha256;
    met.paths.set(`repository:${name}`, file);
    for (const [asset, at] of assets) met.assets.set(asset, at);
    for (const lacking of absent) met.files[nameIn(context, lacking)] = "";
    met.computed.push(...computed);
    return { contents: text, loader, pluginData: path };
  };
  return {
    name: "repository",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, pluginData }) => resolve(path, pluginData));
      build.onLoad(
        { filter: /.*/, namespace: "repository" },
        ({ path, pluginData, with: { type } }) => load(path, pluginData, type),
      );
    },
  };
}

/** Messages of the bundler about modules that it cannot read or join, each with its place. */
function problemsIn(error: unknown): string[] {
  const { errors } = error as Partial<BuildFailure>;
  if (errors === undefined) return [wordThrown(error)];
  return errors.flatMap(({ text, location, detail }) => {
    // A module could not be read: the failure within it counts, not that of the import.
    if (detail instanceof Error && "errors" in detail) return problemsIn(detail);
    if (location === null) return [text];
    const { file, line, column } = location;
    return [`${file.replace(/^repository:/, "")}:${line}:${column + 1}: ${text}`];
  });
}

/** A source map whose sources are names with `sourceScheme`, which no directory changes. */
function namedSources(map: string): string {
  const { sources, ...rest } = JSON.parse(map) as { sources: string[] };
  const named = sources.map((source) => `${sourceScheme}${source.replace(/^repository:/, "")}`);
  return JSON.stringify({ ...rest, sources: named });
}
