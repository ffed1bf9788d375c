/**
 * Keeps what a store of a test pipeline holds only to save time, from test to test and run to run: bundles,
 * tables of npm packages, hashes of sources, the machine's identity, the report's script. Making them takes seconds, most
 * tests' runs a fraction of one. Each run compares them with the files that they come from, so that old
 * ones only cost time.
 *
 * Test files that run at the same time share them: a file is replaced whole or not at all.
 */
import { basename, dirname, join, relative } from "node:path";
import { filesUnder } from "../../pipeline/store/files_under.ts";
import { sealed, unsealed } from "../../pipeline/store/sealed.ts";
import { firstLine, loadStatTable } from "../../pipeline/store/stat_cache.ts";
import { fixtures, places, root } from "./checkout.ts";
import { exists } from "../../pipeline/store/existence.ts";

const isCache = (path: string): boolean =>
  /^(code\/|packages\/|code\.json$|machine\.json$|stat\.tsv$|report-)/.test(path);

/** Returns the directory of a test pipeline's caches, laid out as in a store. */
const kept = (pipeline: string): string => join(places, `kept-${pipeline}`);

/** Tells whether bundles of a test pipeline are kept, of whatever sources. */
export const hasCaches = (pipeline: string): boolean => exists(join(kept(pipeline), "code.json"));

/** Gives artifacts the kept caches of a test pipeline, if they have no store yet; says whether they had none. */
export async function lendCaches(artifacts: string, pipeline: string): Promise<boolean> {
  const store = join(artifacts, "store");
  const isNew = await Deno.lstat(store).then(() => false, () => true);
  if (isNew) await copyCaches(kept(pipeline), store);
  return isNew;
}

/** Lends the caches to a copy of a test pipeline in a directory of the same depth. */
export async function lendToCopy(directory: string, pipeline: string): Promise<void> {
  const store = join(directory, "artifacts", "store");
  await copyCaches(kept(pipeline), store);
  const path = join(store, "code.json");
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text === undefined) return;
  const content = JSON.stringify(unsealed(text))
    .replaceAll(`${relative(root, join(fixtures, pipeline))}/`, `${relative(root, directory)}/`);
  await Deno.writeTextFile(path, sealed(JSON.parse(content)));
}

/** Keeps the caches of a store for later tests. Call it before a test may have damaged them. */
export async function keepCaches(artifacts: string, pipeline: string): Promise<void> {
  await copyCaches(join(artifacts, "store"), kept(pipeline));
  await leaveOutPlaces(join(kept(pipeline), "stat.tsv"));
}

/** Leaves the files of tests' places out of a stat table: no other test has them. */
async function leaveOutPlaces(file: string): Promise<void> {
  const { rows } = loadStatTable(file);
  const lasting = [...rows].filter(([path]) => !path.startsWith(`${places}/`));
  const body = lasting.map(([path, row]) => `${row.join("\t")}\t${path}\n`).join("");
  await replace(file, new TextEncoder().encode(firstLine(body) + body));
}

/** Copies the caches of a store to another, file by file. */
async function copyCaches(from: string, to: string): Promise<void> {
  // A test may have put a file in the place of a store.
  if ((await Deno.stat(from).catch(() => undefined))?.isFile) return;
  for (const file of filesUnder(from)) {
    const path = relative(from, file);
    if (!isCache(path)) continue;
    const target = join(to, path);
    const there = await Deno.readFile(target).catch(() => undefined);
    // A bundle lies under its hash.
    if (there !== undefined && path.startsWith("code/")) continue;
    const bytes = await Deno.readFile(file);
    if (there !== undefined && sameBytes(there, bytes)) continue;
    await replace(target, bytes);
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const partial = join(places, `.partial-${basename(path)}-${crypto.randomUUID()}`);
  await Deno.writeFile(partial, bytes);
  await Deno.rename(partial, path);
}
