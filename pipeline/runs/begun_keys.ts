/**
 * Keeps the keys of what a run has begun in a file beside its registration, a line each: the key and its
 * checksum. The file only grows, so that a run of any size writes each key once. A key is on the disk
 * before its job begins; so what a power failure leaves of a line is of a job that has not begun.
 */
import { dirname } from "node:path";
import { syncDirectory, writeAll } from "../store/atomic_write.ts";
import { makeFileIn } from "../store/group_rights.ts";
import { checksumOf } from "../store/sealed.ts";
import type { Store } from "../store/store.ts";
import { exists, needKind } from "../store/existence.ts";

const lineOf = (key: string): string => `${key} ${checksumOf(key)}\n`;

/** The length of a line in characters, all of them ASCII: 64 digits, a space, 8 digits, a line feed. */
const lineLength = 74;

/** A file of keys that a run adds to. */
export interface BegunKeys {
  /** Adds keys; they are on the disk when this returns. */
  add(keys: readonly string[]): void;
}

/** Opens a file of keys to add to, after those that it has. Makes it if it is missing. */
export function openBegunKeys(store: Store, path: string): BegunKeys {
  needKind(path, "file");
  const isNew = !exists(path);
  if (isNew) makeFileIn(store, path);
  if (isNew) syncDirectory(dirname(path));
  let length = lineLength * keysIn(Deno.readTextFileSync(path)).length;
  return {
    add(keys) {
      const bytes = new TextEncoder().encode(keys.map(lineOf).join(""));
      using file = Deno.openSync(path, { write: true });
      // A write that failed may have left bytes behind these.
      file.truncateSync(length);
      file.seekSync(length, Deno.SeekMode.Start);
      writeAll(file, bytes);
      file.syncDataSync();
      length += bytes.length;
    },
  };
}

/**
 * The keys in the text of such a file. Its end may be a part of a line, or zeros in place of lines, where
 * the power failed. Throws for another line that is not as it was written.
 */
export function keysIn(text: string): string[] {
  const whole = text.replace(/\0+$/, "");
  const count = Math.floor(whole.length / lineLength);
  return Array.from({ length: count }, (_, i) => {
    const line = whole.slice(i * lineLength, (i + 1) * lineLength);
    const key = line.slice(0, 64);
    if (/^[0-9a-f]{64}$/.test(key) && line === lineOf(key)) return key;
    throw new SyntaxError(`expected a key and its checksum in line ${i + 1}, found another text`);
  });
}
