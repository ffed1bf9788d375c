/**
 * The random text of a directory of artifacts, made when it first registers runs in a store that others may share.
 * Every command looks for it, so this file loads nothing of the store's users.
 */
import { join } from "node:path";
import { exists } from "../store/existence.ts";
import { entriesIn } from "../store/files_under.ts";
import type { Store } from "../store/store.ts";

export const textPath = ({ caches }: Pick<Store, "caches">): string => join(caches, "user.txt");

/**
 * True if a shared store has nothing at all, though runs of these artifacts were registered in one. Its disk may
 * not be mounted.
 */
export const isForgotten = (store: Pick<Store, "root" | "caches">): boolean =>
  exists(textPath(store)) && entriesIn(store.root).length === 0;
