/**
 * Looks up locked npm packages: the version that `deno.lock` has for a range of an import map, and one hash
 * of the package with its dependencies.
 */
import { join } from "node:path";
import { z } from "zod";
import { Integrity } from "../../../schemas/run/digest.ts";
import { invalidFile, readJson } from "../../formats/read_json.ts";
import { sha256Of } from "../../store/sha256.ts";

export const LockedPackage = z.strictObject({
  /** Name as in the import map. */
  name: z.string(),
  version: z.string(),
  /** SHA-256 over the lock entries of the package and of all that it depends on. */
  integrity: z.string(),
  /** SHA-512 of the package alone, as npm publishes it; absent where that is not known by this name. */
  published: Integrity.optional(),
});
type LockedPackage = z.infer<typeof LockedPackage>;

/** An npm package as an import map has it: its name there, and the range without "npm:". */
export interface NpmRange {
  name: string;
  range: string;
}

const Lock = z.object({
  specifiers: z.record(z.string(), z.string()),
  npm: z.record(
    z.string(),
    z.object({
      integrity: z.string().optional(),
      dependencies: z.array(z.string()).optional(),
      optionalDependencies: z.array(z.string()).optional(),
    }),
  ),
});
type Lock = z.infer<typeof Lock>;

/** Caps a `deno.lock`, in bytes. */
const largest = 64 << 20;

const hint = `Run "deno install" and commit deno.lock.`;

/** Reads the lock of a repository. Throws a failure for one that is missing or cannot be read. */
export const readLock = (root: string): Lock =>
  readJson(join(root, "deno.lock"), Lock, { limit: largest, hint });

/** Each package once, by name, then version. */
export function lockedPackages(packages: readonly NpmRange[], lock: Lock): LockedPackage[] {
  const ranges = new Map(packages.map((one) => [`${one.name} ${one.range}`, one]));
  return [...ranges.keys()].sort().map((key) => locked(ranges.get(key)!, lock));
}

/**
 * Directories, relative to the root, of packages and their dependencies. A package may read files there,
 * because they are locked as its code is.
 */
export function installedAt(packages: readonly NpmRange[], lock: Lock): string[] {
  return [...lockedKeys(packages, lock)].sort().map((key) =>
    `node_modules/.deno/${directoryOf(key)}`
  );
}

/** The lock's keys of packages and of everything that they bring along. */
export const lockedKeys = (packages: readonly NpmRange[], lock: Lock): Set<string> =>
  new Set(packages.flatMap((one) => closureOf(one, lock)));

/** The directory of a package's own files, relative to the root. */
export function packageDirectory({ range }: NpmRange, lock: Lock): string {
  const [key] = closureOf({ name: "", range }, lock);
  const name = key.replace(/(?<=.)@.*$/, "");
  return `node_modules/.deno/${directoryOf(key)}/node_modules/${name}`;
}

/** Deno's name for the place of a locked package: without the versions of its peers. */
const directoryOf = (key: string): string =>
  key.replace(/(?<=.@[^_]*)_.*$/, "").replaceAll("/", "+");

/** The locked version of a package, and the hash of everything that it brings along. */
function locked(one: NpmRange, lock: Lock): LockedPackage {
  const keys = closureOf(one, lock);
  const published = publishedHash(one.name, keys[0], lock);
  const closure = keys.sort().map((key) => `${key} ${lock.npm[key].integrity}`);
  return {
    name: one.name,
    version: lock.specifiers[`npm:${one.range}`].split("_")[0],
    integrity: `sha256:${sha256Of(closure.join("\n"))}`,
    ...(published !== undefined && { published }),
  };
}

/**
 * The SHA-512 of a package by its key in the lock. Undefined where the lock has another hash or none, and
 * where the import map has the package under a name of its own: npm has another package under that name.
 */
function publishedHash(name: string, key: string, lock: Lock): string | undefined {
  const { data } = Integrity.safeParse(lock.npm[key].integrity);
  return key.startsWith(`${name}@`) ? data : undefined;
}

/** The lock's keys of a package, which comes first, and of everything that it brings along. */
function closureOf({ range }: NpmRange, lock: Lock): string[] {
  const version = lock.specifiers[`npm:${range}`];
  const entry = (reference: string): string => {
    if (reference in lock.npm) return reference;
    const of = Object.keys(lock.npm).filter((key) => key.startsWith(`${reference}@`));
    if (of.length === 1) return of[0];
    throw invalidFile("deno.lock", `expected one entry for ${reference}, found ${of.length}`, hint);
  };
  const open = [entry(`${range.replace(/(?<=.)@[^@/]*$/, "")}@${version}`)];
  const seen = new Set<string>();
  while (open.length > 0) {
    const key = open.pop()!;
    if (seen.has(key)) continue;
    seen.add(key);
    // Optional ones are those of other machines, which a machine's own are among.
    const { dependencies = [], optionalDependencies = [] } = lock.npm[key];
    open.push(...dependencies.map(entry), ...optionalDependencies.map(entry));
  }
  return [...seen];
}
