/** Tests names that two jobs of a run give: found before anything runs if possible, and never costly. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { type AddJob, defineDag } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { ledger, metrics } from "../../../pipeline/formats/metrics.ts";
import { type Collision, refuseCollisions } from "../../../pipeline/runs/collisions.ts";
import { gather } from "../../../pipeline/runs/gathered.ts";
import { type AnyStage, defineStage } from "../../../pipeline/engine/stage.ts";
import { blobReader, openStore, putBlob } from "../../../pipeline/store/store.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { dag as assignment } from "../../../stages/mod.ts";
import { claim, condition } from "../../fixtures/claims_of_a_run.ts";
import { expectedFile, metricItem } from "../../support/expected_items.ts";
import { copyPipeline, fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { edit, readJson } from "../../support/copied_files.ts";

type Names = AnyStage["names"];

/** A stage that gives metrics, or claims. */
const stageOf = (name: string, type: typeof metrics | typeof ledger, names?: Names) =>
  defineStage({
    name,
    module: import.meta.url,
    about: "gives what it is asked for",
    parameters: z.strictObject({ id: z.string().default("x") }),
    outputs: { given: type },
    names,
    run: () => ({ given: {} as never }),
  });

const experiment = Experiment.parse({ name: "x", about: "" });
const jobsOf = (declare: (job: AddJob) => void) => select(defineDag(declare), experiment).jobs;

type JobOf = [name: string, stage: ReturnType<typeof stageOf>];
/** Declares a job of each stage. */
const twoJobs = (...jobs: JobOf[]) => (job: AddJob) => {
  for (const [name, stage] of jobs) job(name, stage, { inputs: {} });
};

/** Declares two jobs of one stage, the second with another id. */
const twoIds =
  (stage: ReturnType<typeof stageOf>, first: string, second: string) => (job: AddJob) => {
    job(first, stage, { inputs: {} });
    job(second, stage, { inputs: {}, parameters: { id: "y" } });
  };

const declared: Names = ({ id }) => ({ metrics: [id], claims: [id] });

Deno.test("an invalid declared metric name is refused before its job runs", async () => {
  await using place = await workspaceOfOneProcess();
  const store = openStore(place.path);
  const stage = stageOf("scored", metrics, ({ id }) => ({ metrics: ["val_loss", id] }));
  const refuse = (id: string) => () =>
    refuseCollisions(
      jobsOf((job) => void job("a/x", stage, { inputs: {}, parameters: { id } }))
        .map((job) => ({ job })),
      blobReader(store),
    );
  refuse("top-5/Accuracy")();
  const { message } = assertThrows(refuse("Test Accuracy"), Failed);
  assertStringIncludes(message, "The stage scored declares a metric whose name is none: expected");
  assertStringIncludes(message, 'found "Test Accuracy". Name it "Test-Accuracy"');
});

Deno.test("two jobs that declare one metric name are refused before they run", async () => {
  await using place = await workspaceOfOneProcess();
  const store = openStore(place.path);
  const [one, other] = ["one", "other"].map((name) => stageOf(name, metrics));
  const [said, saidToo] = ["said", "said-too"].map((name) => stageOf(name, metrics, declared));
  const judge = stageOf("judge", ledger);
  const [judgeSaid, judgeToo] = ["j", "k"].map((name) => stageOf(name, ledger, declared));
  const cases: [string, (job: AddJob) => void, RegExp | undefined][] = [
    ["two stages, nothing declared", twoJobs(["a/x", one], ["b/x", other]), undefined],
    ["one stage under two names", twoJobs(["a/x", one], ["a/y", one]), undefined],
    [
      "one stage under one name",
      twoJobs(["a/x", one], ["b/x", one]),
      /a\/x and b\/x are jobs of the stage one and would give the same metrics/,
    ],
    ["one stage that says that they differ", twoIds(said, "a/x", "b/x"), undefined],
    [
      "two stages that say the same",
      twoJobs(["a/x", said], ["b/x", saidToo]),
      /The metric "x\.x" is given by a\/x and by b\/x/,
    ],
    [
      "names that become one",
      twoJobs(["a/my x", said], ["b/my-x", saidToo]),
      /The metric "my-x\.x" is given by a\/my x and by b\/my-x/,
    ],
    [
      "one stage that judges twice",
      twoJobs(["a", judge], ["b", judge]),
      /a and b are jobs of the stage judge and would judge the same claims/,
    ],
    ["one stage that judges other claims", twoIds(judgeSaid, "a", "b"), undefined],
    [
      "two stages that judge one claim",
      twoJobs(["a", judgeSaid], ["b", judgeToo]),
      /The claim x is judged by a and by b/,
    ],
  ];
  for (const [what, declare, message] of cases) {
    const refuse = () =>
      refuseCollisions(jobsOf(declare).map((job) => ({ job })), blobReader(store));
    if (message === undefined) refuse();
    else assertMatch(assertThrows(refuse, Failed).message, message, what);
  }

  // Stored results say what stages do not.
  const stored = (value: Record<string, number>) => ({
    outputs: { given: putBlob(store, metrics.encode(value)) },
  });
  const results = (first: Record<string, number>, second: Record<string, number>) => {
    const [a, b] = jobsOf(twoJobs(["a/x", one], ["b/x", other]));
    return [{ job: a, action: stored(first) }, { job: b, action: stored(second) }];
  };
  refuseCollisions(results({ p: 1 }, { q: 1 }), blobReader(store));
  assertThrows(
    () => refuseCollisions(results({ p: 1, q: 2 }, { q: 1 }), blobReader(store)),
    Failed,
    `The metric "x.q" is given by a/x and by b/x`,
  );
});

Deno.test("metrics that two jobs give under one name are left out, the rest is gathered", () => {
  const blobs = new Map<string, Uint8Array>();
  const job = (name: string, type: typeof metrics | typeof ledger, value: unknown) => {
    const sha256 = `${blobs.size}`.padStart(64, "0");
    blobs.set(sha256, type.encode(value as never));
    const { kind, mediaType, tolerance } = type;
    return {
      name,
      outputs: { given: { sha256, size: 1, type: kind, mediaType, tolerance, file: name } },
    };
  };
  const judged = (...ids: string[]) => ({
    claims: ids.map((id) => claim(id, [condition("n", 1)])),
    controls: [],
  });
  const gathered = gather([
    job("a/x", metrics, { p: 1, q: 2 }),
    job("b/x", metrics, { q: 3, r: 4 }),
    job("c", ledger, judged("Q1.one", "Q1.both")),
    job("d", ledger, judged("Q1.both", "Q1.two")),
  ], (sha256) => blobs.get(sha256)!);
  assertEquals(gathered.metrics, { "x.p": 1, "x.r": 4 });
  assertEquals(gathered.ledger.claims.map(({ id }) => id), ["Q1.one", "Q1.two"]);
  const expected: Collision[] = [
    { reason: "duplicate-name", kind: "metrics", name: "x.q", jobs: ["a/x", "b/x"] },
    { reason: "duplicate-name", kind: "claims", name: "Q1.both", jobs: ["c", "d"] },
  ];
  assertEquals(gathered.collisions, expected);
});

Deno.test("plan and reproduce refuse a collision that can be known, and record one that cannot", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place);
  const dag = join(place.path, "mod.ts");
  const ended = (...args: string[]) => fanin(place, args, cli);
  const line = `job("report/first", report, { inputs: { parity } });`;
  const added = (more: string) => edit(dag, line, `${line}\n  ${more}`);
  const removed = (more: string) => edit(dag, `${line}\n  ${more}`, line);

  const same = `job("other/first", report, { inputs: { parity } });`;
  await added(same);
  for (const command of ["plan", "reproduce"]) {
    const { code, out, err } = await ended(command);
    assertEquals([code, out], [2, ""], err);
    assertStringIncludes(err, "report/first and other/first are jobs of the stage report");
    assert(!err.includes("start "), err);
  }
  await removed(same);

  // Another stage, whose names nobody can know.
  const stages = await Deno.readTextFile(join(place.path, "is_even.ts"));
  await Deno.writeTextFile(
    join(place.path, "is_odd.ts"),
    stages.replace(`name: "report"`, `name: "report-2"`),
  );
  await edit(
    dag,
    `import { source }`,
    `import { report as report2 } from "./is_odd.ts";\nimport { source }`,
  );
  await added(`job("other/first", report2, { inputs: { parity } });`);
  assertEquals((await ended("plan")).code, 3);
  const { code, out, err } = await ended("reproduce", "--verbose");
  const told = `The metric "first.even" is given by report/first and by other/first`;
  assertEquals(code, 1, err);
  assertStringIncludes(err, told);
  assertStringIncludes(out, told);
  assertStringIncludes(out, `Stages that declare "names" have such names found before`);
  const [run] = runsIn(place.path);
  const directory = join(place.path, "artifacts", "runs", run);
  assertEquals((await readJson(directory, "manifest.json")).status, "complete");
  assertEquals(await readJson(directory, "metrics.json"), {});
  for (const job of ["report", "other"]) {
    assertEquals(await readJson(directory, job, "first", "metrics.json"), { even: 1 });
  }

  // Now it is known. What is there is shown all the same, by the answer and without it.
  const known = await ended("plan");
  assertEquals([known.code, known.out], [2, ""]);
  assertStringIncludes(known.err, told);
  for (const _ of [1, 2]) {
    const again = await ended("reproduce", "--verbose");
    assertEquals(again.code, 1, again.err);
    assertStringIncludes(again.out, told);
    assertMatch(again.out, /Names +1 name of two jobs left out/);
    await Deno.remove(join(place.path, "artifacts", "store", "answers"), { recursive: true });
  }

  const expected = join(place.path, "expected.json");
  const item = metricItem("even", "first.even", { kind: "exact", value: 1 });
  const file = expectedFile("assignment", item);
  await Deno.writeTextFile(expected, JSON.stringify(file));
  const grade = await ended("grade", "--expected", expected, "--json");
  assertEquals(grade.code, 1, grade.err);
  const graded = JSON.parse(grade.out);
  assertEquals(graded.trust.problems, []);
  assertEquals([graded.passed, graded.items[0].status], [false, "missing"]);
  assertStringIncludes(graded.items[0].explanation, told);

  await using other = await workspaceOfOneProcess();
  const archive = join(place.path, "run.zip");
  assertEquals((await ended("export", "latest", "--output", archive)).code, 0);
  assertEquals((await fanin(other, ["import", archive])).code, 0);
  assertEquals((await ended("verify")).code, 0);
});

Deno.test("the assignment's stages that judge declare what they judge, and no two the same", () => {
  const judges = assignment.filter(({ stage }) =>
    Object.values(stage.outputs).some((type) => type === ledger)
  );
  assertEquals(judges.length, 3);
  for (const { stage, parameters } of judges) {
    assert(stage.names!(parameters).claims!.length > 3, stage.name);
  }
  const jobs = select(assignment, experiment).jobs.map((job) => ({ job }));
  refuseCollisions(jobs, blobReader(openStore("none")));
});
