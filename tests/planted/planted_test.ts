/** Tests the list of planted errors: each fits the sources as they are, and a sample takes from all. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { root } from "../support/checkout.ts";
import { type Plant, planted } from "./plant.ts";
import { plants } from "./plants.ts";
import { sampleOf } from "./sample.ts";

Deno.test("the text of every planted error is once in its file, and its tests are there", () => {
  for (const plant of plants) {
    const text = Deno.readTextFileSync(join(root, plant.file));
    assert(planted(text, plant) !== text, plant.name);
    assert(Deno.statSync(join(root, plant.noticedBy)).isFile, plant.name);
  }
  assertEquals(new Set(plants.map(({ name }) => name)).size, plants.length);
});

Deno.test("an error whose text is not there once is refused by name", () => {
  const plant: Plant = {
    name: "it",
    file: "a.ts",
    find: "x",
    replace: "y",
    noticedBy: "a_test.ts",
  };
  assertEquals(planted("a x b", plant), "a y b");
  assertEquals(planted("a x b", { ...plant, replace: "$&" }), "a $& b");
  assertThrows(
    () => planted("a b", plant),
    Error,
    "it: expected its text once in a.ts, found it 0",
  );
  assertThrows(() => planted("x x", plant), Error, "found it 2 times");
  assertThrows(() => planted("x", { ...plant, replace: "x" }), Error, "found the same");
});

Deno.test("samples over successive commits have every error, each its number of different ones", () => {
  const seen = new Set<string>();
  for (let commit = 0; commit < plants.length; commit++) {
    const sample = sampleOf(plants, 10, commit.toString(16));
    assertEquals(new Set(sample).size, 10);
    assertEquals(sample, sampleOf(plants, 10, commit.toString(16)));
    for (const { name } of sample) seen.add(name);
  }
  assertEquals(seen.size, plants.length);
  assertEquals(new Set(sampleOf(plants, 9999, "abc")).size, plants.length);
});
