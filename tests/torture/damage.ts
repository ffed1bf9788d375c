/**
 * Damage to a finished store: flipped bits, cut and deleted blobs, entries and tables, at rest or
 * unseen by size and times as on a failing disk. Afterwards `verify` names what it finds, the next run
 * must end with the undisturbed hashes, and `verify` must then find nothing.
 */
import { join } from "node:path";
import { loadStatTable } from "../../pipeline/store/stat_cache.ts";
import { saveStatTable } from "../../pipeline/store/save_stat_table.ts";
import { actionsIn, blobsIn, openStore } from "../../pipeline/store/store.ts";
import { newPlace, type Place, type Reference, run, wrongOutputs } from "./place.ts";
import { inPlaces, type Rounds } from "./rounds.ts";
import { countFault, newTally, type Random, type Tally } from "./tally.ts";
import { exists } from "../../pipeline/store/existence.ts";

type Damage = (path: string, random: Random) => void;

const flip: Damage = (path, random) => {
  const bytes = Deno.readFileSync(path);
  if (bytes.length === 0) return;
  bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  write(path, bytes);
};

const cut: Damage = (path, random) => {
  const bytes = Deno.readFileSync(path);
  write(path, bytes.subarray(0, random.below(bytes.length)));
};

const remove: Damage = (path) => Deno.removeSync(path);

/** Into the file as it is, so that everything that links to it is damaged with it. */
function write(path: string, bytes: Uint8Array): void {
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes);
}

/** A flipped bit that neither size, times nor inode show: the table is made to agree with it. */
const rot = (root: string): Damage => (path, random) => {
  const table = loadStatTable(join(root, "stat.tsv"));
  const row = table.rows.get(path);
  flip(path, random);
  if (row === undefined) return;
  const { size, mtime, ctime, ino } = Deno.statSync(path);
  table.rows.set(path, [size, +mtime!, +ctime!, ino!, +ctime! + 1000, row[5]]);
  table.changed = true;
  saveStatTable(table);
};

const cacheFiles = ["stat.tsv", "code.json", "machine.json", "answers/reproduce.output"];

/** Damages one file of the store; gives what was done, for the count. */
function damageOne({ artifacts }: Place, random: Random): string {
  const root = join(artifacts, "store");
  const store = openStore(root);
  const blobs = [...blobsIn(store)].map(({ path }) => path);
  const entries = [...actionsIn(store)].map(({ path }) => path);
  const caches = cacheFiles.map((name) => join(root, name)).filter(exists);
  const kinds: [string, Damage, string[]][] = [
    ["flipped bit in a blob", flip, blobs],
    ["flipped bit in a blob, unseen by size and times", rot(root), blobs],
    ["blob cut short", cut, blobs],
    ["blob deleted", remove, blobs],
    ["flipped bit in an entry", flip, entries],
    ["entry cut short", cut, entries],
    ["entry deleted", remove, entries],
    ["flipped bit in a file that only saves time", flip, caches],
    ["file that only saves time cut short", cut, caches],
  ];
  const [kind, damage, paths] = random.one(kinds.filter(([, , paths]) => paths.length > 0));
  damage(random.one(paths), random);
  return kind;
}

/** Jobs that read what others made: forced, they meet what the table does not know of. */
const readers = ["mix/second", "mix/last", "count/all", "steps/all"];

async function damageRound(
  place: Place,
  { outputs }: Reference,
  random: Random,
  tally: Tally,
): Promise<void> {
  const number = 1 + random.below(3);
  const kinds = Array.from({ length: number }, () => damageOne(place, random));
  for (const kind of kinds) countFault(tally, kind);
  // Reading finds damage that size and times hide: by verify, or by the jobs that are forced.
  const forced = random.below(2) === 0;
  if (!forced) await run(place, ["verify"]);
  const force = forced ? readers.map((job) => `--force=${job}`) : [];
  const next = await run(place, ["reproduce", ...force]);
  if (next.code !== 0) {
    tally.failed.push(`the run after damage failed:\n${next.err}`);
    return;
  }
  // No damage that size and times show may pass for whole by then.
  if (!kinds.some((kind) => kind.includes("unseen"))) {
    tally.compared++;
    tally.wrong.push(...wrongOutputs(place, outputs));
  }
  // Files that no job reads, as an old record, only verify meets and quarantines.
  if (forced) await run(place, ["verify"]);
  const last = await run(place, ["reproduce"]);
  if (last.code !== 0) tally.failed.push(`a run with nothing to do failed:\n${last.err}`);
  tally.compared++;
  tally.wrong.push(...wrongOutputs(place, outputs));
  const verified = await run(place, ["verify"]);
  if (verified.code !== 0) {
    tally.broken.push(`verify found after damage and a run:\n${verified.out}${verified.err}`);
  }
}

/** Damages a finished store for as long as there is time, in `width` places side by side. */
export const damage = (at: string, reference: Reference, options: Rounds): Promise<Tally> =>
  inPlaces(at, reference, options, damageRound, (place) => run(place, ["reproduce"]));

/** One flipped bit in an output that nothing computes again unless it is noticed: the least damage. */
export async function flipOne(
  at: string,
  { template, outputs }: Reference,
  { random, map }: { random: Random; map?: string },
): Promise<Tally> {
  const tally = newTally();
  using place = newPlace(at, template, map);
  await run(place, ["reproduce"]);
  countFault(tally, "flipped bit in an output");
  flip(join(place.artifacts, "latest", "source", "large", "block.bin"), random);
  const { code, err } = await run(place, ["reproduce"]);
  if (code !== 0) tally.failed.push(err);
  tally.wrong.push(...wrongOutputs(place, outputs));
  return tally;
}
