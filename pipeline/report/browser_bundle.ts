/**
 * Bundles a module of this repository, with what it imports, into one script for a page. Bundling takes
 * a second, so the result is cached with the hashes of all files that are in it.
 */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { startBundler } from "../engine/code/bundle.ts";
import { cachedValue, writeCachedValue } from "../store/cache_file.ts";
import { sha256Of } from "../store/sha256.ts";

interface Wanted {
  /** Path of the module where bundling starts. */
  entry: string;
  /** Path of the cache file. */
  cache: string;
  /** Global variable that gets the module's exports; without it they are not kept. */
  global?: string;
  /** Sources of the packages that the modules may import, by name. */
  packages?: Readonly<Record<string, string>>;
}

const Kept = z.strictObject({
  version: z.literal(2),
  /** Hash of the options. */
  of: z.string(),
  /** SHA-256 by path, relative to the entry's directory. */
  files: z.record(z.string(), z.string()),
  script: z.string(),
});
type Kept = z.infer<typeof Kept>;

/** Reads or makes the script of a module. */
export async function browserScript(wanted: Wanted): Promise<string> {
  const { entry, cache, global = "", packages = {} } = wanted;
  const of = sha256Of(JSON.stringify([basename(entry), global, packages]));
  const kept = cachedValue(cache, Kept);
  if (kept?.of === of && areSame(dirname(entry), kept.files)) return kept.script;
  const made = await bundle(wanted);
  writeCachedValue(cache, { version: 2, of, ...made });
  return made.script;
}

function areSame(directory: string, files: Kept["files"]): boolean {
  return Object.entries(files).every(([path, sha256]) => {
    try {
      return sha256Of(Deno.readFileSync(join(directory, path))) === sha256;
    } catch {
      return false;
    }
  });
}

async function bundle({ entry, global, packages = {} }: Wanted): Promise<
  Pick<Kept, "files" | "script">
> {
  const directory = dirname(entry);
  const files: Record<string, string> = {};
  const esbuild = await startBundler();
  const built = await esbuild.build({
    // By names within the directory: esbuild takes a "*" in an entry's path for a pattern.
    entryPoints: [basename(entry)],
    bundle: true,
    write: false,
    format: "iife",
    globalName: global,
    target: "es2022",
    charset: "utf8",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
    metafile: true,
    plugins: [{
      name: "page",
      setup(build) {
        build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
          if (kind === "entry-point") return { path, namespace: "page" };
          if (/^\.\.?\//.test(path)) {
            // Modules of a page are imported for what they export.
            return { path: join(dirname(importer), path), namespace: "page", sideEffects: false };
          }
          if (path in packages) return { path, namespace: "package" };
          return { path, external: true };
        });
        build.onLoad({ filter: /.*/, namespace: "page" }, ({ path }) => {
          const contents = Deno.readFileSync(join(directory, path));
          files[path] = sha256Of(contents);
          return { contents, loader: "ts" };
        });
        build.onLoad({ filter: /.*/, namespace: "package" }, ({ path }) => ({
          contents: packages[path],
          loader: "js",
        }));
      },
    }],
  });
  const imported = Object.values(built.metafile.outputs).flatMap(({ imports }) => imports);
  if (imported.length > 0) {
    throw new Error(
      `${basename(entry)}: expected a script that imports files alone, found imports of ` +
        `${imported.map(({ path }) => path).join(", ")}. Move them to another module.`,
    );
  }
  return { files, script: built.outputFiles[0].text };
}
