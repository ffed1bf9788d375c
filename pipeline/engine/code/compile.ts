/**
 * Compiles entries and everything that they import into one module each, by esbuild. Earlier names make no
 * difference: they are made canonical at the end.
 */
import { basename, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, Metafile, OnLoadResult, OnResolveResult, Plugin } from "esbuild-wasm";
import { withCanonicalNames } from "./canonical_names.ts";
import { Failed } from "../failed.ts";
import { type ImportMap, isOfEngine } from "./import_map.ts";
import type { NpmRange } from "./locked_packages.ts";
import { pureNodeModules } from "../sandbox/pure_node_modules.ts";
import {
  type Asset,
  formOf,
  hasComputedImport,
  language,
  type sourceModules,
} from "./source_module.ts";
import { wordThrown } from "../sandbox/thrown.ts";

/** The module where bundling starts. */
export interface Entry {
  /** The stage's name, for messages. */
  readonly unit: string;
  /** URL of a module of the repository. */
  readonly module: string;
  /** The export that is bundled, under the name `stage`; without it, all exports under their own names. */
  readonly export?: string;
  /** True for a worker that the stage starts: the fixed globals come before it. */
  readonly isWorker?: boolean;
}

/** The module that comes first in a worker of a stage. */
const nested = new URL("../sandbox/sandbox_nested.ts", import.meta.url).href;

export interface CompilerContext {
  readonly esbuild: typeof import("esbuild-wasm");
  readonly root: string;
  readonly importMap: ImportMap;
  readonly moduleAt: Awaited<ReturnType<typeof sourceModules>>;
}

/** A module's text, and where each place of it comes from. */
export interface Text {
  readonly code: string;
  readonly map: string;
}

/** A bundle before the paths of the files beside it are filled in. */
export interface Compiled extends Text {
  /** Every file that was read, by its path relative to the root → SHA-256 of its content; "" of none. */
  readonly files: Readonly<Record<string, string>>;
  /** Those of them of which the text has something. */
  readonly sources: readonly string[];
  /** The npm packages that it imports. */
  readonly packages: readonly NpmRange[];
  /** Stand-in in the text → the file that it stands for. */
  readonly assets: readonly (readonly [string, Asset])[];
}

/** The path of a file relative to the root, with "/". */
export const nameIn = ({ root }: CompilerContext, path: string): string =>
  relative(root, path).replaceAll(sep, "/");

/** Everything that esbuild met in one build, of all its entries. */
interface Met {
  /** Modules by esbuild's name for them. */
  readonly modules: Map<string, MetModule>;
  /** By name and path. */
  readonly packages: Map<string, MetPackage>;
  readonly assets: Map<string, Asset>;
}

interface MetPackage extends NpmRange {
  /** The path by which esbuild knows it. */
  readonly path: string;
}

interface MetModule {
  /** The name in messages. */
  readonly name: string;
  /** The path relative to the root. */
  readonly file: string;
  /** The file, and what it names but is not there, by path relative to the root → SHA-256; "" of none. */
  readonly files: Readonly<Record<string, string>>;
  /** Places of imports with computed names. */
  readonly computed: readonly string[];
  /** Modules of Node that it imports and that no stage may use. */
  readonly impure: string[];
  /** True where a bundle may have constants of it and nothing else. */
  readonly isInlined: boolean;
}

/**
 * Compiles entries in one build, which reads and parses each module once. A build that fails is done again
 * entry by entry, so that the failure names the stage that has it.
 */
export async function compileAll(
  context: CompilerContext,
  entries: readonly Entry[],
): Promise<Compiled[]> {
  const met: Met = { modules: new Map(), packages: new Map(), assets: new Map() };
  let built;
  try {
    built = await build(context, entries, met);
  } catch (error) {
    if (entries.length === 1) throw refusalIn(error) ?? unreadable(entries[0], error);
    const compiled: Compiled[] = [];
    for (const entry of entries) compiled.push(...await compileAll(context, [entry]));
    return compiled;
  }
  const { metafile } = built;
  // esbuild loads modules in any order.
  const assets = sortedByKey(met.assets);
  const packages = sortedByKey(met.packages);
  const texts = new Map(built.outputFiles.map(({ path, text }) => [basename(path), text]));
  return entries.map((entry, i) => {
    const { inputs, imports } = metafile.outputs[`${i}.js`];
    const imported = imports.map(({ path }) => path);
    const modules = reachedFrom(`entry:${i}`, metafile.inputs)
      .flatMap((name) => met.modules.get(moduleName(name)) ?? []);
    const { code, map } = withCanonicalNames({
      code: texts.get(`${i}.js`)!,
      map: texts.get(`${i}.js.map`)!,
    });
    refuseUnkeyed(entry, code, imported, modules);
    return {
      code,
      map,
      files: Object.assign({}, ...modules.map(({ files }) => files)),
      sources: [
        ...Object.entries(inputs).flatMap(([name, { bytesInOutput }]) =>
          bytesInOutput > 0 ? met.modules.get(moduleName(name))?.file ?? [] : []
        ),
        // A constant in the place of its name counts as no byte of its module.
        ...modules.flatMap(({ isInlined, file }) => isInlined ? file : []),
      ],
      packages: packages.flatMap(([, { name, range, path }]) =>
        imported.includes(path) ? { name, range } : []
      ),
      // A file that only unused code names is not part of it.
      assets: assets.filter(([name]) => code.includes(name)),
    };
  });
}

const sortedByKey = <Value>(map: ReadonlyMap<string, Value>): [string, Value][] =>
  [...map].sort(([a], [b]) => a < b ? -1 : 1);

const build = (context: CompilerContext, entries: readonly Entry[], met: Met) =>
  context.esbuild.build({
    format: "esm",
    ...language,
    charset: "utf8",
    legalComments: "none",
    sourcesContent: false,
    entryPoints: entries.map((_, i) => ({ in: `entry:${i}`, out: `${i}` })),
    // Names of outputs are relative to it.
    absWorkingDir: "/",
    outdir: "/",
    bundle: true,
    write: false,
    minify: true,
    logLevel: "silent",
    sourcemap: "external",
    metafile: true,
    plugins: [entriesPlugin(entries), repositoryPlugin(context, entries, met)],
  });

const unreadable = ({ unit: stage }: Entry, error: unknown): unknown =>
  error instanceof Failed ? error : new Failed({
    reason: "code-unreadable",
    stage,
    message: problemsIn(error).join("\n"),
  });

const namespace = "repository";

/** esbuild's name of a module. */
const idOf = (name: string): string => `${namespace}:${name}`;

/** Without the attributes of the import: esbuild lists a module once for each. */
const moduleName = (name: string): string => name.replace(/ with \{[^{}]*\}$/, "");

/** The names of all modules that a module imports, and they import, with itself. */
function reachedFrom(entry: string, inputs: Metafile["inputs"]): string[] {
  const reached = new Set([entry]);
  // A set's iteration goes on with what is added meanwhile.
  for (const name of reached) {
    for (const { path, external } of inputs[name].imports) if (!external) reached.add(path);
  }
  return [...reached];
}

/** The module that imports the entry. */
function startOf({ module, export: exported, isWorker }: Entry): string {
  const from = JSON.stringify(module);
  if (isWorker) return `import ${JSON.stringify(nested)};\nimport ${from};`;
  if (exported === undefined) return `export * from ${from};`;
  return `export { ${exported} as stage } from ${from};`;
}

/** Throws for code that imports what cannot enter the key. */
function refuseUnkeyed(
  { unit: stage }: Entry,
  code: string,
  imported: readonly string[],
  modules: readonly MetModule[],
): void {
  const places = modules.flatMap(({ computed }) => computed);
  if (places.length > 0 && hasComputedImport(code)) {
    throw new Failed({ reason: "computed-import", stage, places });
  }
  for (const specifier of imported) {
    const path = modules.findLast(({ impure }) => impure.includes(specifier))?.name;
    if (path !== undefined) throw new Failed({ reason: "impure-import", stage, specifier, path });
  }
}

/** Gives each entry the module that imports it, under the name `entry:<number>`. */
const entriesPlugin = (entries: readonly Entry[]): Plugin => ({
  name: "entries",
  setup(build) {
    const namespace = "entry";
    build.onResolve(
      { filter: /^entry:/ },
      ({ path, kind }) =>
        kind === "entry-point"
          ? { path: path.slice(`${namespace}:`.length), namespace }
          : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
      const entry = entries[Number(path)];
      return { contents: startOf(entry), loader: "js", pluginData: fileURLToPath(entry.module) };
    });
  },
});

/** Resolves and loads modules by the import map, and records what esbuild met. */
function repositoryPlugin(
  context: CompilerContext,
  [{ unit: stage }]: readonly Entry[],
  met: Met,
): Plugin {
  const { importMap, moduleAt } = context;
  const refuse = (failure: Failed) => ({ errors: [{ text: failure.message, detail: failure }] });
  const resolve = (specifier: string, importer: string): OnResolveResult => {
    if (specifier.startsWith("node:")) {
      if (!isOfEngine(importer) && !pureNodeModules.has(specifier.slice("node:".length))) {
        met.modules.get(idOf(importMap.nameOf(importer)))!.impure.push(specifier);
      }
      return { path: specifier, external: true, sideEffects: false };
    }
    const found = specifier === nested
      ? { kind: "file" as const, path: importMap.engineModule(fileURLToPath(nested)) }
      : importMap.resolve(specifier, importer);
    switch (found.kind) {
      case "file":
        return {
          path: importMap.nameOf(found.path),
          namespace,
          sideEffects: !isOfEngine(found.path) || specifier === nested,
          pluginData: found.path,
        };
      case "npm": {
        const { name, range, rest } = found;
        const path = `npm:${range}${rest}`;
        met.packages.set(`${name} ${path}`, { name, range, path });
        return { path, external: true };
      }
      case "unknown":
        return refuse(new Failed({ reason: "unbundled-import", stage, specifier }));
    }
  };
  const load = async (name: string, path: string, type?: string): Promise<OnLoadResult> => {
    if (formOf(path, type) === undefined) {
      return refuse(new Failed({ reason: "unknown-import-form", stage, path: name, type }));
    }
    const { text, loader, sha256, assets, absent, computed, hasConstant } = await moduleAt(
      path,
      type,
    );
    const file = nameIn(context, path);
    for (const [asset, at] of assets) met.assets.set(asset, at);
    const lacking = absent.map((path) => [nameIn(context, path), ""]);
    met.modules.set(idOf(name), {
      name,
      file,
      files: { [file]: sha256, ...Object.fromEntries(lacking) },
      computed,
      impure: [],
      isInlined: hasConstant && !isOfEngine(path),
    });
    return { contents: text, loader, pluginData: path };
  };
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, pluginData }) => resolve(path, pluginData));
      build.onLoad(
        { filter: /.*/, namespace },
        ({ path, pluginData, with: { type } }) => load(path, pluginData, type),
      );
    },
  };
}

/** The first import that was refused, by its place: esbuild sorts errors by it. */
const refusalIn = (error: unknown): Failed | undefined =>
  (error as Partial<BuildFailure>).errors?.map(({ detail }) => detail)
    .find((detail) => detail instanceof Failed);

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
