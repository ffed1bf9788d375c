/**
 * Caches hashes of files in a table of (path, size, mtime, ctime, inode) → SHA-256, as git's index does. The
 * table can be deleted at any time. `file_state.ts` says when a row counts.
 */
import { look, quietly } from "./cached_output/observation.ts";
import { checksumOf } from "./sealed.ts";
import { hashFile, sha256Of } from "./sha256.ts";
import { ifThere, statOf } from "./existence.ts";
import { type FileState, fileState, isSameState, isSettled } from "./file_state.ts";

/** A state of a file, when it was seen in ms, and the SHA-256 of its content then. */
type Row = readonly [...FileState, seen: number, sha256: string];

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
  readonly pending: Map<string, { state: FileState; sha256: string }>;
  changed: boolean;
  /** Set where the file existed and could not be used. */
  problem?: string;
}

const stateIn = ([size, mtime, ctime, inode]: Row): FileState => [size, mtime, ctime, inode];

/** Tells whether a file's content is certainly what it was when its row was made. */
const isUnchanged = (state: FileState, row: Row): boolean =>
  isSameState(state, stateIn(row)) && isSettled(state, row[4]) && row[4] <= Date.now();

/** The state in which the table saw a file with this content, if that says all about one that still has it. */
export function settledState(
  table: StatTable,
  path: string,
  sha256: string,
): { state: FileState; seen: number } | undefined {
  const row = table.rows.get(path);
  if (row?.[5] !== sha256 || !isSettled(stateIn(row), row[4])) return undefined;
  return { state: stateIn(row), seen: row[4] };
}

/** The problem of a table whose first line is not that of its rows. */
export const tableProblem = "cut off, damaged or of another version";

/** The problem of a row's line; undefined if there is none. */
export const rowProblem = (line: string): string | undefined =>
  lineForm.test(line) ? undefined : `a line reads ${JSON.stringify(line.slice(0, 80))}`;

/** Reads the table; an absent file is an empty table, a damaged one is too, and says so. */
export function loadStatTable(file: string): StatTable {
  const table: StatTable = { file, rows: new Map(), pending: new Map(), changed: false };
  const damaged = (problem: string) => ({ ...table, rows: new Map(), problem });
  const found = statOf(file);
  if (found?.isFile === false) return damaged("no plain file");
  const text = found && ifThere(() => Deno.readTextFileSync(file));
  if (text === undefined) return table;
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
    const [, size, mtime, ctime, inode, seen, sha256, path] = match;
    table.rows.set(path, [+size, +mtime, +ctime, +inode, +seen, sha256]);
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
  const state = fileState(path);
  const row = table.rows.get(path);
  if (state === undefined) {
    if (table.rows.delete(path)) table.changed = true;
    return undefined;
  }
  if (row !== undefined && isUnchanged(state, row)) return row[5];
  const seen = Date.now();
  // Another process may have moved it aside meanwhile.
  const sha256 = ifThere(() => hashFile(path));
  if (sha256 === undefined) table.rows.delete(path);
  else table.rows.set(path, [...state, seen, sha256]);
  table.changed = true;
  return sha256;
}

/** Tells whether the table answers for a file as it is now, so that it would not be read. */
export function isKnown(table: StatTable, path: string): boolean {
  const state = fileState(path);
  if (state === undefined) return false;
  const row = table.rows.get(path);
  if (row !== undefined && isUnchanged(state, row)) return true;
  const written = table.pending.get(path);
  return written !== undefined && isSameState(state, written.state);
}

/** Reads a whole file and hashes what was read, whatever the table says of it, and notes it there. */
export function readHashed(
  table: StatTable,
  path: string,
): { bytes: Uint8Array<ArrayBuffer>; sha256: string } {
  const state = quietly(() => fileState(path));
  const seen = Date.now();
  if (state === undefined) throw new Deno.errors.NotFound(`${path} is no plain file`);
  const bytes = quietly(() => Deno.readFileSync(path));
  const sha256 = sha256Of(bytes);
  look("content", path, () => sha256);
  table.rows.set(path, [...state, seen, sha256]);
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
  const state = fileState(path);
  if (state !== undefined) table.pending.set(path, { state, sha256 });
}

/** Makes rows of the files noted, if nothing has touched them since. */
export function settle(table: StatTable): void {
  const seen = Date.now();
  for (const [path, { state, sha256 }] of table.pending) {
    const now = fileState(path);
    if (now === undefined || !isSameState(now, state)) table.rows.delete(path);
    else table.rows.set(path, [...state, seen, sha256]);
    table.changed = true;
  }
  table.pending.clear();
}
