/** Changed lines of two texts: the shortest edit, and a patch that `patch` would apply. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { changedLines, unifiedDiff } from "../../../pipeline/engine/code/line_changes.ts";

/** Length of the longest common subsequence, by the textbook's table. */
function common(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i][j] = a[i - 1] === b[j - 1]
        ? table[i - 1][j - 1] + 1
        : Math.max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.length][b.length];
}

/** Applies a patch in unified form to lines. */
function patched(lines: readonly string[], patch: readonly string[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const line of patch.slice(2)) {
    const hunk = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      out.push(...lines.slice(at, start));
      assertEquals(out.length, Number(hunk[3]) - (hunk[4] === "0" ? 0 : 1));
      at = start;
      continue;
    }
    if (line[0] !== "+") assertEquals(lines[at++], line.slice(1));
    if (line[0] !== "-") out.push(line.slice(1));
  }
  return [...out, ...lines.slice(at)];
}

const lines = fc.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 25 });
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

Deno.test("the edit is the shortest, and applying the patch gives the other text", () => {
  fc.assert(fc.property(lines, lines, (a, b) => {
    const kept = common(a, b);
    assertEquals(changedLines(textOf(a), textOf(b)), {
      added: b.length - kept,
      removed: a.length - kept,
    });
    const patch = unifiedDiff({ a: "x", b: "x" }, textOf(a), textOf(b));
    assertEquals(patched(a, patch), b);
  }));
});

Deno.test("a patch has three lines of context, and says where a file or its last line break is missing", () => {
  const numbers = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
  const changed = numbers.with(9, "other");
  assertEquals(unifiedDiff({ a: "x.ts", b: "x.ts" }, textOf(numbers), textOf(changed)), [
    "--- a/x.ts",
    "+++ b/x.ts",
    "@@ -7,7 +7,7 @@",
    " line 7",
    " line 8",
    " line 9",
    "-line 10",
    "+other",
    " line 11",
    " line 12",
    " line 13",
  ]);
  assertEquals(unifiedDiff({ a: null, b: "x" }, "", "one"), [
    "--- /dev/null",
    "+++ b/x",
    "@@ -0,0 +1,1 @@",
    "+one",
    "\\ No newline at end of file",
  ]);
  assertEquals(unifiedDiff({ a: "x", b: "x" }, "same\n", "same\n"), []);
});

Deno.test("texts that have nothing in common are replaced whole, however long", () => {
  const [a, b] = ["a", "b"].map((name) =>
    textOf(Array.from({ length: 5000 }, (_, i) => `${name} ${i}`))
  );
  assertEquals(changedLines(a, b), { added: 5000, removed: 5000 });
});
