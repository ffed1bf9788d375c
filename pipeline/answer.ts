/**
 * Remembered answers: what `reproduce` printed when nothing was left to do, with every file that this
 * depended on. As long as none of them has changed, the same arguments have the same answer, and
 * neither the stages nor the packages that they declare themselves with need to be loaded. Imports
 * nothing that takes time to load. An answer can be deleted at any time.
 */
import { driverFingerprint } from "./driver.ts";
import { digestOf, loadStatTable, saveStatTable, type StatTable } from "./stat_table.ts";

export interface Answer {
  exitCode: number;
  /** For standard output. */
  out: string;
  /** For standard error. */
  note: string;
}

/** An answer as stored. Written and read here alone, so its version says all about its form. */
interface Remembered {
  version: 1;
  arguments: string[];
  /** What else it depends on: versions, and the graphics driver. */
  machine: string;
  /** Path → SHA-256 of the content. */
  files: [path: string, sha256: string][];
  answer: Answer;
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
  let remembered: Remembered;
  try {
    remembered = JSON.parse(Deno.readTextFileSync(path));
  } catch {
    // Not asked before, or cut off: it is found out anew.
    return undefined;
  }
  const { version, arguments: asked, files, answer } = remembered;
  if (version !== 1 || JSON.stringify(asked) !== JSON.stringify(args)) return undefined;
  if (remembered.machine !== machine()) return undefined;
  const table = loadStatTable(`${store}/stat.tsv`);
  if (!files.every(([path, sha256]) => digestOf(table, path) === sha256)) return undefined;
  saveStatTable(table);
  return answer;
}

/** Remembers an answer that depends on the given files as they are now, and on nothing else. */
export function remember(
  store: string,
  args: readonly string[],
  answer: Answer,
  files: Iterable<string>,
  table: StatTable,
): void {
  const path = canBeRemembered(args) ? answerPath(store, args) : undefined;
  if (path === undefined) return;
  const digests: Remembered["files"] = [];
  for (const file of new Set(files)) {
    const sha256 = digestOf(table, file);
    // A file that is gone again: there is nothing to remember.
    if (sha256 === undefined) return;
    digests.push([file, sha256]);
  }
  const remembered: Remembered = {
    version: 1,
    arguments: [...args],
    machine: machine(),
    files: digests,
    answer,
  };
  Deno.mkdirSync(`${store}/answers`, { recursive: true });
  const partial = `${store}/answers/.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(partial, JSON.stringify(remembered));
  Deno.renameSync(partial, path);
}
