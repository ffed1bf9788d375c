/**
 * Puts an unpacked run in place: its blobs, then the entries that name them, then the run, each by a
 * rename. Checks nothing; its callers have.
 */
import { dirname } from "node:path";
import type { Action } from "../../schemas/run/action.ts";
import {
  actionPath,
  blobPath,
  hasBlob,
  isWhole,
  placeBlob,
  putRecord,
  readAction,
  type Store,
  writeAction,
} from "../store/store.ts";
import { makeDirectory, syncDirectory } from "../store/atomic_write.ts";
import type { Unpacked } from "./unpack_archive.ts";

interface Commit {
  unpacked: Unpacked;
  /** Key → the text that it is the hash of. */
  records: ReadonlyMap<string, string>;
  actions: readonly Action[];
  /**
   * Directory in which the run was laid out, and its destination; absent where the destination already
   * holds it. `isThere` tells whether another process has put the same run there meanwhile.
   */
  run?: { from: string; to: string; isThere(): boolean };
  /** Called for an action that is not stored because the store has another result under its key. */
  onOther(action: Action): void;
}

/**
 * All of it, or nothing. Tells whether it put the run in place. If another process has come to rely on a
 * blob in the moment before it is taken back, its result counts as lost and is computed again.
 */
export function commit(
  store: Store,
  { unpacked, records, actions, run, onOther }: Commit,
): boolean {
  const placed: string[] = [];
  try {
    for (const [sha256, file] of unpacked) {
      // One that another process has placed meanwhile is not taken back.
      const isNew = !hasBlob(store, sha256);
      placeBlob(store, file, sha256);
      if (isNew) placed.push(blobPath(store, sha256));
    }
    for (const [key, text] of records) {
      if (hasBlob(store, key)) continue;
      putRecord(store, text);
      placed.push(blobPath(store, key));
    }
    for (const action of actions) {
      const own = readAction(store, action.key, () => {});
      if (own === undefined || !isWhole(store, own)) {
        writeAction(store, action);
        placed.push(actionPath(store, action.key));
      } else if (!sameOutputs(own, action)) onOther(action);
    }
    return run !== undefined && moved(run);
  } catch (error) {
    for (const path of placed.reverse()) Deno.removeSync(path);
    throw error;
  }
}

/** Moves a run in place, unless it is there already. */
function moved({ from, to, isThere }: NonNullable<Commit["run"]>): boolean {
  makeDirectory(dirname(to));
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (isThere()) return false;
    throw error;
  }
  syncDirectory(dirname(to));
  return true;
}

/** True if two results of a job have the same bytes. */
export const sameOutputs = (one: Action, other: Action): boolean => {
  const names = Object.keys(one.outputs);
  return names.length === Object.keys(other.outputs).length &&
    names.every((name) => one.outputs[name].sha256 === other.outputs[name]?.sha256);
};
