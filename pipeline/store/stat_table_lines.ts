/** Checks and shortens the file of a stat table line by line: it may be larger than memory should be. */
import { dirname } from "node:path";
import { statOf } from "./existence.ts";
import { partialFile, writeAll } from "./atomic_write.ts";
import { checksumAfter, checksumStart, checksumText } from "./sealed.ts";
import { firstLineWith, rowProblem, tableProblem } from "./stat_cache.ts";

/** The problem of a table; undefined if there is none. Throws where the file cannot be read. */
export function statTableProblem(file: string): string | undefined {
  if (!Deno.statSync(file).isFile) return "no plain file";
  using from = Deno.openSync(file);
  let problem: string | undefined;
  const isWhole = eachPiece(from, (lines) => {
    for (const line of lines) problem ??= rowProblem(line);
  });
  return isWhole ? problem : tableProblem;
}

/** Keeps the rows of which `keep` is true, by their paths. Removes a table that is damaged. */
export function pruneStatTable(file: string, keep: (path: string) => boolean): void {
  if (statOf(file)?.isFile === false) return Deno.removeSync(file, { recursive: true });
  using partial = partialFile(dirname(file));
  let isWhole: boolean;
  try {
    isWhole = copyKept(file, partial.path, keep);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (isWhole) partial.keepAs(file);
  else Deno.removeSync(file);
}

/** Tells whether the table was whole. */
function copyKept(file: string, copy: string, keep: (path: string) => boolean): boolean {
  using from = Deno.openSync(file);
  using to = Deno.openSync(copy, { write: true, createNew: true });
  const encoder = new TextEncoder();
  const write = (text: string) => writeAll(to, encoder.encode(text));
  let checksum = checksumStart;
  // The line that replaces it at the end has the same length.
  write(firstLineWith(checksumText(checksum)));
  const isWhole = eachPiece(from, (lines) => {
    const kept = lines.filter((line) => keep(line.slice(line.lastIndexOf("\t") + 1)))
      .map((line) => `${line}\n`).join("");
    checksum = checksumAfter(checksum, kept);
    write(kept);
  });
  to.seekSync(0, Deno.SeekMode.Start);
  write(firstLineWith(checksumText(checksum)));
  return isWhole;
}

/** Gives the lines after the first, many at a time; tells whether the first has the checksum of them. */
function eachPiece(file: Deno.FsFile, take: (lines: string[]) => void): boolean {
  let checksum = checksumStart;
  let first: string | undefined;
  for (const text of wholeLines(file)) {
    const start = first === undefined ? text.indexOf("\n") + 1 : 0;
    first ??= text.slice(0, start);
    const body = text.slice(start);
    checksum = checksumAfter(checksum, body);
    take(body.split("\n").slice(0, -1));
  }
  return first === firstLineWith(checksumText(checksum));
}

/** The text of a file in pieces that end with a line; what follows the last line comes as it is. */
function* wholeLines(file: Deno.FsFile): Generator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 20);
  let rest = "";
  for (let n = file.readSync(buffer); n !== null; n = file.readSync(buffer)) {
    const text = rest + decoder.decode(buffer.subarray(0, n), { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) yield text.slice(0, end);
    rest = text.slice(end);
  }
  if (rest !== "") yield rest;
}
