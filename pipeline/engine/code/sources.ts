/**
 * Records the source files behind the stages' code and finds which of them changed. Their contents go to
 * the store, so that a later comparison can show the changed lines, whether they were committed or not.
 */
import { join } from "node:path";
import { RunPath, type Sources } from "../../../schemas/run/manifest.ts";
import { ifThere, statOf } from "../../store/existence.ts";
import { sha256Of } from "../../store/sha256.ts";
import { hasBlob, putBlob, type Store } from "../../store/store.ts";
import type { Code } from "./code_hash.ts";
import { changedLines } from "./line_changes.ts";

/** The files of the project behind some stages' code. Those of linked packages elsewhere are left out. */
export function sourcesOf(
  stages: Iterable<string>,
  codes: ReadonlyMap<string, Pick<Code, "files" | "sources">>,
): Sources {
  const found: Sources = {};
  for (const stage of [...stages].sort()) {
    const { files, sources } = codes.get(stage)!;
    for (const path of sources) {
      if (!RunPath.safeParse(path).success) continue;
      found[path] ??= { sha256: files[path], stages: [] };
      found[path].stages.push(stage);
    }
  }
  return found;
}

/** Stores the contents of source files. One that was edited since its hash was taken is left out. */
export function storeSources(store: Store, root: string, sources: Sources): void {
  for (const [path, { sha256 }] of Object.entries(sources)) {
    const file = join(root, path);
    if (hasBlob(store, sha256) || statOf(file)?.isFile !== true) continue;
    const bytes = ifThere(() => Deno.readFileSync(file));
    // A comparison names the file alone of one that is gone.
    if (bytes !== undefined && sha256Of(bytes) === sha256) putBlob(store, bytes);
  }
}

/** A file behind a stage's code that is not the same; a side without it has no hash. */
interface SourceChange {
  readonly path: string;
  readonly a?: string;
  readonly b?: string;
}

/**
 * The files that changed of a stage, by their paths; undefined where one side does not know its files.
 * `before` is the stage's name on the first side.
 */
function changedSources(
  stage: string,
  a: Sources | undefined,
  b: Sources | undefined,
  before: string,
): SourceChange[] | undefined {
  const [x, y] = ([[a, before], [b, stage]] as const).map(([sources, name]) =>
    new Map(
      Object.entries(sources ?? {}).filter(([, { stages }]) => stages.includes(name))
        .map(([path, { sha256 }]) => [path, sha256]),
    )
  );
  if (x.size === 0 || y.size === 0) return undefined;
  return [...new Set([...x.keys(), ...y.keys()])].sort()
    .map((path) => ({ path, a: x.get(path), b: y.get(path) }))
    .filter(({ a, b }) => a !== b);
}

/** Gives the text of a source file by its path and hash; undefined where it cannot be found. */
export type ReadSource = (path: string, sha256: string) => string | undefined;

/** A changed file with the numbers of its lines that are new and that are gone, where both are known. */
export interface CountedSource extends SourceChange {
  readonly lines?: { readonly added: number; readonly removed: number };
}

/** Counts the changed lines of files. */
const countedSources = (
  changes: readonly SourceChange[],
  read: ReadSource,
): CountedSource[] =>
  changes.map((change) => {
    const texts = textsOf(change, read);
    return texts === undefined ? change : { ...change, lines: changedLines(...texts) };
  });

/** The changed files of a stage's code, counted; undefined where one side does not know its files. */
export function filesOf(
  stage: string,
  a: Sources | undefined,
  b: Sources | undefined,
  read: ReadSource,
  before = stage,
): CountedSource[] | undefined {
  const changes = changedSources(stage, a, b, before);
  return changes && countedSources(changes, read);
}

/** Both texts of a file, of a side without it the empty one; undefined where one is not available. */
export function textsOf(
  { path, a, b }: SourceChange,
  read: ReadSource,
): [before: string, after: string] | undefined {
  const [before, after] = [a, b].map((hash) => hash === undefined ? "" : read(path, hash));
  return before === undefined || after === undefined ? undefined : [before, after];
}
