/**
 * Loads what runs in a page: its own script, bundled from `client/` by esbuild, and vega as its package
 * ships it for browsers. Bundling takes a second, so the result is cached in the store.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { startBundler } from "../engine/code/bundle.ts";
import { readCachedValue, writeCachedValue } from "../store/cache_file.ts";

export interface Scripts {
  /** The page's own, to run at once. */
  page: string;
  /** Defines `vega`. */
  library: string;
}

const Kept = z.strictObject({
  version: z.literal(1),
  /** Hash of the sources. */
  of: z.string(),
  script: z.string(),
});

/** Directory of the sources. */
const sources = fileURLToPath(new URL("./client", import.meta.url));

/** A file of a package, by the module that the package names. */
const packageFile = (name: string, beside = ""): string =>
  Deno.readTextFileSync(new URL(beside, import.meta.resolve(name)));

/** Reads or makes the scripts whose entry is `client/ENTRY_client.ts`; `cache` is a directory. */
export async function loadScripts(entry: string, cache: string): Promise<Scripts> {
  const library = packageFile("vega", "vega.min.js").replace(
    /\n\/\/# sourceMappingURL=.*\n?$/,
    "\n",
  );
  const interpreter = packageFile("vega-interpreter");
  const files = [...Deno.readDirSync(sources)].map(({ name }) => name).sort();
  const hash = createHash("sha256").update(entry).update(interpreter);
  for (const name of files) hash.update(name).update(Deno.readFileSync(join(sources, name)));
  const of = hash.digest("hex");
  const path = join(cache, `report-${entry}.json`);
  const kept = readKept(path);
  if (kept?.of === of) return { page: kept.script, library };
  const page = await bundle(entry, interpreter);
  writeCachedValue(path, { version: 1, of, script: page });
  return { page, library };
}

function readKept(path: string): z.infer<typeof Kept> | undefined {
  try {
    return Kept.parse(readCachedValue(path));
  } catch {
    // Absent, cut off or of another version: made anew.
    return undefined;
  }
}

async function bundle(entry: string, interpreter: string): Promise<string> {
  const esbuild = await startBundler();
  const built = await esbuild.build({
    // By names within the directory: esbuild takes a "*" in an entry's path for a pattern.
    entryPoints: [`${entry}_client.ts`],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [{
      name: "page",
      setup(build) {
        build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
          if (kind === "entry-point") return { path, namespace: "page" };
          if (path.startsWith("./")) {
            return { path: join(dirname(importer), path), namespace: "page" };
          }
          return { path, namespace: "package" };
        });
        build.onLoad({ filter: /.*/, namespace: "page" }, ({ path }) => ({
          contents: Deno.readTextFileSync(join(sources, path)),
          loader: "ts",
        }));
        // vega's functions are in the library, once.
        build.onLoad({ filter: /^vega-util$/, namespace: "package" }, () => ({
          contents: "module.exports = globalThis.vega;",
          loader: "js",
        }));
        build.onLoad({ filter: /^vega-interpreter$/, namespace: "package" }, () => ({
          contents: interpreter,
          loader: "js",
        }));
      },
    }],
  });
  return built.outputFiles[0].text;
}
