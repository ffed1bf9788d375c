/** Checks a cached output by the content of files that were touched, and gives dependencies the form stored. */
import { writeCache } from "../cache_file.ts";
import { statOf } from "../existence.ts";
import { type FileState, fileState, isSameState } from "../file_state.ts";
import { saveStatTable } from "../save_stat_table.ts";
import { digestOf, loadStatTable, settledState, type StatTable } from "../stat_cache.ts";
import { type Dependency, stateOf } from "./dependency.ts";
import {
  eachPath,
  type Paths,
  type Remembered,
  rememberedText,
  stateAt,
  statesIn,
} from "./remembered.ts";

/** A file of which a settled state is known. */
interface KnownFile {
  path: string;
  state: FileState;
  sha256: string;
}

/** Bytes of a SHA-256. */
const digestLength = 32;

/** Tells whether all is as it was. Only files that were touched are read, and are known from then on. */
export function isCurrent(caches: string, remembered: Remembered, path: string): boolean {
  let table: StatTable | undefined;
  const load = () => table ??= loadStatTable(`${caches}/stat.tsv`);
  const digest = (path: string) => statOf(path)?.isFile ? digestOf(load(), path) : undefined;
  const isFuture = remembered.seen > Date.now();
  const [same, touched] = [[] as KnownFile[], [] as Dependency[]];
  for (const file of filesOf(remembered)) {
    const now = fileState(file.path);
    if (!isFuture && now !== undefined && isSameState(now, file.state)) same.push(file);
    else touched.push(["content", file.path, file.sha256]);
  }
  const others = [...presentIn(remembered), ...remembered.others, ...touched];
  const isSame = hold(others, digest);
  if (table !== undefined) {
    saveStatTable(table);
    if (isSame) {
      const seen = isFuture ? 0 : remembered.seen;
      writeCache(path, rememberedText({ ...remembered, ...known(same, seen, others, table) }));
    }
  }
  return isSame;
}

/** Tells whether dependencies have the states that are given. */
export const hold = (
  dependencies: readonly Dependency[],
  digest: (path: string) => string | undefined,
): boolean => dependencies.every(([kind, name, state]) => stateOf(kind, name, digest) === state);

function filesOf({ files, states, digests }: Remembered): KnownFile[] {
  const [numbers, bytes] = [statesIn(states), Uint8Array.fromBase64(digests)];
  return pathsIn(files).map((path, i) => ({
    path,
    state: stateAt(numbers, i),
    sha256: bytes.subarray(digestLength * i, digestLength * (i + 1)).toHex(),
  }));
}

const presentIn = ({ present }: Remembered): Dependency[] =>
  Object.entries(present).flatMap(([state, paths]) =>
    pathsIn(paths).map((path): Dependency => ["presence", path, state])
  );

function pathsIn(paths: Paths): string[] {
  const all: string[] = [];
  eachPath(paths, (path) => all.push(path) > 0);
  return all;
}

/** Sorted paths, as they are stored. */
export function pathsOf(all: readonly string[]): Paths {
  let before = "";
  return all.flatMap((path) => {
    let shared = 0;
    while (shared < path.length && path[shared] === before[shared]) shared++;
    before = path;
    return [shared, path.slice(shared)];
  });
}

/** Dependencies as they are stored: `files`, of which states were seen until `seen`, and all others. */
export function known(
  files: readonly KnownFile[],
  seen: number,
  dependencies: readonly Dependency[],
  table: StatTable,
): Pick<Remembered, "files" | "states" | "digests" | "seen" | "present" | "others"> {
  const all = [...files];
  const present: Record<string, string[]> = {};
  const others: Dependency[] = [];
  for (const dependency of dependencies) {
    const [kind, name, state] = dependency;
    const settled = kind === "content" ? settledState(table, name, state) : undefined;
    if (settled !== undefined) {
      all.push({ path: name, state: settled.state, sha256: state });
      seen = Math.max(seen, settled.seen);
    } else if (kind === "presence") (present[state] ??= []).push(name);
    else others.push(dependency);
  }
  all.sort((one, other) => one.path < other.path ? -1 : 1);
  const states = new Float64Array(all.flatMap(({ state }) => state));
  const digests = Uint8Array.fromHex(all.map(({ sha256 }) => sha256).join(""));
  return {
    files: pathsOf(all.map(({ path }) => path)),
    states: new Uint8Array(states.buffer).toBase64(),
    digests: digests.toBase64(),
    seen,
    present: Object.fromEntries(
      Object.entries(present).map(([state, paths]) => [state, pathsOf(paths.sort())]),
    ),
    others,
  };
}
