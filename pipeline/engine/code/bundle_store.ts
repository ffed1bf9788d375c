/** Keeps the bundles of stages' code in the store, under the hashes of their text. */
import { join } from "node:path";
import { Failed } from "../failed.ts";
import { hashFile } from "../../store/sha256.ts";
import { writeWhole } from "../../store/atomic_write.ts";
import { kindAt, needKind, statOf } from "../../store/existence.ts";
import { entriesIn } from "../../store/files_under.ts";

/** The name of the bundle's own file in its directory. */
export const bundleName = "stage.js";

interface StoredBundle {
  /** SHA-256 of the bundle's text. */
  sha256: string;
  /** Names of the files beside it, each with its SHA-256 in front. */
  beside: readonly string[];
}

interface BundleFiles {
  text: string;
  beside: readonly { name: string; content: string | Uint8Array }[];
}

/** The directory of a bundle and of what lies beside it, in a store. */
export const bundlePath = (store: string, sha256: string): string => join(store, "code", sha256);

/** The hashes by which bundles lie in a store. */
export const bundlesIn = (store: string): string[] =>
  entriesIn(join(store, "code")).map(({ name }) => name).sort();

/**
 * The files of a store's bundles whose content is not that of their hashes. Reads them all. Of the source
 * map, which changes no result, no hash is known.
 */
export function damagedBundles(store: string): { path: string; expected: string; found: string }[] {
  return bundlesIn(store).flatMap((bundle) => {
    const directory = bundlePath(store, bundle);
    if (!statOf(directory)?.isDirectory) {
      return [{ path: directory, expected: bundle, found: `a ${kindAt(directory)}` }];
    }
    return entriesIn(directory).flatMap(({ name }) => {
      const expected = name === bundleName ? bundle : hashInName(name);
      if (expected === undefined) return [];
      const path = join(directory, name);
      const found = statOf(path)?.isFile ? hashFile(path) : `a ${kindAt(path)}`;
      return found === expected ? [] : [{ path, expected, found }];
    });
  });
}

/** The SHA-256 in front of the name of a file beside a bundle. */
export const hashInName = (name: string): string | undefined =>
  /^[0-9a-f]{64}(?=\.|$)/.exec(name)?.[0];

/** Tells whether all files of a bundle are there; whether they are whole is seen before they run. */
export const hasBundle = (store: string, { sha256, beside }: StoredBundle): boolean =>
  [bundleName, ...beside].every((name) =>
    statOf(join(bundlePath(store, sha256), name))?.isFile === true
  );

/** Lays a bundle into the store, the module itself last. */
export function writeBundle(store: string, sha256: string, { text, beside }: BundleFiles): void {
  const directory = bundlePath(store, sha256);
  for (const { name, content } of [...beside, { name: bundleName, content: text }]) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    writeWhole(join(directory, name), bytes, { scratch: join(store, "tmp"), mode: 0o644 });
  }
}

/**
 * The path of a bundle that is as its hash says, with all files beside it. A damaged file is removed, so that
 * the next run makes it again, and the failure says so.
 */
export function checkedBundle(
  store: string,
  { name: stage, sha256, beside }: StoredBundle & { name: string },
): string {
  const directory = bundlePath(store, sha256);
  // Deno reads it with the bundle, as long as it takes.
  needKind(join(directory, `${bundleName}.map`), "file");
  for (const name of [...beside, bundleName]) {
    const path = join(directory, name);
    const expected = hashInName(name) ?? sha256;
    let found: string;
    try {
      found = hashFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new Failed({ reason: "missing-code", stage, sha256 });
      }
      throw error;
    }
    if (found === expected) continue;
    Deno.removeSync(path);
    throw new Failed({ reason: "damaged-code", stage, path, sha256: expected, found });
  }
  return join(directory, bundleName);
}
