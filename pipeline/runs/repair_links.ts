/**
 * Repairs runs whose blob was damaged. Their outputs are hard links into the store, so each shows the
 * damage. Once the blob has been computed or imported again, the links lead to the whole one. A run's own copy stays
 * as it is: `verify` names it.
 */
import { filesUnder } from "../store/files_under.ts";
import { runsPath } from "./read_manifest.ts";
import { latestPath, nextPath } from "./latest.ts";
import { noteWritten } from "../store/stat_cache.ts";
import { linkOrCopy } from "../store/link.ts";
import { blobPath, damagedPaths, hasBlob, type Store } from "../store/store.ts";

/** Makes every link to a quarantined blob lead to the whole one, if there is one by now. */
export function repairLinks(artifacts: string, store: Store): void {
  const damaged = linkedDamage(store);
  if (damaged.size === 0) return;
  for (const place of [runsPath(artifacts), nextPath(artifacts), latestPath(artifacts)]) {
    for (const path of filesUnder(place)) {
      const sha256 = damaged.get(fileId(Deno.statSync(path)));
      if (sha256 === undefined) continue;
      const fresh = `${path}.${crypto.randomUUID()}`;
      linkOrCopy(blobPath(store, sha256), fresh);
      Deno.renameSync(fresh, path);
      noteWritten(store.table, blobPath(store, sha256), sha256);
    }
  }
}

const fileId = ({ dev, ino }: Deno.FileInfo): string => `${dev} ${ino}`;

/** The damaged files that something else links to and that are whole again → their blob. */
function linkedDamage(store: Store): Map<string, string> {
  const damaged = new Map<string, string>();
  for (const path of damagedPaths(store).flatMap((place) => [...filesUnder(place)])) {
    const sha256 = /([0-9a-f]{64})(\.\d+)?$/.exec(path)?.[1];
    const info = Deno.statSync(path);
    if (sha256 === undefined || info.nlink === 1 || !hasBlob(store, sha256)) continue;
    damaged.set(fileId(info), sha256);
  }
  return damaged;
}
