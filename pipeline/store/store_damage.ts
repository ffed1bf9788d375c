/**
 * Finds damaged files of the store and quarantines them: blobs whose bytes are not those of their name,
 * entries that cannot be read or name a lost blob, files that only save time. Keeps of each file no more than
 * its hash, so that a store of any size takes little memory.
 */
import { join } from "node:path";
import { withProgress } from "../terminal/with_progress.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { readCachedValue } from "./cache_file.ts";
import { type DigestSet, digestSet } from "./digest_set.ts";
import { entriesIn, filesUnder } from "./files_under.ts";
import { isUnwritable } from "./group_rights.ts";
import { hashFile } from "./sha256.ts";
import { statTableProblem } from "./stat_table_lines.ts";
import {
  actionPath,
  actionsIn,
  type Amount,
  amountOf,
  blobPath,
  blobsIn,
  moveAside,
  quarantineBlob,
  readAction,
  setEntryAside,
  statTablePath,
  type Store,
  type Stored,
} from "./store.ts";
import { readRemembered } from "./cached_output/remembered.ts";
import { exists, ifThere, kindAt } from "./existence.ts";

export interface StoreDamage {
  path: string;
  problem: string;
  /** The blob that it is, if it is one. */
  sha256?: string;
  /** Path to which it was moved for inspection; undefined if it could not be moved. */
  movedTo?: string;
}

/**
 * Reads every entry and hashes every blob; quarantines what is damaged. Gives the amount of blobs and the
 * hashes of the whole ones.
 */
export async function damageOfStore(
  store: Store,
): Promise<{ damage: StoreDamage[]; blobs: Amount; whole: DigestSet }> {
  const damage: StoreDamage[] = [];
  // Entries are listed before the blobs, so that no blob of an entry is missed.
  const entries = digestSet();
  for (const { sha256: key, path } of actionsIn(store)) {
    if (path === actionPath(store, key) && isHash(key)) entries.add(key);
    else report(damage, misnamed(store, path));
  }
  const { blobs, whole } = await hashBlobs(store, damage);
  await readEntries(store, entries, whole, damage);
  return { damage, blobs, whole };
}

const isHash = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

const misnamed = (store: Store, path: string): StoreDamage | undefined =>
  quarantine(path, "expected a file named by a SHA-256", () => moveAside(store, path));

/**
 * Moves damage away. Gives undefined where there is none any more, because a run has repaired it since.
 * A file that may not be moved stays, and its problem says so.
 */
export function quarantine(
  path: string,
  problem: string,
  move: () => string | undefined,
): StoreDamage | undefined {
  try {
    const movedTo = move();
    return movedTo === undefined ? undefined : { path, problem, movedTo };
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return { path, problem: `${problem}. It stays there: ${(error as Error).message}` };
  }
}

function report(damage: StoreDamage[], found: StoreDamage | undefined): void {
  if (found !== undefined) damage.push(found);
}

/** Hashes all blobs, quarantines the damaged ones and gives the hashes of the good ones. */
async function hashBlobs(
  store: Store,
  damage: StoreDamage[],
): Promise<{ blobs: Amount; whole: DigestSet }> {
  const blobs = amountOf(blobsIn(store));
  const whole = digestSet();
  const task = {
    about: `hashing ${bytes(blobs.bytes)}`,
    unit: "bytes",
    items: blobsIn(store),
    total: blobs.bytes,
    weight: ({ size }: Stored) => size,
  };
  await withProgress("verify", task, ({ sha256, path }) => {
    if (path !== blobPath(store, sha256) || !isHash(sha256)) {
      return report(damage, misnamed(store, path));
    }
    const found = hashIfThere(path);
    if (found === undefined) return;
    const problem = `expected bytes with SHA-256 ${sha256}, found ${found}`;
    const damaged = found === sha256
      ? undefined
      : quarantine(path, problem, () => quarantineBlob(store, sha256));
    if (damaged === undefined) whole.add(sha256);
    else damage.push({ ...damaged, sha256 });
  });
  return { blobs, whole };
}

/** The SHA-256 of a file, or another kind; undefined where a run has quarantined it, or `gc` has removed it. */
const hashIfThere = (path: string): string | undefined =>
  ifThere(() => Deno.statSync(path).isFile ? hashFile(path) : `a ${kindAt(path)}`);

/** Reads the entries; quarantines those that cannot be read and those whose blobs are not whole. */
async function readEntries(
  store: Store,
  entries: DigestSet,
  whole: DigestSet,
  damage: StoreDamage[],
): Promise<void> {
  const task = {
    about: `reading ${count(entries.size, "cached result")}`,
    unit: "results",
    items: entries.values(),
    total: entries.size,
  };
  await withProgress("verify", task, (key) => {
    const unusable = (problem: string) =>
      report(damage, quarantine(actionPath(store, key), problem, () => setEntryAside(store, key)));
    const outputs = Object.entries(readAction(store, key, unusable)?.outputs ?? {});
    const lost = outputs.find(([, { sha256 }]) => !whole.has(sha256));
    if (lost === undefined) return;
    const [output, { sha256 }] = lost;
    unusable(`its output ${output}, ${sha256}, is not in the store or damaged`);
  });
}

/** The files that only save time and are damaged; quarantines them. */
export function damagedCaches(store: Store): StoreDamage[] {
  const tables = [statTablePath(store.caches), ...filesUnder(join(store.caches, "packages"))]
    .filter(exists);
  const outputs = [...filesUnder(join(store.caches, "answers"))]
    .filter((path) => path.endsWith(".output"));
  const values = entriesIn(store.caches).map(({ name }) => join(store.caches, name))
    .filter((path) => path.endsWith(".json"));
  const problemOf = (path: string): string | undefined => {
    if (tables.includes(path)) return statTableProblem(path);
    try {
      if (outputs.includes(path)) readRemembered(path);
      else readCachedValue(path);
    } catch (error) {
      return (error as Error).message;
    }
  };
  return [...tables, ...outputs, ...values].flatMap((path) => {
    const problem = problemOf(path);
    const damage = problem && quarantine(path, problem, () => moveAside(store, path));
    return damage ? [damage] : [];
  });
}
