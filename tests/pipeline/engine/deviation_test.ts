/** Tests that a run's deviation from its experiment is decided once, and is the same in all outputs. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import { deviationOf, deviationText, isWhole } from "../../../pipeline/engine/project/deviation.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { type Deviation, Manifest } from "../../../schemas/run/manifest.ts";
import { expectedFile, metricItem } from "../../support/expected_items.ts";
import { fanin, runsIn, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";

const stage = defineStage({
  name: "draw",
  module: import.meta.url,
  about: "draws",
  parameters: z.strictObject({ seed: z.int().default(1), scale: z.number() }),
  outputs: {},
  run: () => ({}),
});
const dag = defineDag((job) => {
  job("draw/a", stage, { inputs: {}, parameters: { scale: 2 } });
  job("draw/b", stage, { inputs: {} });
  job("draw/c", stage, { inputs: {}, parameters: { scale: 2 }, optional: true });
});
const experiment = Experiment.parse({
  name: "x",
  about: "",
  parameters: { "draw/b": { scale: 1 } },
});
const set = (...texts: string[]) =>
  texts.map((text) => ({ path: text.split("=")[0], value: text.split("=")[1] }));

Deno.test("a parameter deviates by its value, whoever gave it; a job by being left out", () => {
  const none: Deviation = { missing: [], changed: [] };
  const changed = (job: string, parameter: string, from: number, to: number): Deviation => ({
    missing: [],
    changed: [{ job, parameter, from, to }],
  });
  const cases: [Parameters<typeof select>[2], Deviation][] = [
    [{}, none],
    [{ overrides: set("draw.a.seed=1", "draw.b.scale=1", "draw.a.scale=2.0") }, none],
    [{ overrides: set("draw.a.seed=2") }, changed("draw/a", "seed", 1, 2)],
    [{ overrides: set("draw.b.scale=3") }, changed("draw/b", "scale", 1, 3)],
    [{ overrides: set("draw.c.scale=3") }, none],
    [{ force: ["draw/a"], backends: ["wasm"] }, none],
    [{ only: ["draw/a"] }, { missing: ["draw/b"], changed: [] }],
    [{ only: ["draw/a"], overrides: set("draw.a.scale=4", "draw.b.scale=5") }, {
      missing: ["draw/b"],
      changed: [{ job: "draw/a", parameter: "scale", from: 2, to: 4 }],
    }],
    [{ only: ["draw/c"] }, { missing: ["draw/a", "draw/b"], changed: [] }],
  ];
  for (const [options, expected] of cases) {
    const { deviation } = select(dag, experiment, options);
    assertEquals(deviation, expected, JSON.stringify(options));
    assertEquals(isWhole(deviation), expected === none);
  }
  // Only the command line can give parameters that the experiment leaves open.
  const open = Experiment.parse({ name: "x", about: "" });
  const { deviation } = select(dag, open, { overrides: set("draw.b.scale=3", "draw.b.seed=4") });
  assertEquals(deviation, none);
});

Deno.test("a parameter that one side's stage does not have is no change of a value", () => {
  const [old, young] = [{ a: 1 }, { a: 1, b: 2 }].map((parameters) => [{ name: "j", parameters }]);
  assertEquals(deviationOf(old, young), { missing: [], changed: [] });
  assertEquals(deviationOf(young, old), { missing: [], changed: [] });
});

Deno.test("a run without a recorded deviation does not count as the whole experiment", () => {
  assertEquals(isWhole(undefined), false);
  assertEquals(deviationText(undefined), "does not record whether it is its whole experiment");
  const many = Array.from({ length: 5 }, (_, i) => `j${i}`);
  const value = "x".repeat(99);
  const text = deviationText({
    missing: many,
    changed: [{ job: "a/b", parameter: "p", from: value, to: 1 }],
  });
  assertMatch(text, /^leaves out 5 jobs of its experiment: j0, j1, j2 and 2 more, and has other /);
  assertMatch(text, /a\.b\.p = 1 instead of "x{47}…$/);
});

const item = metricItem("even", "first.even", { kind: "exact", value: 1 });
const expected = expectedFile("assignment", item);

/** Returns what terminal, report, `grade` and manifest say of the run that a command makes or shows. */
async function said(place: Workspace, ...args: string[]) {
  const artifacts = join(place.path, "artifacts");
  const { out, err } = await fanin(place, ["reproduce", "--verbose", ...args]);
  const report = await fanin(place, ["report"]);
  assertEquals(report.code, 0, report.err);
  const manifest = Manifest.parse(await readJson(artifacts, "latest", "manifest.json"));
  const page = await Deno.readTextFile(join(artifacts, "latest", "report.html"));
  const grade = await fanin(place, ["grade", "--json"]);
  const { passed, deviation } = JSON.parse(grade.out);
  const tidy = (text: string) => text.replaceAll("&#39;", "'").replaceAll("&quot;", '"');
  return {
    terminal: /^(Graded|Not graded).*$/m.exec(out)?.[0] ?? err,
    report: /Graded|Not graded:[^<]*|points: all of 1 item pass/.exec(tidy(page))?.[0],
    grade: [grade.code, passed, deviation],
    manifest: manifest.deviation,
  };
}

Deno.test("terminal, report, grade and manifest agree on whether a run is its experiment", async () => {
  await using place = await workspaceOfOneProcess();
  const reference = join(place.path, "artifacts", "reference");
  await Deno.mkdir(reference, { recursive: true });
  await Deno.writeTextFile(join(reference, "expected.json"), JSON.stringify(expected));

  const same = await said(place, "--set", "numbers.first.values=[1,2,3]");
  assertMatch(same.terminal, /^Graded against .*: 1 of 1 item/);
  assertEquals(same.report, "points: all of 1 item pass");
  assertEquals(same.grade, [0, true, null]);
  assertEquals(same.manifest, { missing: [], changed: [] });

  const values = (found: string) =>
    `has other parameters than its experiment: numbers.first.values = ${found} instead of [1,2,3]`;
  const left = "leaves out 7 jobs of its experiment: double/first, is-even/first, report/first " +
    "and 4 more";
  const file = join(place.path, "mine.json");
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      name: "assignment",
      about: "a file with the name of the committed experiment",
      parameters: { "numbers/first": { values: [7] } },
    }),
  );
  const cases: [string[], string, (deviation: Deviation) => boolean][] = [
    [["--set", "numbers.first.values=[5]"], values("[5]"), ({ changed }) => changed.length === 1],
    [["--only", "judge/first"], left, ({ missing }) => missing.length === 7],
    // It is whole by its own file, and not by the experiment that the metrics are for.
    [["--experiment", file], values("[7]"), ({ changed }) => changed.length === 0],
  ];
  for (const [args, text, fits] of cases) {
    const { terminal, report, grade, manifest } = await said(place, ...args);
    assertEquals(terminal, `Not graded: the run ${text}.`);
    assertEquals(report, terminal);
    assertEquals(grade, [1, false, text]);
    const { out } = await fanin(place, ["show"]);
    assertStringIncludes(out.replaceAll(/\s+/g, " "), `Grade none: the run ${text}.`);
    assert(fits(manifest!), JSON.stringify(manifest));
  }
});

Deno.test("a partial run is graded by its items against the user's own expected values, and the grade says so", async () => {
  await using place = await workspaceOfOneProcess();
  const file = join(place.path, "expected.json");
  await Deno.writeTextFile(file, JSON.stringify(expected));
  await fanin(place, ["reproduce", "--only", "report/first"]);
  const { code, out, err } = await fanin(place, ["grade", "--expected", file]);
  assertEquals(code, 0, err);
  assertStringIncludes(out, "The run leaves out 5 jobs of its experiment: fragile/first,");
});

Deno.test("the same jobs under another experiment's name are a run of their own", async () => {
  await using place = await workspaceOfOneProcess();
  const file = join(place.path, "mine.json");
  await Deno.writeTextFile(file, JSON.stringify({ name: "mine", about: "the same jobs" }));
  await fanin(place, ["reproduce", "--experiment", file]);
  await fanin(place, ["reproduce"]);
  const names = runsIn(place.path).map((id) => id.split("-").at(-1));
  assertEquals(names.sort(), ["assignment", "mine"]);
  for (const [args, name] of [[["--experiment", file], "mine"], [[], "assignment"]] as const) {
    const { out } = await fanin(place, ["reproduce", ...args]);
    assertStringIncludes(out, "up to date");
    const { experiment } = await readJson(place.path, "artifacts", "latest", "manifest.json");
    assertEquals(experiment.name, name);
  }
});

Deno.test("reference --update refuses a part and other parameters unless forced", async () => {
  await using place = await workspaceOfOneProcess();
  const manifest = join(place.path, "artifacts", "reference", "manifest.json");
  const update = (...args: string[]) =>
    fanin(place, ["reference", "--update", "--yes", "--json", ...args]);
  const ofReference = async () => (await readJson(manifest)).run;
  const refused = async (message: RegExp, ...args: string[]) => {
    const { code, err, out } = await update(...args);
    assertEquals([code, out], [2, ""], err);
    assertMatch(err, message);
  };

  // A part is not the first reference either.
  await fanin(place, ["reproduce", "--only", "judge/first"]);
  await refused(/leaves out 7 jobs of its experiment/);
  await refused(/leaves out 7 jobs of its experiment/, "--last");

  await fanin(place, ["reproduce"]);
  assertEquals((await update()).code, 0);
  const first = await ofReference();

  // The run that agrees but for a value that is given is compared, and may be the reference.
  const same = await fanin(place, [
    "reproduce",
    "--set",
    "slow.first.ticks=0",
    "--force",
    "slow/first",
  ]);
  assertMatch(same.out, /Reference +all 9 artifacts are identical/);
  assertEquals((await update()).code, 0);
  const second = await ofReference();
  assert(second !== first);

  await fanin(place, ["reproduce", "--set", "numbers.first.values=[5]"]);
  await refused(
    /the run latest, \S+, has other parameters than its experiment: numbers\.first\.values/,
  );
  await fanin(place, ["reproduce", "--set", "fragile.first.fail=throw"]);
  await refused(/The run last is failed; a reference must be complete/, "--last", "--force");

  const file = join(place.path, "mine.json");
  await Deno.writeTextFile(file, JSON.stringify({ name: "mine", about: "the same jobs" }));
  await fanin(place, ["reproduce", "--experiment", file]);
  const { err } = await update();
  assertMatch(err, /is the reference run reference\/mine now/);
  assertEquals(await ofReference(), second, "another experiment has its own");

  assertEquals((await update("latest~1", "--force")).code, 0);
  assertEquals((await readJson(manifest)).deviation.changed.length, 1);
});
