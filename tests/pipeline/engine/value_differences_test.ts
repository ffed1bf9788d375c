/** Tests that a changed parameter is worded by what differs, however long and nested its value is. */
import { assertEquals } from "@std/assert";
import { changeWords } from "../../../pipeline/engine/change_words.ts";
import { differencesBetween, tellingTexts } from "../../../pipeline/engine/value_differences.ts";
import { deviationText } from "../../../pipeline/engine/project/deviation.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import type { Deviation } from "../../../schemas/run/manifest.ts";

const words = (from: unknown, to: unknown): string => {
  const [a, b] = [from, to].map((value) => value === undefined ? value : canonicalJson(value));
  return changeWords({ kind: "param", name: "p", from: a, to: b });
};
const long = Array.from({ length: 30 }, (_, i) => i);
const text = "a text that is much longer than a line of a terminal has characters";

Deno.test("a changed parameter is worded by the members that differ", () => {
  const cases: [from: unknown, to: unknown, expected: string][] = [
    [1, 2, "parameter p (1 → 2)"],
    ["fast", "slow", "parameter p (fast → slow)"],
    ["fast", "", 'parameter p (fast → "")'],
    [
      { a: 1, b: [1, 2] },
      { b: [1, 3], a: 1 },
      "parameter p.b ([1,2] → [1,3])",
    ],
    [{ a: 1 }, { a: 1, b: 2 }, 'parameter p ({"a":1} → {"a":1,"b":2})'],
    [
      { a: { b: 1 }, c: 1 },
      { a: { d: 1 }, c: 2 },
      'parameter p.a ({"b":1} → {"d":1}), p.c (1 → 2)',
    ],
    [{ rate: 1, on: long }, { rate: 2, on: long }, "parameter p.rate (1 → 2)"],
    [{ on: { of: long } }, { on: { of: long.with(7, 0) } }, "parameter p.on.of[7] (7 → 0)"],
    [{ text, a: 1 }, { text, b: 1 }, "parameter p.a (1 → none), p.b (none → 1)"],
    [{ text, a: null }, { text }, "parameter p.a (null → none)"],
    [{ text, a: { b: 1 } }, { text, a: 1 }, 'parameter p.a ({"b":1} → 1)'],
    [{ text, a: [1] }, { text, a: [1, 2] }, "parameter p.a ([1] → [1,2])"],
    [
      long,
      long.map((n) => n + 1),
      "parameter p[0] (0 → 1), p[1] (1 → 2), p[2] (2 → 3), 27 more places",
    ],
    [
      `${text}1`,
      `${text}2`,
      "parameter p (…minal has characters1 → …minal has characters2)",
    ],
  ];
  for (const [from, to, expected] of cases) assertEquals(words(from, to), expected);
});

Deno.test("a long text is shown from and to whole characters", () => {
  for (let length = 20; length < 60; length++) {
    const smiles = `${"x".repeat(length % 2)}${"😀".repeat(length)}`;
    for (const shown of tellingTexts(`${smiles}1${smiles}`, `${smiles}2${smiles}`)) {
      assertEquals(shown.isWellFormed(), true, shown);
    }
  }
});

Deno.test("null is a value of a parameter, unlike none at all", () => {
  assertEquals(words(undefined, null), "parameter p (none → null)");
  assertEquals(words(null, 3), "parameter p (null → 3)");
  assertEquals(words(3, undefined), "parameter p (3 → none)");
});

Deno.test("a run's deviation names the members that differ of a long parameter", () => {
  const changed = {
    job: "train/a",
    parameter: "p",
    from: { on: long },
    to: { on: long.with(7, 0) },
  };
  assertEquals(
    deviationText({ missing: [], changed: [changed as Deviation["changed"][number]] }),
    "has other parameters than its experiment: train.a.p.on[7] = 0 instead of 7",
  );
});

Deno.test("a value is read as often however deep it lies", () => {
  const readsAt = (depth: number) => {
    let reads = 0;
    const leaf = (x: number) => ({
      get x() {
        reads++;
        return x;
      },
    });
    const nested = (x: number): unknown =>
      Array.from({ length: depth }).reduce((inside) => ({ a: [inside], b: text }), leaf(x));
    const [{ path }, ...others] = differencesBetween(nested(1), nested(2));
    assertEquals([path, others], [`${".a[0]".repeat(depth - 1)}.a`, []]);
    return reads;
  };
  assertEquals(readsAt(100), readsAt(10));
});
