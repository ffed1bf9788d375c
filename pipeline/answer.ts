/**
 * Remembered answers: what `reproduce` printed when nothing was left to do, with every file that this
 * depended on. As long as none of them has changed, the same arguments have the same answer, and
 * neither the stages nor the packages that they declare themselves with need to be loaded. Imports
 * nothing that takes time to load. An answer can be deleted at any time.
 */
import { driverFingerprint } from "./driver.ts";
import { writeCache } from "./cache_file.ts";
import { digestOf, loadStatTable, saveStatTable } from "./stat_table.ts";

export interface Answer {
  exitCode: number;
  /** For standard output. */
  out: string;
  /** For standard error. */
  note: string;
}

/** An answer as stored. Written and read here alone, so its version says all about its form. */
interface Remembered {
  version: 2;
  arguments: string[];
  /** What else it depends on: versions, and the graphics driver. */
  machine: string;
  /** Path → SHA-256 of the content, or "" of a file that is not there. */
  files: [path: string, sha256: string][];
  /** Paths that must be there, whatever their content. */
  present: string[];
  answer: Answer;
  /** Of the answer, so that one in which a bit has flipped is not given. */
  checksum: number;
}

/** FNV-1a, 32 bits: SHA-256 takes longer to load than all else here. */
export function checksumOf(answer: Answer): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(answer)) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return hash >>> 0;
}

const machine = (): string =>
  `v8 ${Deno.version.v8}\narch ${Deno.build.arch}\nos ${Deno.build.os}\n${driverFingerprint()}`;

/** Where an answer lies; undefined for arguments that make no good file name. */
function answerPath(store: string, args: readonly string[]): string | undefined {
  const name = encodeURIComponent(args.join(" ")).replaceAll("*", "%2A");
  return name.length <= 200 ? `${store}/answers/${name}.json` : undefined;
}

/** Whether a command's answer depends on files alone. */
const canBeRemembered = ([command, ...flags]: readonly string[]): boolean =>
  command === "reproduce" &&
  !flags.some((flag) => flag.startsWith("--force") || /\.(ts|js)$/.test(flag));

/** The answer to these arguments, if nothing that it depended on has changed. `store` is a path. */
export function recall(store: string, args: readonly string[]): Answer | undefined {
  const path = canBeRemembered(args) ? answerPath(store, args) : undefined;
  if (path === undefined) return undefined;
  try {
    const remembered: Remembered = JSON.parse(Deno.readTextFileSync(path));
    return isCurrent(store, remembered, args) ? remembered.answer : undefined;
  } catch {
    // Not asked before, cut off, or something in its way: it is found out anew, with its errors.
    return undefined;
  }
}

function isCurrent(store: string, remembered: Remembered, args: readonly string[]): boolean {
  const { version, arguments: asked, files, present } = remembered;
  if (version !== 2 || checksumOf(remembered.answer) !== remembered.checksum) return false;
  if (JSON.stringify(asked) !== JSON.stringify(args)) return false;
  if (remembered.machine !== machine()) return false;
  const table = loadStatTable(`${store}/stat.tsv`);
  for (const [path, sha256] of files) if ((digestOf(table, path) ?? "") !== sha256) return false;
  for (const path of present) Deno.statSync(path);
  saveStatTable(table);
  return true;
}

/**
 * Remembers an answer that depends on files with the given content and on nothing else. The digests
 * of files that the answer was made from are those of then, not of now: they may have been edited
 * since.
 */
export function remember(
  store: string,
  args: readonly string[],
  answer: Answer,
  files: ReadonlyMap<string, string>,
  present: readonly string[],
): void {
  const path = canBeRemembered(args) ? answerPath(store, args) : undefined;
  if (path === undefined) return;
  const remembered: Remembered = {
    version: 2,
    arguments: [...args],
    machine: machine(),
    files: [...files],
    present: [...present],
    answer,
    checksum: checksumOf(answer),
  };
  writeCache(path, JSON.stringify(remembered));
}
