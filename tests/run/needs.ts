/**
 * Finds what a test needs: the modules that it imports, and the files that it names. Of a test's helpers only
 * the declarations count that it uses, because most tests import helpers that run whole pipelines.
 */
import { importsOf } from "../support/imports.ts";

/** Path from the root → text of a module; undefined for a file that is none. */
export type Tree = ReadonlyMap<string, string | undefined>;

/** Beginnings of paths that a test reads without naming each file: it lists their folders. */
export const listing: Readonly<Record<string, readonly string[]>> = {
  "tests/architecture_test.ts": ["pipeline/", "stages/", "schemas/", "tests/"],
  "tests/docs_test.ts": [
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "artifacts/README.md",
    "docs/",
    "pipeline/",
    "stages/",
    "schemas/",
    ...["bench", "ok", "planted", "rates", "run", "slurm", "torture"].map((one) => `tests/${one}/`),
  ],
  "tests/pipeline/public_interface_test.ts": ["pipeline/", "schemas/"],
  "tests/pipeline/commands/own_experiment_test.ts": ["pipeline/", "schemas/", "docs/tutorial.md"],
};

/** Beginnings of paths that every test depends on. */
export const ofAll = ["deno.json", "deno.lock", "vendor/"];

/** Beginnings of paths that the text of a test or a helper names. */
function namedIn(commented: string): string[] {
  const text = commented.replaceAll(/^ *\/\*\*.*?\*\/|^ *\/\/.*?$/gms, "");
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
  return [
    ...all(/\bcliOf\("(\w+)"/g).map((name) => `tests/fixtures/${name}/`),
    ...all(/\bcopyPipeline\([\w.]+, "(\w+)"/g).map((name) => `tests/fixtures/${name}/`),
    ...all(/\bgoldenFile\((?:["`]([^"`$]+))?/g).map((name = "") => `tests/golden/${name}`),
    ...all(/\bjoin\((?:root, )?("[^"]+"(?:, "[^"]+")+)/g).map((words) =>
      words.replaceAll('"', "").replaceAll(", ", "/")
    ).filter((path) => !["tests/fixtures", "tests/golden", "tests/tmp"].includes(path)),
    ...all(/["'`]((?:pipeline|stages|schemas|tests|docs|artifacts)\/[\w./-]+)/g),
  ];
}

/** Texts of a module's declarations by name, and of what stands between them. */
function declarationsOf(text: string): Map<string, string> {
  const start =
    /^(?=(?:export )?(?:declare )?(?:async )?(?:const|let|function\*?|interface|type|class) )/m;
  const texts = new Map<string, string>();
  for (const piece of text.split(start)) {
    const [, name = ""] =
      /^(?:export )?(?:declare )?(?:async )?(?:const|let|function\*?|interface|type|class) (\w+)/
        .exec(piece) ?? [];
    texts.set(name, (texts.get(name) ?? "") + piece);
  }
  return texts;
}

/** The text of the declarations with these names, and of those that they use. */
function usedText(text: string, names: readonly string[]): string {
  const declarations = declarationsOf(text);
  const used = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const piece = declarations.get(name);
    if (piece === undefined || used.has(name)) continue;
    used.add(name);
    open.push(...(piece.match(/\w+/g) ?? []));
  }
  return [...used].map((name) => declarations.get(name)).join("");
}

interface Piece {
  path: string;
  /** The one declaration that is used; absent where all are. */
  name?: string;
}

/** Returns what a piece of a module uses itself: pieces of others, and beginnings of paths. */
function usedBy({ path, name }: Piece, text: string): { pieces: Piece[]; starts: string[] } {
  const isOfTests = path.startsWith("tests/");
  const used = name === undefined ? text : `${name} ${usedText(text, [name])}`;
  const words = new Set(used.match(/\w+/g));
  const imports = importsOf(path, text);
  return {
    pieces: imports.filter(({ kind }) => kind !== "named").flatMap(({ target, names }): Piece[] =>
      names === undefined || !isOfTests
        ? [{ path: target }]
        : names.filter(({ as }) => words.has(as)).map(({ from }) => ({ path: target, name: from }))
    ),
    starts: [
      ...imports.filter(({ kind }) => kind === "named").map(({ target }) => target),
      ...isOfTests ? namedIn(used) : [],
    ],
  };
}

/** Returns what gives all that a test needs, itself included: path → the path that needs it. */
export function needsIn(tree: Tree): (test: string) => Map<string, string> {
  const paths = [...tree.keys()];
  const known = new Map<string, Piece[]>();
  const next = (piece: Piece): Piece[] => {
    const key = keyOf(piece);
    const text = tree.get(piece.path);
    if (text === undefined) return [];
    return known.getOrInsertComputed(key, () => {
      const { pieces, starts } = usedBy(piece, text);
      const under = paths.filter((path) => starts.some((start) => path.startsWith(start)));
      return [...pieces, ...under.map((path) => ({ path }))];
    });
  };
  return (test) => {
    const listed = listing[test] ?? [];
    const needs = new Map(
      paths.filter((path) => listed.some((start) => path.startsWith(start)))
        .map((path) => [path, test]),
    );
    needs.set(test, test);
    const seen = new Set<string>();
    for (let open: Piece[] = [{ path: test }]; open.length > 0;) {
      open = open.flatMap((piece) =>
        // A test that another names is a file to it, and no more.
        piece.path !== test && piece.path.endsWith("_test.ts") ? [] : next(piece).filter((one) => {
          const isNew = !seen.has(keyOf(one));
          seen.add(keyOf(one));
          if (!needs.has(one.path)) needs.set(one.path, piece.path);
          return isNew;
        })
      );
    }
    return needs;
  };
}

/** Names a piece; a module outside the tests counts as one. */
const keyOf = ({ path, name }: Piece): string =>
  name !== undefined && path.startsWith("tests/") ? `${path} ${name}` : path;
