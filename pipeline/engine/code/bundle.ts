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
import { type Import as LexedImport, init as startLexer, parse } from "es-module-lexer";
import type { BuildFailure, Loader, Plugin } from "esbuild-wasm";
import { withCanonicalNames } from "./canonical_names.ts";
import { Failed } from "../failed.ts";
import { bundleName } from "./bundle_store.ts";
import { type ImportMap, isOfEngine } from "./import_map.ts";
import type { NpmRange } from "./locked_packages.ts";
import { pureNodeModules } from "../sandbox/pure_node_modules.ts";
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

/** The one place where every module appears to lie; no path leads anywhere from there. */
const virtualUrl = "file:///project/module.js";

/** File names → how esbuild reads them. */
const loaders: Record<string, Loader> = {
  ".ts": "ts",
  ".mts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".jsx": "jsx",
  ".json": "json",
};

/** `type` of an import's attributes → how esbuild reads the file. */
const attributed: Record<string, Loader> = { json: "json", text: "text", bytes: "binary" };

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

/** A file that a module names relative to itself. */
interface Asset {
  readonly path: string;
  /** A worker's module, which is bundled like the stage. */
  readonly isModule: boolean;
}

/** A source file, made JavaScript. */
interface Module {
  readonly text: string | Uint8Array;
  readonly loader: Loader;
  readonly sha256: string;
  /** Stand-in → the file that the module names by `new URL(…, import.meta.url)`. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** Paths of what it names so and is no file, but may become one. */
  readonly absent: readonly string[];
  /** Lines with an `import()` of something other than a literal. */
  readonly computed: readonly string[];
}

/** The language that V8 runs: all but decorators, which Deno compiles too. */
const language = { target: "esnext", supported: { decorators: false } };

/** Bundles by one import map; a file that several stages use is read once. */
export interface Bundler {
  /** Throws a failure that names the stage and the place. */
  bundle(entry: Entry): Promise<Bundle>;
}

export async function openBundler(root: string, importMap: ImportMap): Promise<Bundler> {
  const [esbuild] = await Promise.all([startBundler(), startLexer]);
  const modules = new Map<string, Promise<Module>>();

  /** Reads a file as a module, in a form that it has. */
  const load = async (path: string, type: string | undefined): Promise<Module> => {
    const bytes = Deno.readFileSync(path);
    const sha256 = sha256Of(bytes);
    const loader = formOf(path, type)!;
    if (loader === "json" || type !== undefined) {
      return { text: bytes, loader, sha256, assets: new Map(), absent: [], computed: [] };
    }
    const name = importMap.nameOf(path);
    const { code } = await esbuild.transform(bytes, {
      loader,
      ...language,
      charset: "utf8",
      sourcefile: name,
      sourcemap: "inline",
      sourcesContent: false,
      tsconfigRaw: { compilerOptions: importMap.compilerOptionsOf(path) },
    });
    return { ...located(code, path, name, importMap), loader: "js", sha256 };
  };
  const moduleAt = (path: string, type: string | undefined): Promise<Module> => {
    const key = `${type ?? ""} ${path}`;
    let module = modules.get(key);
    if (module === undefined) modules.set(key, module = load(path, type));
    return module;
  };

  /** One module and what it names, before the paths of the files beside it are filled in. */
  const compile = async ({ unit, module: entryModule, export: exported, isWorker }: Entry) => {
    const files: Record<string, string> = {};
    /** The bundler's name of a file → its path relative to the root. */
    const paths = new Map<string, string>();
    const packages: (NpmRange & { rest: string })[] = [];
    const assets = new Map<string, Asset>();
    const computed: string[] = [];
    /** Modules of Node that no stage may use → the file that imports them. */
    const impure = new Map<string, string>();
    let refused: Failed | undefined;
    const refuse = (failure: Failed) => {
      refused ??= failure;
      return { errors: [{ text: failure.message }] };
    };
    const plugin: Plugin = {
      name: "repository",
      setup(build) {
        build.onResolve({ filter: /.*/ }, ({ path: specifier, pluginData: importer }) => {
          if (specifier.startsWith("node:")) {
            if (!isOfEngine(importer) && !pureNodeModules.has(specifier.slice("node:".length))) {
              impure.set(specifier, importMap.nameOf(importer));
            }
            return { path: specifier, external: true, sideEffects: false };
          }
          const found = importMap.resolve(specifier, importer ?? fileURLToPath(entryModule));
          switch (found.kind) {
            case "file":
              return {
                path: importMap.nameOf(found.path),
                namespace: "repository",
                sideEffects: !isOfEngine(found.path) || found.path === nestedPath,
                pluginData: found.path,
              };
            case "npm":
              packages.push(found);
              return { path: `npm:${found.range}${found.rest}`, external: true };
            case "unknown":
              return refuse(new Failed({ reason: "unbundled-import", stage: unit, specifier }));
          }
        });
        build.onLoad(
          { filter: /.*/, namespace: "repository" },
          async ({ path: name, pluginData: path, with: { type } }) => {
            if (formOf(path, type) === undefined) {
              return refuse(
                new Failed({ reason: "unknown-import-form", stage: unit, path: name, type }),
              );
            }
            const module = await moduleAt(path, type);
            const file = relative(root, path).replaceAll(sep, "/");
            files[file] = module.sha256;
            paths.set(`repository:${name}`, file);
            for (const [asset, at] of module.assets) assets.set(asset, at);
            for (const lacking of module.absent) {
              files[relative(root, lacking).replaceAll(sep, "/")] = "";
            }
            computed.push(...module.computed);
            return { contents: module.text, loader: module.loader, pluginData: path };
          },
        );
      },
    };
    const from = JSON.stringify(entryModule);
    const contents = isWorker
      ? `import ${JSON.stringify(pathToFileURL(nestedPath).href)};\nimport ${from};`
      : exported === undefined
      ? `export * from ${from};`
      : `export { ${exported} as stage } from ${from};`;
    try {
      const built = await esbuild.build({
        format: "esm",
        ...language,
        charset: "utf8",
        legalComments: "none",
        sourcesContent: false,
        stdin: { contents, loader: "js" },
        bundle: true,
        write: false,
        minify: true,
        logLevel: "silent",
        sourcemap: "external",
        metafile: true,
        outfile: bundleName,
        plugins: [plugin],
      });
      const [mapFile, codeFile] = built.outputFiles!.toSorted((a) =>
        a.path.endsWith(".map") ? -1 : 1
      );
      const { code, map } = withCanonicalNames({ code: codeFile.text, map: mapFile.text });
      if (computed.length > 0 && hasComputedImport(code)) {
        throw new Failed({ reason: "computed-import", stage: unit, places: computed });
      }
      const outputs = Object.values(built.metafile!.outputs);
      const imported = outputs.flatMap(({ imports }) => imports);
      for (const { path: specifier } of imported) {
        const path = impure.get(specifier);
        if (path === undefined) continue;
        throw new Failed({ reason: "impure-import", stage: unit, specifier, path });
      }
      const used = packages.filter(({ range, rest }) =>
        imported.some(({ path }) => path === `npm:${range}${rest}`)
      );
      const sources = outputs.flatMap(({ inputs }) => Object.entries(inputs))
        .flatMap(([name, { bytesInOutput }]) => bytesInOutput > 0 ? paths.get(name) ?? [] : []);
      // What only unused code names is not part of it.
      const named = [...assets].filter(([name]) => code.includes(name));
      return { code, map, files, sources, packages: used, assets: named };
    } catch (error) {
      if (error instanceof Failed) throw error;
      const message = problemsIn(error).join("\n");
      throw refused ?? new Failed({ reason: "code-unreadable", stage: unit, message });
    }
  };

  /** A compiled module with the files beside it, each named by its content. */
  const complete = async (
    entry: Entry,
    within: readonly string[] = [],
  ): Promise<Omit<Bundle, "text"> & Compiled> => {
    const { code, map, assets, ...compiled } = await compile(entry);
    const files = { ...compiled.files };
    const sources = [...compiled.sources];
    const packages: NpmRange[] = [...compiled.packages];
    const beside: BundledFile[] = [];
    let text = code;
    for (const [standIn, { path, isModule }] of assets) {
      let content: Uint8Array | string;
      if (isModule) {
        if (within.includes(path)) {
          const message = `${importMap.nameOf(path)} starts a worker of itself, by way of ` +
            `${within.length} workers; expected an end.`;
          throw new Failed({ reason: "code-unreadable", stage: entry.unit, message });
        }
        const module = pathToFileURL(path).href;
        const inner = await complete(
          { ...entry, module, export: undefined, isWorker: true },
          [...within, path],
        );
        const map = `${sha256Of(inner.code).slice(0, 16)}.js.map`;
        content = `${inner.code}//# sourceMappingURL=${map}\n`;
        beside.push({ name: map, content: namedSources(inner.map) });
        Object.assign(files, inner.files);
        sources.push(...inner.sources);
        packages.push(...inner.packages);
        beside.push(...inner.beside);
      } else {
        content = Deno.readFileSync(path);
        const file = relative(root, path).replaceAll(sep, "/");
        files[file] = sha256Of(content);
        sources.push(file);
      }
      const name = `${sha256Of(content)}${extname(standIn)}`;
      beside.push({ name, content });
      text = text.replaceAll(standIn, name);
    }
    return { code: text, map, files, sources, packages, beside };
  };

  return {
    async bundle(entry) {
      const { code, map, beside, ...rest } = await complete(entry);
      const mapName = `${bundleName}.map`;
      return {
        ...rest,
        text: `${code}//# sourceMappingURL=${mapName}\n`,
        beside: [...beside, { name: mapName, content: namedSources(map) }],
      };
    },
  };
}

/** Messages of the bundler about modules that it cannot read or join, each with its place. */
function problemsIn(error: unknown): string[] {
  const { errors } = error as Partial<BuildFailure>;
  if (errors === undefined) return [wordThrown(error)];
  return errors.flatMap(({ text, location, detail }) => {
    // Of a module that could not be read: the failure within it, not that of the import.
    if (detail instanceof Error && "errors" in detail) return problemsIn(detail);
    if (location === null) return [text];
    const { file, line, column } = location;
    return [`${file.replace(/^repository:/, "")}:${line}:${column + 1}: ${text}`];
  });
}

/** A module's text, and where each place of it comes from. */
interface Compiled {
  readonly code: string;
  readonly map: string;
}

/** The loader of a file, by its name or by the `type` that its import gives; undefined where neither says. */
const formOf = (path: string, type: string | undefined): Loader | undefined =>
  type === undefined ? loaders[extname(path)] : attributed[type];

/**
 * Gives `import.meta` its fixed meaning in a module's text, and finds what it names by it. The text comes
 * from esbuild's printer, so that `new URL` with a literal has one spelling.
 */
function located(
  code: string,
  path: string,
  name: string,
  importMap: ImportMap,
): Pick<Module, "text" | "assets" | "absent" | "computed"> {
  const [imports] = parse(code);
  const assets = new Map<string, Asset>();
  const absent: string[] = [];
  const computed: string[] = [];
  let text = "";
  let done = 0;
  const put = (from: number, to: number, replacement: string) => {
    text += code.slice(done, from) + replacement;
    done = to;
  };
  for (const found of imports) {
    if (isComputed(found)) {
      const line = code.slice(found.importStart).split("\n", 1)[0];
      computed.push(`${name}: ${line.length > 80 ? `${line.slice(0, 80)}…` : line}`);
    }
    if (found.type !== "import-meta") continue;
    const { start, end } = found;
    const named = /new URL\((["'`])((?:(?!\1)[^\\$\n])+)\1, $/.exec(code.slice(done, start));
    const file = named && code.startsWith(".url)", end) ? fileBeside(path, named[2]) : undefined;
    if (file !== undefined && !isFile(file)) absent.push(file);
    if (named && file !== undefined && isFile(file)) {
      const before = code.slice(0, start - named[0].length);
      const isModule = /new (?:globalThis\.)?Worker\(\s*$/.test(before);
      const asset = standInFor(importMap.nameOf(file), isModule);
      assets.set(asset, { path: file, isModule });
      put(start - named[0].length, end, `new URL("./${asset}", import.meta`);
    } else if (code.startsWith(".url", end) && !/[\w$]/.test(code[end + 4] ?? "")) {
      put(start, end + 4, JSON.stringify(virtualUrl));
    } else {
      put(start, end, virtualMeta);
    }
  }
  return { text: text + code.slice(done), assets, absent, computed };
}

const isComputed = (found: LexedImport): boolean =>
  found.type === "dynamic" && (found.specifier === null || found.specifier === undefined);

const hasComputedImport = (code: string): boolean => parse(code)[0].some(isComputed);

/** All of `import.meta` but for `resolve`, which would lead to files that no key holds. */
const virtualMeta = `({ url: ${JSON.stringify(virtualUrl)}, filename: "/project/module.js", ` +
  `dirname: "/project", main: false, resolve() { throw new Error("import.meta.resolve leads to a ` +
  `file that the stage's key does not hold; use effects.readPackageFile, or new URL with the name ` +
  `written out"); } })`;

/** The path of what a module names relative to itself, whether it is there or not; undefined of no path. */
function fileBeside(module: string, specifier: string): string | undefined {
  try {
    const url = new URL(specifier, pathToFileURL(module));
    if (url.protocol !== "file:") return undefined;
    return fileURLToPath(url);
  } catch {
    // It stays a name, and whoever reads it is refused.
    return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * The name by which a module calls a file beside the bundle until its content is known. It has the length
 * and the letters of the hash that takes its place, and depends on the file's name alone.
 */
const standInFor = (name: string, isModule: boolean): string =>
  `${sha256Of(`asset ${isModule} ${name}`)}${isModule ? ".js" : extname(name)}`;

/** A source map whose sources are names with `sourceScheme`, which no directory changes. */
function namedSources(map: string): string {
  const { sources, ...rest } = JSON.parse(map) as { sources: string[] };
  const named = sources.map((source) => `${sourceScheme}${source.replace(/^repository:/, "")}`);
  return JSON.stringify({ ...rest, sources: named });
}
