/**
 * Caches what `reproduce` printed when nothing was left to do, with everything that it looked at. While none
 * of that changes, the same command prints the same, and neither stages nor their packages are loaded.
 * Imports nothing that takes time to load. A cached output can be deleted at any time.
 */
import { readCachedValue, writeCachedValue } from "../cache_file.ts";
import { driverFingerprint } from "../../engine/machine/driver.ts";
import {
  digestOf,
  isAsSeen,
  loadStatTable,
  type Seen,
  seenIn,
  type StatTable,
} from "../stat_cache.ts";
import { saveStatTable } from "../save_stat_table.ts";
import { statOf } from "../existence.ts";
import type { RunSummary } from "../../terminal/run_screen.ts";
import { sharedPlace } from "../store_place.ts";
import { givenPath } from "../../terminal/user_path.ts";
import { type Dependency, stateOf } from "./dependency.ts";

export interface CommandOutput {
  exitCode: number;
  /** For standard output; a summary is laid out for the terminal that there is then. */
  shown: { text: string } | { summary: RunSummary; details?: string; isQuiet?: boolean };
}

/** An output as stored. Written and read here alone, so its version says all about its form. */
interface Remembered {
  version: 5;
  arguments: string[];
  circumstances: string;
  dependencies: KnownDependency[];
  answer: CommandOutput;
}

/** With the state in which a file had its content: the table of all files is large, and is then not read. */
type KnownDependency = [...Dependency, seen?: Seen];

/** Dependencies of every cached output: the program, the runtime, the machine, and the user's directory. */
function circumstances(): string {
  // July and January tell summer time; the first moment tells places that changed their zone.
  const zone = [0, Date.UTC(2026, 0), Date.UTC(2026, 6)]
    .map((time) => new Date(time).getTimezoneOffset());
  return [
    `main ${Deno.mainModule}`,
    `directory ${Deno.cwd()}`,
    `user's directory ${givenPath(".")}`,
    `store ${sharedPlace() ?? ""}`,
    `v8 ${Deno.version.v8}`,
    `arch ${Deno.build.arch}`,
    `os ${Deno.build.os}`,
    `language ${navigator.language}`,
    `zone ${zone.join(" ")}`,
    driverFingerprint(),
  ].join("\n");
}

/** The path of a cached output; undefined for arguments that make no good file name. */
function outputPath(caches: string, args: readonly string[]): string | undefined {
  const name = encodeURIComponent(args.join(" ")).replaceAll("*", "%2A");
  return name.length <= 200 ? `${caches}/answers/${name}.json` : undefined;
}

/** Tells whether a command may have an output to cache: it neither runs a job anyhow nor asks a server. */
export const canBeRemembered = ([command, ...flags]: readonly string[]): boolean =>
  command === "reproduce" && !flags.some((flag) => /^--(force|remote)/.test(flag));

/** The output for these arguments, if all that it depended on is as it was. `caches` is where it would lie. */
export function recall(caches: string, args: readonly string[]): CommandOutput | undefined {
  const path = canBeRemembered(args) ? outputPath(caches, args) : undefined;
  if (path === undefined) return undefined;
  try {
    const remembered = readCachedValue(path) as Remembered;
    if (!isMeant(remembered, args)) return undefined;
    return isCurrent(caches, remembered, path) ? remembered.answer : undefined;
  } catch {
    // Not asked before, damaged, or something in its way: it is found out anew, with its errors.
    return undefined;
  }
}

const isMeant = (remembered: Remembered, args: readonly string[]): boolean =>
  remembered.version === 5 && remembered.circumstances === circumstances() &&
  JSON.stringify(remembered.arguments) === JSON.stringify(args);

/** Tells whether all is as it was. Only files that were touched are read, and are known from then on. */
function isCurrent(caches: string, remembered: Remembered, path: string): boolean {
  let table: StatTable | undefined;
  const digest = (path: string) =>
    statOf(path)?.isFile
      ? digestOf(table ??= loadStatTable(`${caches}/stat.tsv`), path)
      : undefined;
  const isSame = hold(remembered.dependencies, digest);
  if (table !== undefined) {
    saveStatTable(table);
    if (isSame) {
      const dependencies = withSeen(remembered.dependencies, table);
      writeCachedValue(path, { ...remembered, dependencies });
    }
  }
  return isSame;
}

const hold = (
  dependencies: readonly KnownDependency[],
  digest: (path: string) => string | undefined,
): boolean =>
  dependencies.every(([kind, name, state, seen]) =>
    seen !== undefined && isAsSeen(name, seen) || stateOf(kind, name, digest) === state
  );

const withSeen = (dependencies: readonly KnownDependency[], table: StatTable): KnownDependency[] =>
  dependencies.map(([kind, name, state, seen]) =>
    kind === "content"
      ? [kind, name, state, seenIn(table, name, state) ?? seen]
      : [kind, name, state]
  );

/** Caches an output, unless something that it depends on has changed meanwhile. */
export function remember(
  { caches, table }: { caches: string; table: StatTable },
  args: readonly string[],
  answer: CommandOutput,
  dependencies: readonly Dependency[],
): void {
  const path = canBeRemembered(args) ? outputPath(caches, args) : undefined;
  if (path === undefined || !hold(dependencies, (path) => digestOf(table, path))) return;
  const remembered: Remembered = {
    version: 5,
    arguments: [...args],
    circumstances: circumstances(),
    dependencies: withSeen(dependencies, table),
    answer,
  };
  writeCachedValue(path, remembered);
}
