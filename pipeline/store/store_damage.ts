/**
 * Finds damaged files of the store and quarantines them: blobs whose bytes are not those of their name,
 * entries that cannot be read or name a lost blob, files that only save time.
 */
import { join } from "node:path";
import { withProgress } from "../terminal/progress.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { readCachedValue } from "./cache_file.ts";
import { filesUnder } from "./files_under.ts";
import { hashFile } from "./sha256.ts";
import { loadStatTable } from "./stat_cache.ts";
import {
  actionsIn,
  blobsIn,
  exists,
  moveAside,
  readAction,
  setAside,
  setEntryAside,
  type Store,
  type Stored,
} from "./store.ts";

export interface StoreDamage {
  path: string;
  problem: string;
  /** The blob that it is, if it is one. */
  sha256?: string;
  /** Path to which it was moved for inspection; undefined if it could not be moved. */
  movedTo?: string;
}

/**
 * Reads every entry and hashes every blob; quarantines what is damaged. Gives the blobs and the hashes
 * of the whole ones.
 */
export async function damageOfStore(
  store: Store,
): Promise<{ damage: StoreDamage[]; blobs: Stored[]; whole: ReadonlySet<string> }> {
  const damage: StoreDamage[] = [];
  // Entries are read before the blobs are listed, so that no blob of an entry is missed.
  const entries = await readEntries(store, damage);
  const blobs = [...blobsIn(store)];
  const whole = await hashBlobs(store, blobs, damage);
  for (const { key, path, outputs } of entries) {
    const lost = outputs.find(({ sha256 }) => !whole.has(sha256));
    if (lost === undefined) continue;
    const movedTo = setEntryAside(store, key);
    // A run may have repaired it since.
    if (movedTo === undefined) continue;
    const problem = `its output ${lost.output}, ${lost.sha256}, is not in the store or damaged`;
    damage.push({ path, problem, movedTo });
  }
  return { damage, blobs, whole };
}

interface Entry {
  key: string;
  path: string;
  outputs: { output: string; sha256: string }[];
}

/** The entries of the store that can be read; the others are quarantined. */
async function readEntries(store: Store, damage: StoreDamage[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  const items = [...actionsIn(store)];
  const about = `reading ${count(items.length, "cached result")}`;
  await withProgress("verify", { about, unit: "results", items }, ({ sha256: key, path }) => {
    const unusable = (problem: string) => {
      damage.push({ path, problem, movedTo: setEntryAside(store, key) });
    };
    const action = readAction(store, key, unusable);
    const outputs = Object.entries(action?.outputs ?? {})
      .map(([output, { sha256 }]) => ({ output, sha256 }));
    if (action !== undefined) entries.push({ key, path, outputs });
  });
  return entries;
}

/** Hashes all blobs, quarantines the damaged ones and gives the names of the good ones. */
async function hashBlobs(
  store: Store,
  blobs: readonly Stored[],
  damage: StoreDamage[],
): Promise<Set<string>> {
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const good = new Set<string>();
  const task = {
    about: `hashing ${bytes(total)}`,
    unit: "bytes",
    items: blobs,
    weight: ({ size }: Stored) => size,
  };
  await withProgress("verify", task, ({ sha256, path }) => {
    const found = hashFile(path);
    const movedTo = found === sha256 ? undefined : setAside(store, sha256);
    // A run may have repaired it since it was hashed.
    if (movedTo === undefined) return good.add(sha256);
    damage.push({
      path,
      problem: `expected bytes with SHA-256 ${sha256}, found ${found}`,
      sha256,
      movedTo,
    });
  });
  return good;
}

/** The files that only save time and are damaged; quarantines them. */
export function damagedCaches(store: Store): StoreDamage[] {
  const tables = [store.table.file, ...filesUnder(join(store.root, "packages"))].filter(exists);
  const values = [
    ...[...Deno.readDirSync(store.root)].map(({ name }) => join(store.root, name)),
    ...filesUnder(join(store.root, "answers")),
  ].filter((path) => path.endsWith(".json"));
  const problemOf = (path: string): string | undefined => {
    if (tables.includes(path)) return loadStatTable(path).problem;
    try {
      readCachedValue(path);
    } catch (error) {
      return (error as Error).message;
    }
  };
  return [...tables, ...values].flatMap((path): StoreDamage[] => {
    const problem = problemOf(path);
    if (problem === undefined) return [];
    return [{ path, problem, movedTo: moveAside(store, path) }];
  });
}
