/** Compares the files that a job read through its effects with the files now: a change makes the result stale. */
import { resolve } from "node:path";
import type { Read } from "../../../schemas/run/action.ts";
import type { Change } from "../key.ts";
import { ask } from "../../store/cached_output/observation.ts";
import { digestOf, type StatTable } from "../../store/stat_cache.ts";

/** The absolute path of a file that was read; `root` is the project's directory. */
const readPath = ({ path }: Read, root: string): string => resolve(root, path);

/**
 * Those that have changed, appeared or gone since, with the SHA-256 that they have now: null of one that
 * is not there or cannot be read.
 */
export const changedReads = (
  reads: readonly Read[] = [],
  { table, root }: { table: StatTable; root: string },
): { read: Read; now: string | null }[] =>
  reads.map((read) => ({ read, now: hashNow(table, readPath(read, root)) }))
    .filter(({ read, now }) => read.sha256 !== now);

/** The change of a file that was read; `path` is as it was recorded. */
export const readChange = (path: string, from: string | null, to: string | null): Change => ({
  kind: "file",
  name: path,
  from: from ?? "absent",
  to: to ?? "absent",
});

function hashNow(table: StatTable, path: string): string | null {
  try {
    return digestOf(table, path) ?? null;
  } catch {
    ask(`when ${path} can be read`);
    // The job that looked for it got no bytes either. An entry from elsewhere may name what no file is named.
    return null;
  }
}
