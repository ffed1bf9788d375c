/**
 * Reads and writes SHA256SUMS in a run's directory: the hashes of the files that the run wrote itself, in
 * the form that `sha256sum --check SHA256SUMS` reads. A run writes it before its manifest, so every
 * recorded run has it, but for runs of older versions. The manifest has the hashes of the outputs.
 */
import { join } from "node:path";
import { Failed } from "../engine/failed.ts";
import { hashFile, sha256Of } from "../store/sha256.ts";
import { writeWhole } from "../store/atomic_write.ts";
import { ifThere, statOf } from "../store/existence.ts";

export const checksumsFile = "SHA256SUMS";

/** Path in the run's directory → SHA-256 of the file's content. */
type Checksums = ReadonlyMap<string, string>;

/** The recorded hashes, undefined where there are none. Throws a `Failed` where the file is damaged. */
export function readChecksums(directory: string): Checksums | undefined {
  const path = join(directory, checksumsFile);
  const text = readText(path);
  if (text === undefined) return undefined;
  const checksums = new Map<string, string>();
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const [, sha256, file] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (file === undefined || checksums.has(file)) {
      throw damaged(path, "a SHA-256, two spaces and the name of a file in each line", line);
    }
    checksums.set(file, sha256);
  }
  if (checksums.has("manifest.json") && text.endsWith("\n")) return checksums;
  throw damaged(path, "the hash of manifest.json", text.slice(-80));
}

/** Throws a `Failed` if a file's content is not the one that was recorded. */
export function checkRecorded(directory: string, file: string, content: Uint8Array): void {
  const expected = readChecksums(directory)?.get(file);
  if (expected === undefined) return;
  const found = sha256Of(content);
  if (found === expected) return;
  throw damaged(join(directory, file), `bytes with the SHA-256 ${expected}`, found);
}

const damaged = (path: string, expected: string, found: string): Failed =>
  new Failed({ reason: "damaged-file", path, expected, found });

/** The text of the file for these files and contents. */
export const checksumsText = (contents: Iterable<readonly [string, Uint8Array]>): string =>
  textOf(new Map([...contents].map(([file, bytes]) => [file, sha256Of(bytes)])));

/** The text of the file for these hashes. */
export const textOf = (checksums: Checksums): string =>
  [...checksums].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([file, sha256]) => `${sha256}  ${file}\n`).join("");

/** Writes the hashes anew, whole or not at all. */
export function writeChecksums(directory: string, checksums: Checksums): void {
  const bytes = new TextEncoder().encode(textOf(checksums));
  writeWhole(join(directory, checksumsFile), bytes, { scratch: directory, mode: 0o644 });
}

/**
 * Records a file that `write` writes after the manifest. In between no hash of it is recorded, so a crash
 * leaves none that is wrong. Runs of older versions get none.
 */
export function recordWriting(directory: string, file: string, write: () => void): void {
  const { [file]: old, ...others } = Object.fromEntries(readChecksums(directory) ?? []);
  if (others["manifest.json"] === undefined) return write();
  if (old !== undefined) writeChecksums(directory, new Map(Object.entries(others)));
  write();
  const sha256 = hashAt(join(directory, file));
  if (sha256 !== undefined) {
    writeChecksums(directory, new Map(Object.entries({ ...others, [file]: sha256 })));
  }
}

/** SHA-256 of a file's content, undefined where there is none. Throws a `Failed` for what is no plain file. */
export const hashAt = (path: string): string | undefined =>
  isThere(path) ? ifThere(() => hashFile(path)) : undefined;

/** The text of a file, with the same exceptions. */
const readText = (path: string): string | undefined =>
  isThere(path) ? ifThere(() => Deno.readTextFileSync(path)) : undefined;

/** True for a plain file. Opening a pipe would wait for whoever writes to it. */
function isThere(path: string): boolean {
  const isFile = statOf(path)?.isFile;
  if (isFile === false) throw new Failed({ reason: "not-in-run", path });
  return isFile === true;
}
