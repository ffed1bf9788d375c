/** Tests prediction intervals from replicates, and the command that runs them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Expected } from "../../../schemas/run/expected.ts";
import { Replicate } from "../../../schemas/run/experiment.ts";
import {
  predicted,
  quantitiesOf,
  samplesOf,
} from "../../../pipeline/grade/expected_from_replicates.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { expectedFrom } from "../../../pipeline/grade/replicates_file.ts";
import { spreadsOf } from "../../../pipeline/grade/replicate_spread.ts";
import { fileOf, subjectOf } from "../../support/grade_subject.ts";
import { cliOf } from "../../support/checkout.ts";
import { commandLine } from "../../support/shell.ts";
import { inTerminal } from "../../support/terminal/pseudo_terminal.ts";
import { fanin, workspaceOfOneProcess } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";

Deno.test("metrics that follow each other are one curve; gaps and lone numbers are not", () => {
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
    quantitiesOf(samples).map(({ target, points }) => [target.name, points.length]),
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

/** Made-up replicates: the metrics of each seed. */
const made = (seeds: readonly number[], metricsOf: (seed: number) => Record<string, number>) => {
  const { samples } = samplesOf(new Map(seeds.map((seed) => [`seed ${seed}`, metricsOf(seed)])));
  return {
    what: "made-up runs",
    seeds: [...seeds],
    statedBy: { parameters: [], metric: "seed" },
    level: 0.9,
    bounds: {},
    samples: Object.fromEntries(samples),
  };
};
const twelve = Array.from({ length: 12 }, (_, i) => i);
/** Irregular, and the same in every run of the test. */
const value = (seed: number, k: number) => Math.sin(12.9898 * (seed + 1) + 78.233 * k);

Deno.test("the spread of replicates is given by metric, of curves point by point", () => {
  const source = (spread: { mean: number; standardDeviation: number; apart: number }[]) => ({
    from: "replicates" as const,
    what: "a test",
    count: 10,
    level: 0.95,
    method: "",
    spread,
    falseFail: null,
  });
  const { expected } = fileOf([
    {
      expected: { kind: "at-least", value: 0 },
      source: source([{ mean: 1, standardDeviation: 2, apart: 9 }]),
    },
    {
      target: { kind: "curve", name: "loss.epoch-*", from: 0, to: 1 },
      expected: { kind: "band", ranges: [{ low: 0, high: 1 }, { low: 0, high: 1 }] },
      source: source([
        { mean: 3, standardDeviation: 4, apart: 10 },
        { mean: 5, standardDeviation: 6, apart: 11 },
      ]),
    },
  ]);
  const { level, metrics } = spreadsOf(expected)!;
  // 0.95 for one run; in a difference either of two may be the one far from all.
  assertEquals(level.toFixed(3), "0.900");
  assertEquals([...metrics], [
    ["accuracy", { count: 10, standardDeviation: 2, limit: 9 }],
    ["loss.epoch-0", { count: 10, standardDeviation: 4, limit: 10 }],
    ["loss.epoch-1", { count: 10, standardDeviation: 6, limit: 11 }],
  ]);
});

Deno.test("metrics that say the same are judged once: a share of a count, a mean over samples", async () => {
  const { items, repeats, without } = await predicted(made(twelve, (seed) => ({
    "seed": seed,
    "correct": Math.round(9000 + 50 * value(seed, 20)),
    "accuracy": Math.round(9000 + 50 * value(seed, 20)) / 10_000,
    ...Object.fromEntries([0, 1, 2].flatMap((epoch) => [
      [`loss.epoch-${epoch}`, value(seed, epoch)],
      [`loss-over-samples.epoch-${epoch}`, value(seed, epoch) + 1e-4 * value(seed, 9 + epoch)],
    ])),
    "last-loss": value(seed, 2),
    "other": value(seed, 5),
    "odd": seed === 4 ? 0.5 : 0.25,
  })));
  assertEquals(items.map(({ target }) => "name" in target && target.name), [
    "seed",
    "correct",
    "loss.epoch-*",
    "other",
  ]);
  assertEquals([...repeats], [
    ["loss-over-samples.epoch-*", "loss.epoch-*"],
    ["accuracy", "correct"],
    ["last-loss", "loss.epoch-*"],
  ]);
  assertEquals([...without], [["odd", "all replicates but that of seed 4 give the same value"]]);
  const [{ source }] = items;
  assert(source.from === "replicates");
  assertStringIncludes(source.method, "over 4 items at once, 12th smallest of 12");
});

Deno.test("bounds that exclude what was measured, or are of no metric, are named with the metric", async () => {
  const replicas = twelve.map((seed) => ({
    seed,
    metrics: { loss: 3 + value(seed, 1), share: 0.5 + 0.1 * value(seed, 2), "acc.epoch-0": seed },
  }));
  const bounds = {
    loss: { low: 5 },
    share: { low: 0, high: 1 },
    "shaer": { low: 0 },
    "acc.epoch-*": { low: 0 },
  };
  const { expected, without } = await expectedFrom(
    replicas,
    { name: "made-up" },
    { seeds: [{ job: "train/one", parameter: "seed" }], bounds },
    0.9,
  );
  assertEquals(expected.items.map(({ id }) => id), ["share", "acc.epoch-0"]);
  assertEquals([...without], [
    ["loss", `its bounds exclude ${replicas[0].metrics.loss}, which seed 0 gave`],
    ["shaer", "it has bounds, and no run has such a metric"],
  ]);
  const { error } = Replicate.safeParse({
    jobs: ["a"],
    seeds: [],
    bounds: { a: { low: 2, high: 1 } },
  });
  assertStringIncludes(error!.message, "expected low <= high");
});

Deno.test("of nearly constant metrics only those have an interval of which a deviation is known", async () => {
  const seeds = Array.from({ length: 19 }, (_, seed) => seed);
  const odd = (...some: number[]) => (seed: number) => some.includes(seed) ? 0.5 + seed : 0.25;
  const lastDigits = (seed: number) => 1 + (seed % 3 - 1) * 2 ** -52;
  const { items, without } = await predicted(made(seeds, (seed) => ({
    "two": odd(3, 8)(seed),
    "two-and-noise": odd(4, 9)(seed) * lastDigits(seed),
    "same-two": odd(3, 8)(seed) === 0.25 ? 0.25 : 0.5,
    "three": odd(3, 8, 9)(seed),
    "tiny": 1e-310 * seed + 1e-311 * (seed % 5),
    "constant": 0.1,
    "noise": lastDigits(seed),
  })));
  assertEquals([...without], [
    ["two", "all replicates but those of seeds 3 and 8 give the same value"],
    ["two-and-noise", "all replicates but those of seeds 4 and 9 give the same value"],
    ["same-two", "all replicates but those of seeds 3 and 8 give the same value"],
    ["tiny", "its values differ by too little for their deviation to be a number"],
  ]);
  const ranges = items.map(({ expected }) => expected.kind === "range" && expected.range);
  const [three, constant, noise] = ranges as { low: number; high: number }[];
  assert(Number.isFinite(three.low) && three.low < 0.25 && three.high > 0.25);
  assertEquals(constant, { low: 0.1, high: 0.1 });
  // A right run rounds otherwise; what differs in a digit before the last ones does not pass.
  assert(noise.low < 1 - 2 ** -52 && noise.high > 1 + 2 ** -52 && noise.high < 1 + 1e-11);
  const aparts = items.map(({ source }) =>
    source.from === "replicates" ? source.spread[0].apart : NaN
  );
  assert(aparts[0] > 0.25 && aparts[1] === 0 && aparts[2] === 2e-12, `${aparts}`);
});

Deno.test("a run that is one of the replicates is judged by the others, and the grade says so", async () => {
  // Seed 5 lies far off, so that a band made with it holds it, and one without it does not.
  const replicates = made(
    twelve,
    (seed) => ({ loss: value(seed, 0) + (seed === 5 ? 40 : 0) }),
  );
  const { items } = await predicted(replicates);
  const file = fileOf([{ expected: { kind: "at-least", value: 0 } }]);
  file.expected.items = items.map((item) => ({ ...file.expected.items[0], ...item }));
  file.expected.replicates = replicates;
  const graded = (seed: number) =>
    grade(subjectOf({ metrics: { loss: value(5, 0) + 40, seed } }), file);
  const stranger = graded(77);
  assertEquals([stranger.passed, stranger.notes], [true, []]);
  const own = graded(5);
  assertEquals(own.passed, false);
  assertStringIncludes(own.notes[0], "have the run's seed 5, so it is judged by the 11 others");
  const [{ source }] = own.items;
  assert(source.from === "replicates");
  assertEquals([source.count, source.level], [11, 11 / 12]);
});

Deno.test("replicate runs the seeds, writes their expected metrics, and reproduce is graded by them", async () => {
  await using place = await workspaceOfOneProcess();
  const training = cliOf("training");
  const reference = join(place.path, "artifacts", "reference");
  const file = join(reference, "expected.json");
  const made = await fanin(
    place,
    ["replicate", "-v", "--seeds", "2-9", "--level", "0.85", "--output", file],
    training,
  );
  assertEquals(made.code, 0, made.err);
  const expected = Expected.parse(await readJson(file));
  // The last loss is the end of the curve, and is judged once.
  assertEquals(expected.items.map(({ id }) => id), ["net.loss"]);
  assertStringIncludes(made.err, "net.final-loss: as net.loss.epoch-*");
  for (const { source } of expected.items) {
    assert(source.from === "replicates");
    assertEquals([source.count, source.level, source.falseFail!.of], [8, 8 / 9, 8]);
  }

  const line = commandLine(training, join(place.path, "artifacts"), "replicate");
  const shown = await inTerminal(`${line} --seeds 2-9 --level 0.85`, { columns: 40 });
  const table = shown.text.split("\r\n").slice(-12);
  assert(table.every((line) => line.length <= 40), table.join("\n"));
  assertEquals(table.slice(1, 3), ["net.loss", "  4  0.3977  0.09804  0.1038 to 0.6917"]);

  // Seed 1 is none of them.
  const graded = await fanin(place, ["reproduce"], training);
  assertEquals(graded.code, 0, graded.out);
  assertMatch(graded.out, /Grade +1 of 1 item/);

  // Other expectations make another answer, though nothing of the run has changed.
  expected.items[0] = {
    ...expected.items[0],
    target: { kind: "metric", name: "net.final-loss" },
    expected: { kind: "at-most", value: -1 },
    ifHigh: "no training gets there",
  };
  await Deno.writeTextFile(file, JSON.stringify(expected));
  const failing = await fanin(place, ["reproduce", "-v"], training);
  assertEquals(failing.code, 1);
  assertStringIncludes(failing.out, "up to date");
  assertStringIncludes(failing.out, "too high; no training gets there");
  assertStringIncludes(failing.out, "NOT PASSED");
  const other = await fanin(place, ["grade", "--format", "tap"], training);
  assertEquals(other.code, 1);
  assertStringIncludes(other.out, "TAP version 13\n1..1\n");

  const few = await fanin(place, ["replicate", "--seeds", "2-9"], training);
  assertEquals(few.code, 2);
  assertStringIncludes(few.err, "needs at least 19 seeds, found 8");
  assertStringIncludes(few.err, "at most --level 0.888");

  const wrong = await fanin(place, ["replicate", "--seeds", "5-2"], training);
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.err, "--seeds expects");
});
