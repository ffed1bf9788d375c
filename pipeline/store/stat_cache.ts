/**
 * Caches hashes of files in a table of (path, size, mtime, ctime, inode) → SHA-256, as git's index does. The
 * table can be deleted at any time.
 *
 * A row counts only if the file's ctime lies in an earlier second than the row's making, because ctime
 * ticks in whole seconds here: a change within the tick of the hashing is never overlooked. Nor does a row
 * from the future count: the clock was set back, and its times may repeat. Permission bits are ignored.
 */
import { look, quietly } from "./cached_output/observation.ts";
import { checksumOf } from "./sealed.ts";
import { hashFile, sha256Of } from "./sha256.ts";
import { ifThere, statOf } from "./existence.ts";

/** [size in bytes, mtime in ms, ctime in ms, inode, when the row was made in ms] */
export type Seen = readonly [number, number, number, number, number];

/** A state of a file, and the SHA-256 of its content then. */
type Row = readonly [...Seen, string];

/** Before the checksum of all that follows the first line. */
const header = "fanin stat table 2 ";

/**
 * A row's line: its fields and the path, separated by tabs. Parsed by hand, as loading a schema
 * library would take longer than all else that a run does in which nothing changed.
 */
const lineForm = /^(\d+)\t(-?\d+)\t(-?\d+)\t(\d+)\t(\d+)\t([0-9a-f]{64})\t(.+)$/;

export interface StatTable {
  readonly file: string;
  readonly rows: Map<string, Row>;
  /** Files linked during this run, with their state right after it. */
  readonly pending: Map<string, { stat: Stat; sha256: string }>;
  changed: boolean;
  /** Set where the file existed and could not be used. */
  problem?: string;
}

interface Stat {
  size: number;
  mtime: number;
  ctime: number;
  inode: number;
}

const tick = 1000;

function fileStat(path: string): Stat | undefined {
  const info = statOf(path);
  if (!info?.isFile) return undefined;
  const { size, mtime, ctime, ino } = info;
  return {
    size,
    mtime: mtime?.getTime() ?? 0,
    ctime: ctime?.getTime() ?? mtime?.getTime() ?? 0,
    inode: ino ?? 0,
  };
}

const same = (stat: Stat, [size, mtime, ctime, inode]: Seen | Row): boolean =>
  stat.size === size && stat.mtime === mtime && stat.ctime === ctime && stat.inode === inode;

const settled = ([, , ctime, , made]: Seen | Row, now: number): boolean =>
  Math.floor(ctime / tick) < Math.floor(made / tick) && made <= now;

/** Tells whether a file's content is certainly what it was when its state was as given. */
const isUnchanged = (stat: Stat, seen: Seen | Row): boolean =>
  same(stat, seen) && settled(seen, Date.now());

/** The same of a path; false where there is no file, or where only its content could tell. */
export function isAsSeen(path: string, seen: Seen): boolean {
  const stat = fileStat(path);
  return stat !== undefined && isUnchanged(stat, seen);
}

/** The state in which the table saw a file with this content. */
export function seenIn(table: StatTable, path: string, sha256: string): Seen | undefined {
  const row = table.rows.get(path);
  return row?.[5] === sha256 ? [row[0], row[1], row[2], row[3], row[4]] : undefined;
}

const rowOf = (stat: Stat, made: number, sha256: string): Row => [
  stat.size,
  stat.mtime,
  stat.ctime,
  stat.inode,
  made,
  sha256,
];

/** The problem of a table whose first line is not that of its rows. */
export const tableProblem = "cut off, damaged or of another version";

/** The problem of a row's line; undefined if there is none. */
export const rowProblem = (line: string): string | undefined =>
  lineForm.test(line) ? undefined : `a line reads ${JSON.stringify(line.slice(0, 80))}`;

/** Reads the table; an absent file is an empty table, a damaged one is too, and says so. */
export function loadStatTable(file: string): StatTable {
  const table: StatTable = { file, rows: new Map(), pending: new Map(), changed: false };
  const text = ifThere(() => Deno.readTextFileSync(file));
  if (text === undefined) return table;
  const damaged = (problem: string) => ({ ...table, rows: new Map(), problem });
  const start = text.indexOf("\n") + 1;
  const body = text.slice(start);
  if (text.slice(0, start) !== firstLine(body)) {
    return damaged(tableProblem);
  }
  const lines = body.split("\n");
  lines.pop();
  for (const line of lines) {
    const match = lineForm.exec(line);
    if (match === null) return damaged(rowProblem(line)!);
    const [, size, mtime, ctime, inode, made, sha256, path] = match;
    table.rows.set(path, [+size, +mtime, +ctime, +inode, +made, sha256]);
  }
  return table;
}

/** The line before the rows, with their checksum. */
export const firstLine = (body: string): string => firstLineWith(checksumOf(body));

export const firstLineWith = (checksum: string): string => `${header}${checksum}\n`;

/** The SHA-256 of a file's content, or undefined where there is no such file. */
export function digestOf(table: StatTable, path: string): string | undefined {
  const sha256 = quietly(() => knownDigest(table, path));
  look("content", path, () => sha256 ?? "");
  return sha256;
}

function knownDigest(table: StatTable, path: string): string | undefined {
  const stat = fileStat(path);
  const row = table.rows.get(path);
  if (stat === undefined) {
    if (table.rows.delete(path)) table.changed = true;
    return undefined;
  }
  if (row !== undefined && isUnchanged(stat, row)) return row[5];
  const made = Date.now();
  // Another process may have moved it aside meanwhile.
  const sha256 = ifThere(() => hashFile(path));
  if (sha256 === undefined) table.rows.delete(path);
  else table.rows.set(path, rowOf(stat, made, sha256));
  table.changed = true;
  return sha256;
}

/** Tells whether the table answers for a file as it is now, so that it would not be read. */
export function isKnown(table: StatTable, path: string): boolean {
  const stat = fileStat(path);
  if (stat === undefined) return false;
  const row = table.rows.get(path);
  if (row !== undefined && isUnchanged(stat, row)) return true;
  const written = table.pending.get(path);
  return written !== undefined && same(stat, rowOf(written.stat, 0, written.sha256));
}

/** Reads a whole file and hashes what was read, whatever the table says of it, and notes it there. */
export function readHashed(
  table: StatTable,
  path: string,
): { bytes: Uint8Array<ArrayBuffer>; sha256: string } {
  const stat = quietly(() => fileStat(path));
  const made = Date.now();
  const bytes = quietly(() => Deno.readFileSync(path));
  const sha256 = sha256Of(bytes);
  look("content", path, () => sha256);
  if (stat !== undefined) table.rows.set(path, rowOf(stat, made, sha256));
  table.changed = true;
  return { bytes, sha256 };
}

/** Drops a file's row, so that its next look-up hashes it. */
export function forget(table: StatTable, path: string): void {
  table.pending.delete(path);
  if (table.rows.delete(path)) table.changed = true;
}

/**
 * Notes that a file whose content is known was just written or linked (which moves its ctime).
 * `settle` makes rows of these when the run ends.
 */
export function noteWritten(table: StatTable, path: string, sha256: string): void {
  const stat = fileStat(path);
  if (stat !== undefined) table.pending.set(path, { stat, sha256 });
}

/** Makes rows of the files noted, if nothing has touched them since. */
export function settle(table: StatTable): void {
  const made = Date.now();
  for (const [path, { stat, sha256 }] of table.pending) {
    const row = rowOf(stat, made, sha256);
    const now = fileStat(path);
    if (now === undefined || !same(now, row)) table.rows.delete(path);
    else table.rows.set(path, row);
    table.changed = true;
  }
  table.pending.clear();
}
