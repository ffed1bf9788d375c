/**
 * Gives the scripts of pages. Bundling one takes a second, so the result is cached with the hashes of all
 * files that are in it.
 */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { apart } from "../engine/code/apart.ts";
import { cachedValue, writeCachedValue } from "../store/cache_file.ts";
import { readPlain } from "../store/plain_file.ts";
import { sha256Of } from "../store/sha256.ts";
import type { ScriptTask } from "./script_bundle.ts";

interface Wanted extends ScriptTask {
  /** The directory of the project. */
  root: string;
  /** Path of the cache file. */
  cache: string;
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
export async function browserScript({ root, cache, ...task }: Wanted): Promise<string> {
  const { entry, global = "", packages = {} } = task;
  const of = sha256Of(JSON.stringify([basename(entry), global, packages]));
  const kept = cachedValue(cache, Kept);
  if (kept?.of === of && areSame(dirname(entry), kept.files)) return kept.script;
  const made = await apart({
    program: import.meta.resolve("./script_process.ts"),
    root,
    task,
    here: async (task) => await (await import("./script_bundle.ts")).bundleScript(task),
  });
  writeCachedValue(cache, { version: 2, of, ...made });
  return made.script;
}

function areSame(directory: string, files: Kept["files"]): boolean {
  return Object.entries(files).every(([path, sha256]) => {
    try {
      return sha256Of(readPlain(join(directory, path))) === sha256;
    } catch {
      return false;
    }
  });
}
