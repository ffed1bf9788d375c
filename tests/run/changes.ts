/** Chooses the tests that a change concerns: what changed since the branch began, and who needs it. */
import { join } from "node:path";
import { withoutLoader } from "../../pipeline/engine/machine/loader_variables.ts";
import { root } from "../support/checkout.ts";
import { listing, needsIn, ofAll, type Tree } from "./needs.ts";
import { ifThere } from "../../pipeline/store/existence.ts";

/** Lines that git prints; undefined if it fails. */
async function git(...args: string[]): Promise<string[] | undefined> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["-c", "core.quotePath=false", ...args],
    cwd: root,
    stderr: "null",
    env: withoutLoader,
  }).output();
  return success
    ? new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "")
    : undefined;
}

const branches = ["origin/main", "main"];

/** Files that differ from the commit where this branch left the main one, and new files. */
export async function changedFiles(): Promise<string[]> {
  const bases = await Promise.all(branches.map((branch) => git("merge-base", "HEAD", branch)));
  // The newest: one branch may be behind the other.
  const [base = "HEAD"] =
    await git("rev-list", "--no-walk", "--topo-order", ...bases.flatMap((lines) => lines ?? [])) ??
      [];
  const lists = await Promise.all([
    git("diff", "--name-only", "--no-renames", base, "--"),
    git("ls-files", "--others", "--exclude-standard"),
  ]);
  const [differing, added] = lists;
  if (differing === undefined || added === undefined) {
    throw new Error(`git cannot compare ${root} with ${base}; expected a clone of the repository`);
  }
  return [...new Set([...differing, ...added])].sort();
}

/** Reads the tracked and new files of the repository; modules with their text. */
export async function readTree(changed: readonly string[]): Promise<Tree> {
  const listed = await git("ls-files", "--cached", "--others", "--exclude-standard") ?? [];
  return new Map([...new Set([...listed, ...changed])].map((path) => [path, textOf(path)]));
}

function textOf(path: string): string | undefined {
  if (!path.endsWith(".ts")) return undefined;
  // One that was removed may still be in git's list.
  return ifThere(() => Deno.readTextFileSync(join(root, path)));
}

export interface Choice {
  test: string;
  /** The way from the test to a changed file. */
  way: string[];
}

/** Returns the tests that need a changed file, each with the shortest way to one. */
export function choose(
  tests: readonly string[],
  changed: readonly string[],
  tree: Tree,
): Choice[] {
  const general = changed.find((path) => ofAll.some((start) => path.startsWith(start)));
  const needsOf = needsIn(tree);
  return tests.flatMap((test): Choice[] => {
    const needs = needsOf(test);
    const ways = changed.filter((path) => needs.has(path)).map((path) => {
      const way = [path];
      while (way[0] !== test) way.unshift(needs.get(way[0])!);
      return way.slice(1);
    });
    if (general !== undefined) ways.push([general]);
    const [way] = ways.sort((a, b) => a.length - b.length);
    return way === undefined ? [] : [{ test, way }];
  });
}

/** Steps to a change; a test that lists whole folders is farther than all that import or name the file. */
const stepsTo = ({ test, way: [path, ...more] }: Choice): number =>
  path === undefined
    ? 0
    : more.length === 0 && listing[test]?.some((start) => path.startsWith(start))
    ? Infinity
    : 1 + more.length;

/**
 * Those with the shortest ways, of equally near ones first those that take least, until they take `limit` seconds
 * in all; the one that reaches it is the last. Tests that changed themselves are always among them.
 */
export function nearest(
  choices: readonly Choice[],
  seconds: (test: string) => number,
  limit: number,
): Choice[] {
  let sum = 0;
  return choices
    // Infinity less itself is NaN, so that the seconds decide.
    .toSorted((a, b) => stepsTo(a) - stepsTo(b) || seconds(a.test) - seconds(b.test))
    .filter(({ test, way }) => {
      const isIn = sum < limit || way.length === 0;
      sum += seconds(test);
      return isIn;
    });
}
