/**
 * Finds the lines in which two texts differ: the shortest edit by Myers' algorithm ("An O(ND) Difference
 * Algorithm and Its Variations", 1986), and its unified form as `diff -u` and `git diff` print it.
 */

/** A run of lines: kept, gone from A, or new in B. */
type Edit = { kind: "same" | "removed" | "added"; line: string };

/** Caps the edits that are searched; texts further apart count as replaced. */
const mostEdits = 1_000;

const linesOf = (text: string): string[] => {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  else lines.push(`${lines.pop()}\n\\ No newline at end of file`);
  return lines;
};

function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  const room = Math.min(a.length, b.length) - start;
  while (end < room && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const same = (lines: readonly string[]) => lines.map((line): Edit => ({ kind: "same", line }));
  return [
    ...same(a.slice(0, start)),
    ...(shortest(x, y) ?? [
      ...x.map((line): Edit => ({ kind: "removed", line })),
      ...y.map((line): Edit => ({ kind: "added", line })),
    ]),
    ...same(a.slice(a.length - end)),
  ];
}

/** The shortest edit from A to B; undefined where it is too long to be searched. */
function shortest(a: readonly string[], b: readonly string[]): Edit[] | undefined {
  const most = Math.min(a.length + b.length, mostEdits);
  /** By diagonal k = x - y, shifted by `most + 1`: the furthest x that can be reached. */
  const reached = new Int32Array(2 * most + 3);
  const at = (k: number) => k + most + 1;
  /** Before each number of edits. */
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    history.push(reached.slice());
    for (let k = -edits; k <= edits; k += 2) {
      const before = precedingDiagonal(reached, at, k, edits);
      let x = reached[at(before)] + (before < k ? 1 : 0);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reached[at(k)] = x;
      if (x >= a.length && x - k >= b.length) return traced(a, b, history, at);
    }
  }
}

/** The diagonal from which one is reached furthest: by a new line from above, by one that is gone from below. */
const precedingDiagonal = (
  reached: Int32Array,
  at: (k: number) => number,
  k: number,
  edits: number,
): number => k === -edits || k !== edits && reached[at(k - 1)] < reached[at(k + 1)] ? k + 1 : k - 1;

/** Follows the furthest points back from the ends. */
function traced(
  a: readonly string[],
  b: readonly string[],
  history: readonly Int32Array[],
  at: (k: number) => number,
): Edit[] {
  const found: Edit[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = history.length - 1; edits >= 0; edits--) {
    const reached = history[edits];
    const before = precedingDiagonal(reached, at, x - y, edits);
    const [fromX, fromY] = edits === 0
      ? [0, 0]
      : [reached[at(before)], reached[at(before)] - before];
    while (x > fromX && y > fromY) {
      found.push({ kind: "same", line: a[--x] });
      y--;
    }
    if (edits === 0) break;
    if (x === fromX) found.push({ kind: "added", line: b[--y] });
    else found.push({ kind: "removed", line: a[--x] });
  }
  return found.reverse();
}

/** Numbers of lines that are new in B, and gone from A. */
export function changedLines(a: string, b: string): { added: number; removed: number } {
  const edits = editsOf(linesOf(a), linesOf(b));
  const count = (kind: Edit["kind"]) => edits.filter((edit) => edit.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}

/** Unchanged lines around a change. */
const context = 3;

const signs = { same: " ", removed: "-", added: "+" };

/** The difference in unified form; empty where there is none. `null` names a side without the file. */
export function unifiedDiff(
  path: { a: string | null; b: string | null },
  a: string,
  b: string,
): string[] {
  const edits = editsOf(linesOf(a), linesOf(b));
  const changed = edits.flatMap(({ kind }, i) => kind === "same" ? [] : [i]);
  if (changed.length === 0) return [];
  const hunks: [from: number, to: number][] = [];
  for (const i of changed) {
    const [from, to] = [Math.max(0, i - context), Math.min(edits.length, i + context + 1)];
    const last = hunks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  const name = (side: string, file: string | null) =>
    file === null ? "/dev/null" : `${side}/${file}`;
  const lines = [`--- ${name("a", path.a)}`, `+++ ${name("b", path.b)}`];
  for (const [from, to] of hunks) {
    const before = (kind: Edit["kind"], until: number) =>
      edits.slice(0, until).filter((edit) => edit.kind !== kind).length;
    const range = (skipped: Edit["kind"]) => {
      const [start, end] = [before(skipped, from), before(skipped, to)];
      return `${end > start ? start + 1 : start},${end - start}`;
    };
    lines.push(`@@ -${range("added")} +${range("removed")} @@`);
    for (const { kind, line } of edits.slice(from, to)) {
      lines.push(...`${signs[kind]}${line}`.split("\n"));
    }
  }
  return lines;
}
