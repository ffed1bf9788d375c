/**
 * `verify`: reads every stored byte again and names what is damaged: blobs whose bytes are not those
 * of their name, unusable entries, files of runs, of `latest` and of the reference, and npm packages that
 * changed since a job first used them. Quarantines damaged files of the store, so that the next run
 * computes them again; leaves the rest as it is.
 */
import { join } from "node:path";
import { Failed } from "../engine/failed.ts";
import { storeLock, tryLock } from "../store/lock.ts";
import type { Project } from "../engine/project/project.ts";
import { findDamage } from "../runs/find_damage.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { openStore } from "../store/store.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { print, printJson } from "../terminal/print.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineCommand } from "./flags.ts";
import { json } from "./shared_flags.ts";

export const command = defineCommand({
  about: "reads every stored byte and lists what is damaged",
  flags: { json },
  run: verify,
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

async function verify(project: Project, options: { json: boolean }): Promise<number> {
  const store = openStore(join(project.artifacts, "store"));
  // Shared: runs may go on meanwhile, gc may not.
  using held = await tryLock(store, storeLock, false);
  if (held === undefined) throw new Failed({ reason: "store-in-use" });
  const { found, blobs } = await findDamage(project, store);
  saveStatTable(store.table);

  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const all = Object.values(found).flat();
  if (options.json) {
    printJson({ blobs: blobs.length, bytes: total, problems: all });
    return all.length === 0 ? 0 : 1;
  }
  for (const { path, problem, usedBy, movedTo } of all) {
    print([`DAMAGED ${shownPath(path)}`, `  ${problem}`]);
    for (const user of usedBy) print(`  used by ${user}`);
    if (movedTo !== undefined) print(`  moved to ${shownPath(movedTo)}`);
  }
  const size = `${count(blobs.length, "blob")}, ${bytes(total)}`;
  if (all.length === 0) {
    print(`${size}: all as their names say.`);
    return 0;
  }
  print(`${size}: ${count(all.length, "problem")}.`);
  for (const [place, problems] of Object.entries(found)) {
    if (problems.length > 0) print(advice[place as keyof typeof advice]);
  }
  return 1;
}
