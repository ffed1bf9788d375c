/**
 * `verify`: reads every stored byte again and names what is damaged: blobs whose bytes are not those
 * of their name, unusable entries, files of runs, of `latest` and of the reference, and npm packages that
 * changed since a job first used them. Quarantines damaged files of the store, so that the next run
 * computes them again; leaves the rest as it is. In a store that it cannot write, it only reports.
 */
import { Failed } from "../engine/failed.ts";
import { tryLockToRead } from "../store/lock.ts";
import { findDamage } from "../runs/find_damage.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { storeOf } from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { linesWithin } from "../terminal/escape.ts";
import { printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineViewer, type Place } from "./flags/flags.ts";
import { json } from "./flags/shared_flags.ts";

export const command = defineViewer({
  about: "reads every stored byte and lists what is damaged",
  flags: { json },
  look: verify,
});

/** Advice about damage, by its place. */
const advice = {
  store: `"deno task reproduce" computes again what it needs; gc removes what is quarantined.`,
  caches: "Damaged caches are made again.",
  code: `"deno task reproduce" bundles damaged code again.`,
  packages: "The line of each damaged package says what to do.",
  run:
    `Commands that read a run make its metrics, claims and summary again; "deno task report RUN" its ` +
    `report. For other damage remove the run's directory: "deno task reproduce" records it again.`,
  order: "Remove the damaged line; the run that it named keeps its id.",
  latest: `Remove latest/: "deno task reproduce" makes it again.`,
  reference: "Take artifacts/reference/ anew from the repository.",
};

async function verify(project: Place, options: { json: boolean }): Promise<number> {
  const store = storeOf(project.artifacts);
  // Shared: runs may go on meanwhile, gc may not.
  using lock = await tryLockToRead(store);
  if (lock === undefined) throw new Failed({ reason: "store-in-use" });
  const { found, blobs } = await findDamage(project, store);
  // Only damage changes the table, which may be large.
  if (found.store.length > 0) saveStatTable(store.table);

  const all = Object.values(found).flat();
  if (options.json) {
    printJson({ blobs: blobs.count, bytes: blobs.bytes, locked: lock.isHeld, problems: all });
    return all.length === 0 ? 0 : 1;
  }
  for (const { path, problem, usedBy, movedTo } of all) {
    printSentences([
      `DAMAGED ${shownPath(path)}`,
      ...linesWithin(`  ${problem}`),
      ...usedBy.map((user) => `  used by ${user}`),
      ...movedTo === undefined ? [] : [`  moved to ${shownPath(movedTo)}`],
    ]);
  }
  if (!lock.isHeld) {
    printSentences(
      "Read without the store's lock, which can be neither made nor opened here. Damage that is " +
        "found while a run or gc writes there may be none: verify again.",
    );
  }
  const size = `${count(blobs.count, "blob")}, ${bytes(blobs.bytes)}`;
  if (all.length === 0) {
    printSentences(`${size}: all as their names say.`);
    return 0;
  }
  printSentences(`${size}: ${count(all.length, "problem")}.`);
  for (const [place, problems] of Object.entries(found)) {
    if (problems.length > 0) printSentences(advice[place as keyof typeof advice]);
  }
  return 1;
}
