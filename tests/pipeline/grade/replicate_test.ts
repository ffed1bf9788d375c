/** Tests prediction intervals from replicates, and the command that runs them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Expected } from "../../../schemas/run/expected.ts";
import {
  falseFails,
  normalityP,
  predictionRange,
  rateInterval,
  tMultiplier,
} from "../../../pipeline/grade/prediction.ts";
import {
  predicted,
  quantitiesOf,
  samplesOf,
} from "../../../pipeline/grade/expected_from_replicates.ts";
import { cliOf, fanin, readJson, workspace } from "../../support/workspace.ts";

const free = { low: null, high: null, whole: false };

/** A reproducible stand-in for normal draws (Box and Muller on a linear congruential generator). */
function normals(seed: number): () => number {
  let word = seed;
  const uniform = () => (word = (Math.imul(word, 1664525) + 1013904223) >>> 0) / 2 ** 32 + 2 ** -33;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

Deno.test("an interval is mean ± t·s·√(1 + 1/n)", async () => {
  // scipy: 6.2 ± stats.t.ppf(.975, 4) * std([1, 2, 4, 8, 16], ddof=1) * sqrt(1 + 1/5)
  const t = await tMultiplier(5, 0.95, 1);
  const { low, high } = predictionRange([1, 2, 4, 8, 16], t, free);
  assertEquals([low, high].map((end) => end.toFixed(4)), ["-12.3503", "24.7503"]);
});

Deno.test("a prediction interval contains a new run with its nominal probability, unlike a confidence interval", async () => {
  const [n, trials, level] = [10, 4000, 0.95];
  const t = await tMultiplier(n, level, 1);
  const draw = normals(1);
  let [inside, nearMean] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const sample = Array.from({ length: n }, draw);
    const { low, high } = predictionRange(sample, t, free);
    const next = draw();
    if (low <= next && next <= high) inside++;
    // Half the t of the interval of a mean: t·s/√n.
    const [middle, half] = [(low + high) / 2, (high - low) / 2 / Math.sqrt(n + 1)];
    if (Math.abs(next - middle) <= half) nearMean++;
  }
  // Four standard errors of a share.
  const error = 4 * Math.sqrt(level * (1 - level) / trials);
  assert(Math.abs(inside / trials - level) < error, `${inside / trials}`);
  assert(nearMean / trials < 0.6);
});

Deno.test("a curve's prediction region contains all points with at least its nominal probability", async () => {
  const [n, points, trials, level] = [10, 8, 800, 0.95];
  const t = await tMultiplier(n, level, points);
  const draw = normals(7);
  let inside = 0;
  for (let trial = 0; trial < trials; trial++) {
    const curves = Array.from({ length: n + 1 }, () => Array.from({ length: points }, draw));
    const [next, ...others] = curves;
    const holds = next.every((value, i) => {
      const { low, high } = predictionRange(others.map((curve) => curve[i]), t, free);
      return low <= value && value <= high;
    });
    if (holds) inside++;
  }
  assert(inside / trials > level - 4 * Math.sqrt(level * (1 - level) / trials), `${inside}`);
});

Deno.test("counts stay whole and within their range; equal replicates give that value", async () => {
  const t = await tMultiplier(4, 0.95, 1);
  const of = (sample: number[]) => predictionRange(sample, t, { low: 0, high: 10, whole: true });
  assertEquals(of([9, 10, 9, 10]), { low: 8, high: 10 });
  assertEquals(of([0, 1, 0, 2]).low, 0);
  const [value] = [0.1 + 0.2];
  assertEquals(predictionRange([value, value, value], t, free), { low: value, high: value });
});

Deno.test("leave-one-out counts the replicates outside the others' interval", async () => {
  const sample = [10, 10.1, 9.9, 10.05, 9.95, 10, 10.02, 9.98, 14];
  const rate = await falseFails([sample], 0.95, [free]);
  assertEquals([rate!.failed, rate!.of], [1, 9]);
  assertEquals(await falseFails([[1, 2]], 0.95, [free]), null);
  // scipy.stats.binomtest(3, 10).proportion_ci(method="exact")
  const { low, high } = await rateInterval(3, 10);
  assertEquals([low.toFixed(6), high.toFixed(6)], ["0.066740", "0.652453"]);
  assertEquals((await rateInterval(0, 10)).low, 0);
});

Deno.test("non-normal replicates are reported", async () => {
  // scipy.stats.anderson gives A² = 0.9467718796, which Stephens' formula makes p = 0.010454.
  const p = await normalityP([148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236]);
  assertEquals(p!.toFixed(6), "0.010454");
  const made = { what: "a test", level: 0.95, bounds: {} };
  const caution = async (samples: number[][]) =>
    (await predicted({ target: { kind: "metric", name: "x" }, samples }, made)).source;
  const odd = await caution([[1, 1, 1, 1, 1, 1, 1, 1, 1, 9]]);
  assert(odd.from === "replicates");
  assertStringIncludes(odd.caution!, "do not look normal");
  const few = await caution([[1, 2, 3]]);
  assert(few.from === "replicates");
  assertStringIncludes(few.caution!, "too few");
});

Deno.test("consecutively numbered metrics form a curve; gaps and single numbers do not", () => {
  const names = [
    ...[0, 1, 2, 10].map((epoch) => `loss.epoch-${epoch}`),
    ...[9, 8, 10, 11].map((epoch) => `correct.epoch-${epoch}`),
    ...["01", "02", "03"].map((epoch) => `padded_${epoch}`),
    ...[1, 2, 3].map((epoch) => `val_loss/${epoch}`),
    "accuracy",
    "n-5",
  ];
  const { samples, without } = samplesOf(
    new Map([1, 2].map((seed) => [
      `seed ${seed}`,
      Object.fromEntries([
        ...names.map((name, i) => [name, seed * i]),
        ["wild", seed === 2 ? -Infinity : 1],
        ...(seed === 2 ? [["new", 1]] : []),
      ]),
    ])),
  );
  assertEquals([...without], [["wild", "-Infinity with seed 2"], [
    "new",
    "not measured with seed 1",
  ]]);
  assertEquals(
    quantitiesOf(samples).map(({ target, samples }) => [target.name, samples.length]),
    [
      ["loss.epoch-0", 1],
      ["loss.epoch-1", 1],
      ["loss.epoch-2", 1],
      ["loss.epoch-10", 1],
      ["correct.epoch-*", 4],
      ["padded_01", 1],
      ["padded_02", 1],
      ["padded_03", 1],
      ["val_loss/*", 3],
      ["accuracy", 1],
      ["n-5", 1],
    ],
  );
});

Deno.test("replicate writes expected values from its seeds, and reproduce is graded with them", async () => {
  await using place = await workspace();
  const training = cliOf("training");
  const reference = join(place.path, "artifacts", "reference");
  const file = join(reference, "expected.json");
  const made = await fanin(
    place,
    ["replicate", "--seeds", "2-9", "--level", "0.99", "--output", file],
    training,
  );
  assertEquals(made.code, 0, made.err);
  const expected = Expected.parse(await readJson(file));
  assertEquals(expected.items.map(({ id }) => id).sort(), ["net.final-loss", "net.loss"]);
  for (const { source } of expected.items) {
    assert(source.from === "replicates");
    assertEquals([source.count, source.level, source.falseFail!.of], [8, 0.99, 8]);
  }

  // Seed 1 is none of them.
  const graded = await fanin(place, ["reproduce"], training);
  assertEquals(graded.code, 0, graded.out);
  assertStringIncludes(graded.out, "2 of 2 items, 2 of 2 points.");

  // Other expectations make another answer, though nothing of the run has changed.
  expected.items[0] = {
    ...expected.items[0],
    target: { kind: "metric", name: "net.final-loss" },
    expected: { kind: "at-most", value: -1 },
    ifHigh: "no training gets there",
  };
  await Deno.writeTextFile(file, JSON.stringify(expected));
  const failing = await fanin(place, ["reproduce"], training);
  assertEquals(failing.code, 1);
  assertStringIncludes(failing.err, "Everything is up to date");
  assertStringIncludes(failing.out, "too high; no training gets there");
  assertStringIncludes(failing.out, "NOT PASSED");
  const other = await fanin(place, ["grade", "--format", "tap"], training);
  assertEquals(other.code, 1);
  assertStringIncludes(other.out, "TAP version 14\n1..2\n");

  const wrong = await fanin(place, ["replicate", "--seeds", "5-2"], training);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.err, "--seeds expects");
});
