/** Checks the arithmetic of benchmarks, the form of their results, and the page that is made from them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { performanceSections } from "../../docs/pages/performance.ts";
import {
  type Benchmark,
  BenchmarkName,
  BenchResults,
  Spread,
} from "../../schemas/assignment/bench_results.ts";
import { root } from "../support/checkout.ts";
import { workspace } from "../support/workspace.ts";
import { composed, readBench } from "./bench_file.ts";
import { benchTable } from "./bench_table.ts";
import { median, missing, pairedRatio, rowsOf, spread, takeTurns, type Values } from "./turns.ts";
import { measured, sizeOf } from "./whole_run.ts";

Deno.test("a spread has the median, the least and the largest value", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(spread([3, 10, 1, 2]), { median: 2.5, low: 1, high: 10 });
  assertEquals(spread([7]), { median: 7, low: 7, high: 7 });
});

Deno.test("a ratio is paired by round, so a slow round cancels", () => {
  assertEquals(pairedRatio([20, 200, 2], [10, 100, 1]), { median: 2, low: 2, high: 2 });
  // The ratio of the medians would be 1.
  assertEquals(pairedRatio([1, 2, 3], [3, 2, 1]), { median: 1, low: 1 / 3, high: 3 });
  assertThrows(() => pairedRatio([1, 2], [1]), Error, "same rounds, found 2 and 1");
  assertThrows(() => pairedRatio([], []), Error, "same rounds");
});

Deno.test("contestants take turns, and each row has its ratio to each of ours", async () => {
  const order: string[] = [];
  const contestant = (name: string, times: number[]) => ({
    name,
    turn: () => {
      order.push(name);
      return Promise.resolve({ ms: times.shift()! });
    },
  });
  const contestants = [contestant("ours", [1, 2]), contestant("peer", [4, 4])];
  const turns = await takeTurns(contestants, 2, "test");
  assertEquals(order, ["ours", "peer", "ours", "peer"]);
  const [ours, peer] = rowsOf(contestants, turns, { ratioOf: "ms", ours: ["ours"], size: 8 });
  assertEquals(ours.timesOurs, { ours: { median: 1, low: 1, high: 1 } });
  assertEquals(peer, {
    status: "measured",
    contestant: "peer",
    size: 8,
    threads: null,
    extrapolatedFrom: null,
    values: { ms: { median: 4, low: 4, high: 4 } },
    timesOurs: { ours: { median: 3, low: 2, high: 4 } },
  });
});

Deno.test("rounds with different measures, and a missing one of ours, are errors", () => {
  const turns = new Map<string, Values[]>([["a", [{ ms: 1, seconds: 1 }, { ms: 1 }]]]);
  const one = [{ name: "a" }];
  assertThrows(
    () => rowsOf(one, turns, { ratioOf: "ms", ours: [] }),
    Error,
    "expected seconds in every round, found none in round 2",
  );
  const whole = new Map<string, Values[]>([["a", [{ ms: 1 }]]]);
  assertThrows(
    () => rowsOf(one, whole, { ratioOf: "ms", ours: ["ours"] }),
    Error,
    "expected ms of ours, found none",
  );
});

const turns = new Map<string, Values[]>([
  ["ours", [{ ms: 10 }, { ms: 20 }]],
  ["peer", [{ ms: 30 }, { ms: 40 }]],
]);
const names = [{ name: "ours" }, { name: "peer" }];

/** Two contestants that were measured and one that is not installed, for each size. */
const madeUp = (sizes: (number | null)[]): Benchmark => ({
  rounds: 2,
  ratioOf: "ms",
  ours: ["ours"],
  rows: sizes.flatMap((size) => [
    ...rowsOf(names, turns, { ratioOf: "ms", ours: ["ours"], size }),
    missing("absent", "not installed", size),
  ]),
});

Deno.test("a table has a row a contestant, also of one that is not installed", () => {
  assertEquals(benchTable("hashing", madeUp([null])), [
    ["contestant", "ms", "times ours"],
    ["ours", "15 (10 to 20)", "1"],
    ["peer", "35 (30 to 40)", "2.5 (2 to 3)"],
    ["absent", "not installed", ""],
  ]);
});

Deno.test("a benchmark of several sizes has a column a size", () => {
  assertEquals(benchTable("no-op", madeUp([8, 100])), [
    ["contestant", "", "8", "100"],
    ["ours", "ms", "15 (10 to 20)", "15 (10 to 20)"],
    ["peer", "ms", "35 (30 to 40)", "35 (30 to 40)"],
    ["", "times ours", "2.5 (2 to 3)", "2.5 (2 to 3)"],
    ["absent", "ms", "not installed", "not installed"],
  ]);
});

const machine = {
  cpu: "a processor",
  cores: 2,
  os: "linux",
  arch: "x86_64",
  deno: "2.9.6",
  adapter: null,
};
const head = { date: "2026-11-29", kernel: "6.1", machine };

Deno.test("results have versions of all contestants; other forms are refused", () => {
  const versions = { openssl: "OpenSSL 3", absent: null };
  const results = composed(head, new Map([["hashing", { benchmark: madeUp([null]), versions }]]));
  assertEquals(results.versions, versions);
  assertEquals(BenchResults.parse(JSON.parse(JSON.stringify(results))), results);
  const { hashing } = results.benchmarks;
  const text = { ...results, benchmarks: { hashing: { ...hashing, rounds: "2" } } };
  assert(!BenchResults.safeParse(text).success);
  assert(!BenchResults.safeParse({ ...results, benchmarks: { other: hashing } }).success);
  assert(!Spread.safeParse({ median: 1, low: 2, high: 3 }).success);
});

Deno.test("benchmarks stand beside earlier ones of the same machine, and of no other", () => {
  const of = (name: BenchmarkName, version: string) =>
    new Map([[name, { benchmark: madeUp([null]), versions: { [name]: version } }]]);
  const first = composed(head, of("hashing", "1"));
  const later = { date: "2026-11-30", kernel: "6.2", machine };
  const both = composed(later, of("device", "2"), first);
  const dates = Object.entries(both.benchmarks).map(([name, { date }]) => [name, date]);
  assertEquals(dates, [["hashing", "2026-11-29"], ["device", "2026-11-30"]]);
  assertEquals(both.versions, { hashing: "1", device: "2" });
  assertEquals(composed(later, of("hashing", "3"), first).versions, { hashing: "3" });
  const elsewhere = { ...later, machine: { ...machine, cores: 4 } };
  assertEquals(Object.keys(composed(elsewhere, of("device", "2"), first).benchmarks), ["device"]);
});

Deno.test("the page has each measured benchmark, and says which were not measured", () => {
  const versions = { openssl: "OpenSSL 3", absent: null };
  const results = composed(head, new Map([["hashing", { benchmark: madeUp([null]), versions }]]));
  const sections = performanceSections(results);
  assert(sections["bench machine"].includes("a processor, 2 cores, linux x86_64."));
  assert(sections["bench machine"].includes("Not installed there: absent."));
  assert(sections["bench hashing"].includes("| peer | 35 (30 to 40) | 2.5 (2 to 3) |"));
  assertEquals(sections["bench device"], "Not measured on that machine.");
});

Deno.test("every benchmark that the page shows is marked in it, and the committed file is valid", () => {
  const page = Deno.readTextFileSync(`${root}/docs/performance.md`);
  const marked = [...page.matchAll(/^<!-- bench ([\w-]+) -->$/gm)].map(([, name]) => name);
  // `scale` waits for Slurm most of its time; its section is written by hand.
  const expected = ["machine", ...BenchmarkName.options.filter((name) => name !== "scale")];
  assertEquals(marked.toSorted(), expected.toSorted());
  assert(Object.keys(readBench().benchmarks).length > 0);
});

Deno.test("a run's process is measured with its memory, and a file with several names counts once", async () => {
  await using place = await workspace();
  // It takes longer than the pause between two looks at its memory; at the first it is a shell yet.
  const { seconds, peakMegabytes } = await measured(join(place.path, "artifacts"), ["dag"]);
  assert(seconds! > 0);
  if (Deno.build.os === "linux") assert(peakMegabytes! > 20, `${peakMegabytes} MB`);
  await Deno.writeFile(join(place.path, "one"), new Uint8Array(1000));
  await Deno.mkdir(join(place.path, "run"));
  await Deno.link(join(place.path, "one"), join(place.path, "run", "two"));
  assertEquals(sizeOf(place.path), 1000);
});
