/**
 * Refuses installed npm packages that were edited. A key has a package's hashes from `deno.lock`, but Deno
 * checks them only when it downloads the package. So the store records the SHA-256 of each file when a job
 * first uses a package, and no job runs after a file changed.
 *
 * Each package has a stat table, `packages/<name>@<version>.tsv`, with paths relative to the package, so
 * that a check reads only touched files. A table can be deleted at any time: the package is then recorded
 * again as it is. The same is done for a damaged table, and reported, because an earlier edit passes.
 */
import { basename, join } from "node:path";
import type { Failure, Notice } from "../event.ts";
import { Failed } from "../failed.ts";
import { digestOf, loadStatTable, type StatTable } from "../../store/stat_cache.ts";
import { saveStatTable } from "../../store/save_stat_table.ts";
import { hashFile } from "../../store/sha256.ts";
import { entriesIn } from "../../store/files_under.ts";

/** A package that is not as it is remembered, by its first file that is not. */
type Edited = Extract<Failure, { reason: "package-edited" }>;

/** Compares packages with what a store remembers of them. */
export interface Packages {
  /**
   * Throws a `Failed` where a package was edited. Packages are named by their directories, relative to the
   * project; one that has been looked at within the last second is not looked at again.
   */
  refuseEdited(installed: readonly string[]): void;
}

/** Milliseconds for which a package counts as unchanged after a check. */
const validity = 1000;

/** The directory where Deno installs packages, relative to the project. */
const modules = "node_modules/.deno";

const tablesPath = (store: string): string => join(store, "packages");

/**
 * `root` is the project's directory, `store` the store's. `onFirst` is called once, before a package is
 * read that nothing is remembered of.
 */
export function openPackages(
  root: string,
  store: string,
  onNotice: (notice: Notice) => void,
  onFirst: () => void = () => {},
): Packages {
  const known = new Map<string, { table: StatTable; checked: number }>();
  let isReported = false;
  const check = (name: string) => {
    const { table, checked } = known.get(name) ??
      { table: readTable(root, store, name), checked: -Infinity };
    if (performance.now() - checked < validity) return;
    if (table.problem !== undefined) {
      const { file: path, problem: message } = table;
      onNotice({ reason: "package-recorded-again", package: nameOf(name), path, message });
    }
    if (table.rows.size === 0 && !isReported) onFirst();
    isReported ||= table.rows.size === 0;
    const edited = compare(root, name, table, (path) => digestOf(table, path));
    if (edited !== undefined) throw new Failed(edited);
    writeTable(root, name, table);
    known.set(name, { table, checked: performance.now() });
  };
  return {
    refuseEdited(installed) {
      for (const directory of installed) check(basename(directory));
    },
  };
}

/** The packages of a store that are not as it remembers them; every file is read. */
export function* editedPackages(root: string, store: string): Generator<Edited> {
  for (const file of entriesOf(tablesPath(store))) {
    const name = file.name.replace(/\.tsv$/, "");
    const table = readTable(root, store, name);
    // Nothing uses a package that is not installed any more.
    if (entriesOf(contentPath(root, name)).length === 0) continue;
    const edited = compare(root, name, table, hashFile);
    if (edited !== undefined) yield edited;
  }
}

/** Returns a package's name as in its `package.json`. */
const nameOf = (name: string): string => name.replace(/(?<=.)@[^@]*$/, "").replaceAll("+", "/");

/** A package's own files lie here, beside links to those that it depends on. */
const contentPath = (root: string, name: string): string =>
  join(root, modules, name, "node_modules");

/** The recorded rows of a package, by the present paths of its files. */
function readTable(root: string, store: string, name: string): StatTable {
  const { rows, ...table } = loadStatTable(join(tablesPath(store), `${name}.tsv`));
  const at = contentPath(root, name);
  return { ...table, rows: new Map([...rows].map(([path, row]) => [join(at, path), row])) };
}

function writeTable(root: string, name: string, table: StatTable): void {
  const start = contentPath(root, name).length + 1;
  const rows = new Map([...table.rows].map(([path, row]) => [path.slice(start), row]));
  saveStatTable({ ...table, rows });
  table.changed = false;
}

/** Compares a package's files with a table that has some; one without takes them in. */
function compare(
  root: string,
  name: string,
  table: StatTable,
  digest: (path: string) => string | undefined,
): Edited | undefined {
  const isNew = table.rows.size === 0;
  const missing = new Set(table.rows.keys());
  const differing = (path: string, how: Edited["how"]): Edited => ({
    reason: "package-edited",
    package: nameOf(name),
    path: path.slice(join(root, "/").length),
    how,
    remembered: table.file,
  });
  for (const path of filesUnder(contentPath(root, name))) {
    const remembered = table.rows.get(path)?.[5];
    missing.delete(path);
    const found = digest(path);
    if (isNew || found === remembered) continue;
    return differing(path, remembered === undefined ? "added" : "changed");
  }
  const [removed] = missing;
  return removed === undefined ? undefined : differing(removed, "removed");
}

/** Source maps and types change no result; of tfjs they are most of the bytes. */
const withoutEffect = /\.(map|d\.[cm]?ts)$/;

/** Links are left out: they lead to other packages, which have tables of their own. */
function* filesUnder(directory: string): Generator<string> {
  for (const { name, isDirectory, isFile } of entriesOf(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* filesUnder(path);
    else if (isFile && !withoutEffect.test(name)) yield path;
  }
}

/** In a fixed order, so that the same difference is named each time. */
const entriesOf = (directory: string): Deno.DirEntry[] =>
  entriesIn(directory).sort((a, b) => a.name < b.name ? -1 : 1);
