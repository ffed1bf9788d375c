/** Bundles a module of this repository, with what it imports, into one script for a page. */
import { basename, dirname, join } from "node:path";
import { startBundler } from "../engine/code/bundler.ts";
import { readPlain } from "../store/plain_file.ts";
import { sha256Of } from "../store/sha256.ts";

export interface ScriptTask {
  /** Path of the module where bundling starts. */
  entry: string;
  /** Global variable that gets the module's exports; without it they are not kept. */
  global?: string;
  /** Sources of the packages that the modules may import, by name. */
  packages?: Readonly<Record<string, string>>;
}

/** Bundles the module with what it imports; gives the SHA-256 of each file that was read, too. */
export async function bundleScript(
  { entry, global, packages = {} }: ScriptTask,
): Promise<{ files: Record<string, string>; script: string }> {
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
          const contents = readPlain(join(directory, path));
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
