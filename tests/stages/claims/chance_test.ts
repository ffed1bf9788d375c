/** Tests the verdicts of whole runs from many seeds: the tabulation, what a seed sets, the committed file. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Chance } from "../../../schemas/assignment/chance.ts";
import { Experiment, type ExperimentInput } from "../../../schemas/run/experiment.ts";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { exactly } from "../../../pipeline/claims/claim.ts";
import { rateOf } from "../../../pipeline/claims/rate.ts";
import { judgePart, verdictOf } from "../../../pipeline/claims/verdict.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import { dag } from "../../../stages/mod.ts";
import { replicates } from "../../../stages/compare/pytorch_runs.ts";
import assignment from "../../../stages/experiments/assignment.ts";
import quick from "../../../stages/experiments/quick.ts";
import { question1 } from "../../../stages/claims/claims_1.ts";
import { question2 } from "../../../stages/claims/claims_2/mod.ts";
import { question3 } from "../../../stages/claims/claims_3/mod.ts";
import { type SeededRun, tabulate } from "../../rates/tabulate.ts";
import { withGroup } from "../../rates/chance_group.ts";
import { judgeAsRun } from "../../rates/trainings_as_runs.ts";
import { series } from "../../rates/whole_runs.ts";
import { root } from "../../support/checkout.ts";
import { deno } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";

/** A claim whose parts are single values; each must lie in 0 to 1. */
function claim(id: string, ...parts: { value: number; confidence: number }[]) {
  const judged = parts.map(({ value, confidence }) =>
    judgePart({
      assertion: "a part",
      quantity: "a value",
      bandReason: "any",
      test: "none",
      confidence,
      conditions: [exactly("one", value, { low: 0, high: 1 })],
    })
  );
  return { id, parts: judged, verdict: verdictOf(judged) };
}

/** A run of two claims, the first with parts that vary and one that is the same from every seed. */
const run = (seed: number, value: number): SeededRun => ({
  seed,
  claims: [
    claim(
      "Q1.a",
      { value: 0.5, confidence: 0.5 },
      { value, confidence: 0.96 },
      { value: value / 10, confidence: 0.99 },
    ),
    claim("Q1.b", { value: 2, confidence: 1 }),
  ],
});
const expectations = new Map<string, Verdict>([["Q1.a", "confirmed"], ["Q1.b", "refuted"]]);

Deno.test("turned verdicts are counted claim by claim, with their seeds", async () => {
  const { seeds, anyTurned, claims } = await tabulate(
    [run(4, 0.1), run(5, 7), run(6, 0.3), run(9, 8), run(12, 9)],
    expectations,
  );
  assertEquals(seeds, [4, 5, 6, 9, 12]);
  assertEquals(anyTurned, await rateOf(3, 5));
  assertEquals(claims, [
    {
      id: "Q1.a",
      expected: "confirmed",
      varies: true,
      level: 0.96,
      turned: await rateOf(3, 5),
      turns: [5, 9, 12].map((seed) => ({ seed, verdict: "qualified" as const })),
    },
    {
      id: "Q1.b",
      expected: "refuted",
      varies: false,
      level: null,
      turned: await rateOf(0, 5),
      turns: [],
    },
  ]);
});

Deno.test("a run with two turned verdicts counts once, and a missing claim is an error", async () => {
  const other = new Map<string, Verdict>([["Q1.a", "refuted"], ["Q1.b", "confirmed"]]);
  const { anyTurned } = await tabulate([run(0, 0.1), run(1, 0.2)], other);
  assertEquals([anyTurned.failed, anyTurned.of], [2, 2]);
  const lacking = { seed: 8, claims: run(8, 0.1).claims.slice(1) };
  await assertRejects(() => tabulate([run(0, 0.1), lacking], expectations), Error, "seed 8");
  await assertRejects(() => tabulate([run(0, 0.1)], new Map()), Error, "Q1.a");
});

const experiments: Record<keyof typeof series, ExperimentInput> = { quick, assignment };

for (const [name, { claims, parameters }] of Object.entries(series)) {
  Deno.test(`a seed sets every chance of the claims of ${name}`, () => {
    const experiment = Experiment.parse(experiments[name as keyof typeof series]);
    const overrides = parameters.map((path) => ({ path, value: "7" }));
    const { jobs } = select(dag, experiment, { only: [claims], overrides });
    const seeded = jobs.filter(({ stage }) => "seed" in stage.parameters.shape);
    assert(seeded.length >= parameters.length);
    for (const { name, parameters } of seeded) assertEquals(parameters.seed, 7, name);
  });
}

Deno.test("a training of PyTorch is judged as a run, and one with a spike turns the curves", async () => {
  const verdicts = async (training: Parameters<typeof judgeAsRun>[0]) =>
    (await judgeAsRun(training)).claims.map(({ id, verdict }) => [id, verdict]);
  assertEquals(await verdicts(replicates[3]), [
    ["Q3.curve", "confirmed"],
    ["Q3.accuracy", "confirmed"],
    ["Q3.gap", "confirmed"],
    ["Q3.question", "confirmed"],
  ]);
  const spiked = structuredClone(replicates[3]);
  spiked.epochs[12].test_loss += 1;
  assertEquals((await verdicts(spiked))[0], ["Q3.curve", "qualified"]);
});

const committed = Chance.parse(await readJson(root, "artifacts", "reference", "chance.json"));

Deno.test("the committed groups name claims that exist, and their counts fit together", async () => {
  const known = [...question1, ...question2, ...question3].map(({ id }) => id);
  for (const { of, seeds, anyTurned, claims, commits, machine, parameters } of committed.groups) {
    assertEquals(claims.filter(({ id }) => !known.includes(id)), []);
    const turnedSeeds = new Set(claims.flatMap(({ turns }) => turns.map(({ seed }) => seed)));
    assertEquals(anyTurned, await rateOf(turnedSeeds.size, seeds.length));
    for (const { id, expected, varies, turned, turns } of claims) {
      assertEquals(turned, await rateOf(turns.length, seeds.length), id);
      assert(turns.every(({ seed }) => seeds.includes(seed)), id);
      assert(turns.every(({ verdict }) => verdict !== expected), id);
      assert(varies || turns.length === 0 || turns.length === seeds.length, id);
    }
    const whole = of === "quick" || of === "assignment" ? series[of] : undefined;
    assertEquals(parameters, whole?.parameters ?? []);
    assertEquals(commits.length > 0, of !== "pytorch");
    assertEquals(machine !== null, whole !== undefined || of === "parity");
  }
});

Deno.test("a group takes the place of the earlier one of its kind", () => {
  const [first] = committed.groups;
  const changed = { ...first, what: "another" };
  const { groups } = withGroup(committed.groups, changed);
  assertEquals(groups.map(({ of }) => of), committed.groups.map(({ of }) => of));
  assertEquals(groups[0].what, "another");
  assertEquals(withGroup([], first).groups, [first]);
});

Deno.test("what cannot be repeated is refused with what was expected", async () => {
  const { tasks } = await readJson(root, "deno.json");
  const program = tasks.rates.command.split(" ").slice(1);
  const { code, err } = await deno([...program, "--of", "everything"]);
  assertEquals(code, 2);
  assertStringIncludes(
    err,
    "--of expects theory, quick, assignment, parity, last-batch or pytorch",
  );
});
