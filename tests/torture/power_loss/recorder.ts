/**
 * Records what a program does to the files below a directory: every call that changes one, in order,
 * with its bytes. Only the calls that the store uses are recorded, and one that is missed shows, since
 * replaying the whole log must give the very tree that is on the disk.
 */
import { relative } from "node:path";

/** Paths are relative to the recorded directory, with "/" between their parts. */
export type Operation =
  | { kind: "directory"; path: string }
  | { kind: "create"; path: string }
  | { kind: "write"; path: string; at: number; bytes: Uint8Array }
  | { kind: "truncate"; path: string; size: number }
  | { kind: "link"; from: string; path: string }
  | { kind: "rename"; from: string; path: string }
  | { kind: "remove"; path: string }
  | { kind: "sync-file"; path: string }
  | { kind: "sync-directory"; path: string }
  /** Said by the program itself: this work is finished. */
  | { kind: "finished"; what: string };

interface Recorder extends Disposable {
  readonly log: Operation[];
}

/** Records until disposed. The file calls of `Deno` are replaced meanwhile. */
export function record(directory: string): Recorder {
  const log: Operation[] = [];
  const inside = (path: string | URL): string | undefined => {
    const inner = relative(directory, String(path)).replaceAll("\\", "/");
    return inner.startsWith("..") ? undefined : inner;
  };
  const real = {
    openSync: Deno.openSync,
    mkdirSync: Deno.mkdirSync,
    renameSync: Deno.renameSync,
    linkSync: Deno.linkSync,
    removeSync: Deno.removeSync,
    writeTextFileSync: Deno.writeTextFileSync,
    copyFileSync: Deno.copyFileSync,
  };
  const isThere = (path: string | URL): Deno.FileInfo | undefined => {
    try {
      return Deno.statSync(path);
    } catch {
      return undefined;
    }
  };
  /** Notes what a writer of whole files does: make or empty the file, then fill it. */
  const noteContent = (path: string | URL, existed: boolean) => {
    const inner = inside(path);
    if (inner === undefined) return;
    log.push(
      existed ? { kind: "truncate", path: inner, size: 0 } : { kind: "create", path: inner },
      { kind: "write", path: inner, at: 0, bytes: Deno.readFileSync(path) },
    );
  };

  Deno.openSync = (path, options) => {
    const existed = isThere(path);
    const file = real.openSync(path, options);
    const inner = inside(path);
    if (inner === undefined || inner.startsWith("store/locks")) return file;
    if (existed === undefined) log.push({ kind: "create", path: inner });
    else if (options?.truncate) log.push({ kind: "truncate", path: inner, size: 0 });
    let at = options?.append ? existed?.size ?? 0 : 0;
    const writeSync = file.writeSync.bind(file);
    const kind = existed?.isDirectory ? "sync-directory" : "sync-file";
    file.writeSync = (bytes) => {
      const written = writeSync(bytes);
      log.push({ kind: "write", path: inner, at, bytes: bytes.slice(0, written) });
      at += written;
      return written;
    };
    for (const name of ["syncSync", "syncDataSync"] as const) {
      const sync = file[name].bind(file);
      file[name] = () => {
        sync();
        log.push({ kind, path: inner });
      };
    }
    return file;
  };
  Deno.mkdirSync = (path, options) => {
    const missing: string[] = [];
    for (let at = String(path); inside(at) && !isThere(at); at = at.replace(/\/[^/]*$/, "")) {
      missing.unshift(at);
    }
    real.mkdirSync(path, options);
    for (const at of missing) log.push({ kind: "directory", path: inside(at)! });
  };
  Deno.renameSync = (from, to) => {
    real.renameSync(from, to);
    log.push({ kind: "rename", from: inside(from)!, path: inside(to)! });
  };
  Deno.linkSync = (from, to) => {
    real.linkSync(from, to);
    log.push({ kind: "link", from: inside(from)!, path: inside(to)! });
  };
  Deno.removeSync = (path, options) => {
    real.removeSync(path, options);
    log.push({ kind: "remove", path: inside(path)! });
  };
  Deno.writeTextFileSync = (path, text, options) => {
    const existed = isThere(path) !== undefined;
    real.writeTextFileSync(path, text, options);
    noteContent(path, existed);
  };
  Deno.copyFileSync = (from, to) => {
    const existed = isThere(to) !== undefined;
    real.copyFileSync(from, to);
    noteContent(to, existed);
  };
  return { log, [Symbol.dispose]: () => void Object.assign(Deno, real) };
}
