/**
 * Refuses places in which a project could not work, before anything is loaded or written there, and warns of a
 * store whose disk may not be mounted.
 */
import { isAbsolute, join, resolve } from "node:path";
import { Failed } from "../engine/failed.ts";
import { nextPath, orderPath } from "../runs/latest.ts";
import { runsPath } from "../runs/read_manifest.ts";
import { referencePath } from "../runs/reference_run.ts";
import { isForgotten } from "../runs/user_text.ts";
import { realPath } from "../store/real_place.ts";
import {
  cachesPath,
  sharedPlace,
  sharedStore,
  storePath,
  storeVariable,
} from "../store/store_place.ts";
import { isWithin } from "../store/path_within.ts";
import { complain } from "../terminal/print.ts";
import { shellWord } from "../terminal/shell_word.ts";
import { exists, needKind, statOf } from "../store/existence.ts";

/**
 * Throws the failure of a project's root that Deno cannot work in, or of what stands in the place of a
 * directory that fanin makes.
 */
export function needPlaces({ root, artifacts }: { root: string; artifacts: string }): void {
  // Deno 2.9 takes it for the "*" of a package's `exports`, and misses the package's files.
  if (root.includes("*")) {
    throw new Failed({ reason: "unfit-directory", path: resolve(root) });
  }
  const caches = cachesPath(artifacts);
  const own = [runsPath, nextPath, referencePath].map((path) => path(artifacts));
  const within = ofCaches.map((name) => join(caches, name));
  for (const path of [artifacts, caches, ...own, ...within]) needKind(path, "directory");
  needKind(orderPath(artifacts), "file");
  const shared = sharedPlace();
  if (shared !== undefined) needStore(shared, root, artifacts);
  for (const name of ofStore) needKind(join(storePath(artifacts), name), "directory");
}

/** Directories that fanin makes in a store, and beside the caches in `artifacts/store`. */
const ofStore = ["blobs", "actions", "damaged", "locks", "tmp", "users"];
const ofCaches = ["answers", "code", "damaged", "grades", "packages", "tmp"];

/**
 * Throws the failure of a `FANIN_STORE` that names no directory, or one whose files fanin would take for others.
 * fanin makes none: its disk may be missing.
 */
function needStore(path: string, root: string, artifacts: string): void {
  const usage = (expected: string, found: string, advice: string) =>
    new Failed({
      reason: "usage",
      message: `${storeVariable} expects ${expected}; found ${found}. ${advice}`,
    });
  if (!isAbsolute(path)) {
    throw usage("an absolute path", path, "Give the whole path.");
  }
  const info = statOf(path);
  if (info?.isDirectory) {
    if (sharedStore(artifacts) === undefined) return;
    const place = realPath(path);
    const own = [artifacts, cachesPath(artifacts)].map(realPath);
    const mixed = own.some((one) => isWithin(one, place)) ||
      [...own, realPath(root)].some((one) => isWithin(place, one));
    if (mixed) {
      throw usage(
        "a directory of its own, neither within artifacts/ nor around the project",
        path,
        "fanin replaces and removes what lies in artifacts/. Name another directory.",
      );
    }
    if (isForgotten({ root: path, caches: cachesPath(artifacts) })) {
      complain(
        `${storeVariable} names the empty directory ${path}, and runs here were registered in a ` +
          "store. Mount its disk if it has one; otherwise what is needed is computed again there.",
      );
    }
    // fanin removes old files of a store's tmp/. A store has locks before anything else.
    const has = (name: string) => exists(join(path, name));
    const foreign = ["tmp", "damaged"].find(has);
    if (foreign === undefined || ["locks", "users", "blobs"].some(has)) return;
    throw usage(
      "an empty directory or a store",
      `${foreign}/ of something else in ${path}`,
      "fanin would remove files from there. Make a directory of its own.",
    );
  }
  const expected = "an existing directory";
  if (info !== undefined) throw usage(expected, `a file at ${path}`, "Name a directory.");
  const word = shellWord(path);
  throw usage(
    expected,
    `nothing at ${path}`,
    `Mount its disk, or make it: mkdir -p ${word}; for a group also: chgrp GROUP ${word} && ` +
      `chmod 2775 ${word}.`,
  );
}
