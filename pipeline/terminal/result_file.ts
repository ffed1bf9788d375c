/**
 * Writes the files that a user asked for. A path is checked before the work that leads to it; then the
 * file is written whole, or the command fails. `cache_file.ts` writes files that only save time.
 */
import { dirname } from "node:path";
import { Failed } from "../engine/failed.ts";
import { partialFile, writeAll } from "../store/atomic_write.ts";
import { onEndingSignal } from "./interruption.ts";
import { shownPath } from "./user_path.ts";
import { exists, statOf } from "../store/existence.ts";

/**
 * Throws a failure for a path that `writeResult` cannot write to. Leaves nothing behind. `hint` is for a path that the
 * user did not name.
 */
export function checkWritable(path: string, hint?: string): void {
  explaining(path, () => {
    const found = statOf(path);
    if (found === undefined) {
      const probe = partialFile(nearestDirectory(path)).path;
      Deno.openSync(probe, { write: true, createNew: true }).close();
      Deno.removeSync(probe);
    } else if (found.isDirectory) {
      throw new Error("it is a directory");
    } else if (!found.isFifo || isSpecial(path)) {
      // Opening a pipe would wait for its reader.
      Deno.openSync(path, { write: true }).close();
    }
  }, hint);
}

/** Throws a failure for a path that is taken, or that `writeResult` cannot write to. */
export function checkNew(path: string): void {
  const found = explaining(path, () => statOf(path, Deno.lstatSync));
  if (found?.isCharDevice || found?.isBlockDevice || found?.isFifo) {
    const problem = "it is a device or a pipe; expected the name of a file to make";
    throw new Failed({ reason: "not-written", path, problem });
  }
  if (found !== undefined) throw new Failed({ reason: "file-exists", path });
  checkWritable(path);
}

/**
 * Writes files that are not there yet, all or none: a failure removes what was made, and a signal finds all of it
 * made.
 */
export function writeNew(files: readonly (readonly [path: string, content: string])[]): void {
  for (const [path] of files) checkNew(path);
  using _until = onEndingSignal(() => {});
  const made: string[] = [];
  try {
    for (const [path, content] of files) {
      made.push(...missingAbove(path), path);
      writeResult(path, content);
    }
  } catch (error) {
    for (const path of made.reverse()) {
      try {
        Deno.removeSync(path);
      } catch { /* It was not made, or holds what others put there. */ }
    }
    throw error;
  }
}

/** The directories above a path that are not there, the outermost first. */
function missingAbove(path: string): string[] {
  const above = dirname(path);
  return exists(above) ? [] : [...missingAbove(above), above];
}

/** Writes a file, and makes the directories above it that are missing. */
export function writeResult(path: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  explaining(path, () => {
    const found = statOf(path);
    // A link stays, and what it leads to is written.
    const target = found === undefined ? path : Deno.realPathSync(path);
    // So do pipes and devices.
    if (found?.isFile === false) return writeTo(target, bytes);
    try {
      const directory = dirname(target);
      Deno.mkdirSync(directory, { recursive: true });
      using partial = partialFile(directory);
      writeTo(partial.path, bytes, found?.mode ?? undefined);
      partial.keepAs(target);
    } catch (error) {
      if (found === undefined || !isRefusal(error)) throw error;
      writeTo(target, bytes);
    }
  });
}

/** A file can be writable where its directory takes no other, or be a mount that nothing replaces. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.Busy ||
  /read-only file system/i.test(String(error));

function writeTo(path: string, bytes: Uint8Array, mode?: number): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  writeAll(file, bytes);
  if (file.statSync().isFile) file.syncSync();
  if (mode !== undefined && Deno.build.os !== "windows") Deno.chmodSync(path, mode & 0o777);
}

/** Deno says itself what a program may do there. */
const isSpecial = (path: string): boolean => /^\/(dev|proc|sys)\//.test(path);

/** The directory that the path is in, or of those above it the nearest that is there. */
function nearestDirectory(path: string): string {
  const above = dirname(path);
  const found = statOf(above);
  if (found?.isDirectory) return above;
  if (found !== undefined) throw new Error(`${shownPath(above)} is not a directory`);
  if (statOf(above, Deno.lstatSync) !== undefined) {
    throw new Error(`${shownPath(above)} is a link that leads nowhere`);
  }
  return nearestDirectory(above);
}

/** Makes a failure that names the path of what the system, or a check above, says of writing to it. */
export function explaining<T>(path: string, write: () => T, hint?: string): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof Failed) throw error;
    // The rest of the system's message is the path again.
    const problem = error instanceof Deno.errors.NotCapable
      ? "it is of the system, where Deno opens no file for fanin"
      : (error as Error).message.replace(/(\(os error \d+\)).*/s, "$1");
    throw new Failed({ reason: "not-written", path, problem, hint }, { cause: error });
  }
}
