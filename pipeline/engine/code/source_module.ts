/**
 * Makes a source file a module in JavaScript: `import.meta` has a fixed meaning in it, and the files that
 * it names by `import.meta.url` are found. `bundle.ts` joins modules.
 */
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Import as LexedImport, init as startLexer, parse } from "es-module-lexer";
import type { Loader } from "esbuild-wasm";
import type { ImportMap } from "./import_map.ts";
import { readPlain } from "../../store/plain_file.ts";
import { sha256Of } from "../../store/sha256.ts";

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

/** A file that a module names relative to itself. */
export interface Asset {
  readonly path: string;
  /** A worker's module, which is bundled like the stage. */
  readonly isModule: boolean;
}

/** A source file, made JavaScript. */
interface SourceModule {
  readonly text: string | Uint8Array;
  readonly loader: Loader;
  readonly sha256: string;
  /** Stand-in → the file that the module names by `new URL(…, import.meta.url)`. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** Paths of what it names so and is no file, but may become one. */
  readonly absent: readonly string[];
  /** Lines with an `import()` of something other than a literal. */
  readonly computed: readonly string[];
  /** True where it names a constant, whose value the bundler may write where it is used. */
  readonly hasConstant: boolean;
}

/** The language that V8 runs: all but decorators, which Deno compiles too. */
export const language = { target: "esnext", supported: { decorators: false } };

/** The loader of a file, by its name or by the `type` that its import gives; undefined where neither says. */
export const formOf = (path: string, type: string | undefined): Loader | undefined =>
  type === undefined ? loaders[extname(path)] : attributed[type];

/** Returns a reader of modules. It reads and compiles a file once, however many stages use it. */
export async function sourceModules(
  esbuild: typeof import("esbuild-wasm"),
  importMap: ImportMap,
): Promise<(path: string, type: string | undefined) => Promise<SourceModule>> {
  await startLexer;
  const modules = new Map<string, Promise<SourceModule>>();
  return (path, type) => {
    const key = `${type ?? ""} ${path}`;
    let module = modules.get(key);
    if (module === undefined) modules.set(key, module = load(esbuild, importMap, path, type));
    return module;
  };
}

/** Reads a file as a module, in a form that it has. */
async function load(
  esbuild: typeof import("esbuild-wasm"),
  importMap: ImportMap,
  path: string,
  type: string | undefined,
): Promise<SourceModule> {
  const bytes = readPlain(path);
  const sha256 = sha256Of(bytes);
  const loader = formOf(path, type)!;
  if (loader === "json" || type !== undefined) {
    const nothing = { assets: new Map(), absent: [], computed: [], hasConstant: false };
    return { text: bytes, loader, sha256, ...nothing };
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
  const hasConstant = constant.test(code);
  return { ...located(code, path, name, importMap), loader: "js", sha256, hasConstant };
}

/** A constant as esbuild prints it: a number, text, a truth value or none. */
const constant = /\bconst [\w$]+ = (?:-?[\d.]|["'`]|true\b|false\b|null\b|void\b|Infinity\b|NaN\b)/;

/**
 * Gives `import.meta` its fixed meaning in a module's text, and finds what it names by it. The text comes
 * from esbuild's printer, so that `new URL` with a literal has one spelling.
 */
function located(
  code: string,
  path: string,
  name: string,
  importMap: ImportMap,
): Pick<SourceModule, "text" | "assets" | "absent" | "computed"> {
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

export const hasComputedImport = (code: string): boolean => parse(code)[0].some(isComputed);

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
