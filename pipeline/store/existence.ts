/** Tells what lies at a path, if anything does. */

/** The file at a path, a link followed by default; undefined where nothing is, or links form a circle. */
export function statOf(path: string, stat = Deno.statSync): Deno.FileInfo | undefined {
  try {
    return stat(path);
  } catch (error) {
    const { NotFound, NotADirectory, FilesystemLoop } = Deno.errors;
    const none = [NotFound, NotADirectory, FilesystemLoop];
    if (none.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

/** True where anything lies at a path, a link followed. */
export const exists = (path: string): boolean => statOf(path) !== undefined;

/** Runs what reads, moves or removes a file or directory; undefined where it is not there. */
export function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** True for an error that says that nothing is at a path. */
export const isAbsence = (error: unknown): boolean =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;

/** Kind of what lies at a path, a link not followed: "a link to ../other", "a pipe". */
export function kindAt(path: string): string {
  const stat = Deno.lstatSync(path);
  return stat.isSymlink ? `link to ${Deno.readLinkSync(path)}` : kindOf(stat);
}

function kindOf(stat: Deno.FileInfo): string {
  if (stat.isDirectory) return "directory";
  if (stat.isFile) return "file";
  if (stat.isFifo) return "pipe";
  if (stat.isSocket) return "socket";
  return "device";
}

/**
 * Throws an error of what is at a path and not of the expected kind, a link followed. Opening a pipe would wait
 * for whoever writes to it, and the system's errors of a directory do not say what to do. Another process
 * may make or remove the path meanwhile, so each look is judged by itself.
 */
export function needKind(path: string, expected: "file" | "directory"): void {
  const own = statOf(path, Deno.lstatSync);
  const target = own?.isSymlink ? statOf(path) : own;
  if (own === undefined || target && kindOf(target) === expected) return;
  const found = target === undefined ? "link that leads nowhere" : kindOf(target);
  const wanted = `expected a ${expected}, a link to one, or nothing, as fanin makes it`;
  const linked = own.isSymlink && target ? "link to a " : "";
  throw new Deno.errors.InvalidData(`${path} is a ${linked}${found}; ${wanted}. Move it away.`);
}
