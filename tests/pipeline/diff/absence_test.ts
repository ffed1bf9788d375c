/**
 * Tests missing artifacts and unavailable bytes. What one run lacks is a difference, counted beside
 * others. Unavailable bytes are neither a difference nor an agreement.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { againstReference } from "../../../pipeline/grade/against_reference.ts";
import { levels } from "../../../pipeline/diff/agreement.ts";
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import { outputWords } from "../../../pipeline/diff/render/describe.ts";
import { markdownText } from "../../../pipeline/diff/render/diff_markdown.ts";
import { comparisonPage } from "../../../pipeline/report/diff/diff_page.ts";
import { terminalText } from "../../../pipeline/diff/render/diff_terminal.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { encodeNpy } from "../../../pipeline/formats/npy.ts";
import { encodeSafetensors } from "../../../pipeline/formats/safetensors.ts";
import { keyOf, parseLines } from "../../../pipeline/engine/key.ts";
import { writeReference } from "../../../pipeline/runs/reference_run.ts";
import { sourceFrom } from "../../../pipeline/runs/run_source.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { claim, condition } from "../../fixtures/claims_of_a_run.ts";
import { type MadeUpRun, madeUpRun, place } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { workspace } from "../../support/workspace.ts";

/** Files of a run by name; a name's end tells the form. */
type Files = Record<string, Uint8Array>;

const mediaTypes: Record<string, string> = {
  json: "application/json",
  metrics: "application/json",
  npy: "application/x-npy",
  safetensors: "application/vnd.safetensors",
  csv: "text/csv",
  txt: "text/plain",
};

const ids = { reference: "20260102T030400Z-made-up", own: "20260102T030401Z-made-up" };

/** A run of one job with these files, every one with a tolerance of 0.01; `machine`: env key lines. */
function runOf(files: Files, id: string, machine: readonly string[] = []): MadeUpRun {
  const run = madeUpRun([{ name: "train/net", stage: "train", outputs: files }], id);
  const [job] = run.manifest.jobs;
  for (const [name, output] of Object.entries(job.outputs)) {
    output.mediaType = mediaTypes[name.split(".").at(-1)!];
    output.tolerance = { kind: "close", absolute: 0.01, relative: 0 };
  }
  job.lines.push(...machine);
  job.key = keyOf(parseLines(job.lines));
  run.files.set("manifest.json", utf8(canonicalJson(run.manifest)));
  return run;
}

const sourceOf = ({ manifest, files }: MadeUpRun) =>
  sourceFrom({ read: (path) => files.get(path)?.slice() }, {
    name: manifest.run,
    form: "directory",
    place: manifest.run,
    artifacts: "nowhere",
  });

/** The verdict on the second run with the first as the reference; `unread`: files not committed. */
async function verdictOn(reference: MadeUpRun, own: MadeUpRun, unread: readonly string[] = []) {
  await using here = await workspace();
  const artifacts = join(here.path, "artifacts");
  writeReference(sourceOf(reference), artifacts);
  for (const file of unread) Deno.removeSync(join(artifacts, "reference", "train/net", file));
  place(artifacts, own);
  const verdict = await againstReference(artifacts, own.manifest.run, { whole: true });
  return { text: verdict!.text, ...verdict!.report };
}

const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));
const float64 = (...values: number[]) => ({
  dtype: "float64" as const,
  shape: [values.length],
  data: Float64Array.from(values),
});
const epochs = (losses: Record<number, number>) =>
  json({ epochs: Object.entries(losses).map(([at, loss]) => ({ epoch: Number(at), loss })) });
const metrics = (values: Record<string, number>): Files => ({ metrics: json(values) });

const changes = ["lost", "added", "changed", "lost and changed"] as const;

/** For each kind of part the files as they are, and with the part lost, added, and so on. */
const matrix: Record<string, readonly Files[]> = {
  "JSON key": [
    { "x.json": json({ q: 1, r: 2 }) },
    { "x.json": json({ q: 1 }) },
    { "x.json": json({ q: 1, r: 2, s: 3 }) },
    { "x.json": json({ q: 1001, r: 2 }) },
    { "x.json": json({ q: 1001 }) },
  ],
  "array element": [
    { "x.json": json([[1, 2], 3]) },
    { "x.json": json([[1], 3]) },
    { "x.json": json([[1, 2], 3, null]) },
    { "x.json": json([[1, 1002], 3]) },
    { "x.json": json([[1001], 3]) },
  ],
  "epoch": [
    { "history.json": epochs({ 0: 1, 1: 0.5, 2: 0.25 }) },
    { "history.json": epochs({ 0: 1, 1: 0.5 }) },
    { "history.json": epochs({ 0: 1, 1: 0.5, 2: 0.25, 3: 0.2 }) },
    { "history.json": epochs({ 0: 100, 1: 50, 2: 25 }) },
    { "history.json": epochs({ 0: 100, 2: 25 }) },
  ],
  "element of an array": [
    { "x.npy": encodeNpy(float64(1, 2, 3)) },
    { "x.npy": encodeNpy(float64(1, 2)) },
    { "x.npy": encodeNpy(float64(1, 2, 3, 4)) },
    { "x.npy": encodeNpy(float64(1, 1002, 3)) },
    { "x.npy": encodeNpy(float64(1001, 2)) },
  ],
  "tensor": [
    { "x.safetensors": encodeSafetensors({ bias: float64(1), weight: float64(2) }) },
    { "x.safetensors": encodeSafetensors({ weight: float64(2) }) },
    {
      "x.safetensors": encodeSafetensors({
        bias: float64(1),
        more: float64(3),
        weight: float64(2),
      }),
    },
    { "x.safetensors": encodeSafetensors({ bias: float64(1001), weight: float64(2) }) },
    { "x.safetensors": encodeSafetensors({ weight: float64(1002) }) },
  ],
  "CSV column": [
    "epoch,loss\n0,1\n1,2\n",
    "epoch\n0\n1\n",
    "epoch,loss,rate\n0,1,3\n1,2,3\n",
    "epoch,loss\n0,1\n1,1002\n",
    "epoch\n0\n1001\n",
  ].map((text) => ({ "x.csv": utf8(text) })),
  "line": [
    "1\n2\n",
    "1\n",
    "1\n2\n3\n",
    "1\n1002\n",
    "1001\n",
  ].map((text) => ({ "x.txt": utf8(text) })),
  "file": [
    { "x.json": json(1), "y.json": json(2) },
    { "x.json": json(1) },
    { "x.json": json(1), "y.json": json(2), "z.json": json(3) },
    { "x.json": json(1001), "y.json": json(2) },
    { "x.json": json(1001) },
  ],
  "metric": [
    metrics({ loss: 1, rate: 2 }),
    metrics({ loss: 1 }),
    metrics({ loss: 1, rate: 2, time: 3 }),
    metrics({ loss: 1001, rate: 2 }),
    metrics({ loss: 1001 }),
  ],
};

/** Words on a lost output beside a changed one: both are named. */
const both: Record<string, RegExp> = {
  "JSON key": /^2 of 2 values, 1 in one run alone; \/q: /,
  "array element": /^2 of 3 values, 1 in one run alone; \/0\/0: /,
  "epoch": /^\d of \d values, 1 in one run alone; \/epochs\/\d\/loss: /,
  "element of an array": /^float64 \([23]\) in A, float64 \([23]\) in B$/,
  "tensor": /^2 of 2 tensors, 1 in one run alone: ±1000 /,
  "CSV column": /^3 of 4 lines; first line 1$/,
  "line": /^3 of 3 lines; first line 1$/,
  "file": /^1 of 1 value; the whole: 1(001)? → 1(001)?;only in [AB]$/,
  "metric": /^2 of 2 values, 1 in one run alone; \/loss: /,
};

for (const [part, [base, ...changed]] of Object.entries(matrix)) {
  for (const [i, change] of changes.entries()) {
    Deno.test(`a difference at every level: ${part} ${change}`, async () => {
      const [a, b] = [runOf(base, ids.reference), runOf(changed[i], ids.own)];
      for (const level of levels) {
        for (const [x, y] of [[a, b], [b, a]].map((pair) => pair.map(sourceOf))) {
          const comparison = await compareRuns(x, y, { level, rehash: true, pictures: false });
          assertEquals([comparison.verdict, comparison.notCompared], ["differ", []], level);
          const apart = comparison.outputs.filter(({ agreement }) => agreement !== "identical");
          const expected = [
            ...(part !== "file" || change.includes("changed") ? ["different"] : []),
            ...(part === "file" && change !== "changed" ? ["missing"] : []),
          ];
          assertEquals(apart.map(({ agreement }) => agreement), expected);
          if (change === "lost and changed") {
            assertMatch(apart.map(outputWords).join(";"), both[part]);
          }
        }
      }
      const verdict = await verdictOn(a, b);
      // A run may have more files than the reference; everything else is a difference.
      if (part === "file" && change === "added") {
        assertEquals([verdict.verdict, verdict.passed], ["agrees", true]);
        assertStringIncludes(verdict.text, "1 artifact more, which the reference does not have.");
        return;
      }
      assertEquals([verdict.verdict, verdict.passed, verdict.notCompared], ["differs", false, []]);
      assertMatch(verdict.text, /^ {2}DIFFERS {2}/m);
    });
  }
}

const three: Files = { "x.json": json(1), "y.json": json(2), "z.json": json(3) };

Deno.test("bytes that are not available are not compared, and agree only by an equal hash", async () => {
  const reference = runOf(three, ids.reference);
  const equal = await verdictOn(reference, runOf(three, ids.own), ["x.json"]);
  assertEquals([equal.verdict, equal.passed, equal.agreements], ["agrees", true, { identical: 3 }]);

  // Within the tolerance, if somebody could look.
  const near = runOf({ ...three, "x.json": json(1.001) }, ids.own);
  assertEquals((await verdictOn(reference, near)).verdict, "agrees");
  const unknown = await verdictOn(reference, near, ["x.json"]);
  assertEquals([unknown.verdict, unknown.passed], ["not-compared", false]);
  assertEquals(unknown.notCompared, ["train/net x.json"]);
  assertEquals(unknown.agreements, { identical: 2, unknown: 1 });
  assertMatch(unknown.text, /2 of 3 artifacts are identical, 1 were not compared\./);
  assertStringIncludes(unknown.text, "whether all of it agrees is not known");
});

Deno.test("uncompared artifacts are listed and hide no difference", async () => {
  const reference = runOf(three, ids.reference);
  const own = runOf({ ...three, "x.json": json(9), "y.json": json(9) }, ids.own);
  const verdict = await verdictOn(reference, own, ["x.json"]);
  assertEquals([verdict.verdict, verdict.passed], ["differs", false]);
  assertMatch(verdict.text, /1 of 3 artifacts are identical, 1 differ, 1 were not compared\./);
  assertStringIncludes(verdict.text, "DIFFERS  train/net y.json");
  assertStringIncludes(verdict.text, "Not compared: train/net x.json.");
});

Deno.test("uncompared artifacts are listed in the text, in Markdown and on the page", async () => {
  const [a, b] = [runOf(three, ids.reference), runOf({ ...three, "x.json": json(1.001) }, ids.own)];
  a.files.delete("train/net/x.json");
  const [x, y] = [a, b].map(sourceOf);
  const comparison = await compareRuns(x, y, { level: "within", rehash: true, pictures: false });
  assertEquals([comparison.verdict, comparison.worst], ["undecided", "identical"]);
  const page = await comparisonPage(comparison, x, y);
  const text = terminalText(comparison, { all: false }).join("\n");
  for (const shown of [text, markdownText(comparison), page]) {
    assertStringIncludes(shown, "1 not compared: train/net x.json; those of A are not available");
    assertStringIncludes(shown, "3 outputs: 1 not compared, 2 identical.");
    assertMatch(shown, /not known whether (they|the runs) agree/);
  }
  assertMatch(page, /<span class="agreement-unknown">not compared<\/span>/);
});

Deno.test("on another machine uncompared artifacts are listed and do not decide", async () => {
  const machine = (adapter: string, v8: string) => [
    `env adapter ${JSON.stringify(adapter)}`,
    `env v8 ${JSON.stringify(v8)}`,
  ];
  const reference = runOf(three, ids.reference, machine("one", "15"));
  const near: Files = { ...three, "x.json": json(9), "y.json": json(2.001) };
  const on = (adapter: string, v8: string, files: Files) =>
    verdictOn(reference, runOf(files, ids.own, machine(adapter, v8)), ["x.json"]);

  const adapter = await on("two", "15", near);
  assertEquals([adapter.verdict, adapter.passed], ["not-compared", true]);
  assertStringIncludes(adapter.text, "1 were not compared.");
  assertStringIncludes(adapter.text, "on another machine");
  const processor = await on("one", "16", near);
  assertEquals([processor.verdict, processor.passed], ["not-compared", true]);

  // Comparable outputs decide on another adapter, and differences count on any machine.
  const far = { ...near, "y.json": json(9) };
  const [there, otherwise] = [await on("two", "15", far), await on("one", "16", far)];
  assertEquals([there.verdict, there.passed], ["differs", false]);
  assertEquals([otherwise.verdict, otherwise.passed], ["differs", true]);
  // No machine loses a file.
  const { "z.json": _, ...lost } = near;
  for (const [adapter, v8] of [["two", "15"], ["one", "16"]]) {
    const verdict = await on(adapter, v8, lost);
    assertEquals([verdict.verdict, verdict.passed], ["differs", false]);
  }
});

Deno.test("metrics and claims without a file are unknown, unless their bytes are the same", async () => {
  const files = metrics({ loss: 1 });
  const without = (run: MadeUpRun) => {
    run.files.delete("metrics.json");
    return sourceOf(run);
  };
  const options = { level: "within", rehash: true, pictures: false } as const;
  const a = sourceOf(runOf(files, ids.reference));
  const same = await compareRuns(a, without(runOf(files, ids.own)), options);
  assertEquals([same.verdict, same.notCompared], ["agree", ["metric net.loss"]]);
  const near = runOf(metrics({ loss: 1.001 }), ids.own);
  assertEquals((await compareRuns(a, sourceOf(near), options)).verdict, "agree");
  assertEquals((await compareRuns(a, without(near), options)).verdict, "undecided");
});

Deno.test("NaN and infinity beside a number are a difference, and no absence", async () => {
  const of = (loss: unknown, id: string) => {
    const run = runOf({ metrics: json({ loss }) }, id);
    run.files.set("metrics.json", json({ "net.loss": loss }));
    return sourceOf(run);
  };
  const options = { level: "consistent", rehash: true, pictures: false } as const;
  const spread = { count: 10, standardDeviation: 1, limit: 3.2 };
  const spreads = { level: 0.9, metrics: new Map([["net.loss", spread]]) };
  for (const [a, b] of [["NaN", 1], [1, "Infinity"], ["-Infinity", "NaN"]]) {
    const [x, y] = [of(a, ids.reference), of(b, ids.own)];
    const { verdict, metrics: [metric] } = await compareRuns(x, y, { ...options, spreads });
    assertEquals([verdict, metric.agreement, metric.absolute], ["differ", "different", null]);
    assertEquals([metric.a, metric.b], [Number(a), Number(b)]);
  }
  const same = await compareRuns(of("NaN", ids.reference), of("NaN", ids.own), options);
  assertEquals([same.verdict, same.metrics[0].agreement], ["agree", "identical"]);
});

Deno.test("outputs of uncompared inputs are uncompared only on another adapter", async () => {
  const run = (id: string, adapter: string, loss: number) => {
    const made = madeUpRun([
      { name: "train/net", stage: "train", outputs: { x: json(loss) } },
      {
        name: "draw/net",
        stage: "draw",
        inputs: { x: ["train/net", "x"] },
        outputs: { drawing: json(`loss ${loss}`) },
      },
    ], id);
    const [train] = made.manifest.jobs;
    train.outputs.x.tolerance = { kind: "close", absolute: 0.01, relative: 0 };
    train.lines.push(`env adapter "${adapter}"`);
    made.files.set("manifest.json", utf8(canonicalJson(made.manifest)));
    return made;
  };
  const reference = run(ids.reference, "one", 1);
  const other = await verdictOn(reference, run(ids.own, "two", 1.001), ["x"]);
  assertEquals([other.verdict, other.passed], ["not-compared", true]);
  const same = await verdictOn(reference, run(ids.own, "one", 1.001), ["x"]);
  assertEquals([same.verdict, same.passed], ["differs", false]);
});

Deno.test("a claim judged otherwise differs from the reference, and one without its file is unknown", async () => {
  const ledger = (estimate: number) =>
    json({ claims: [claim("Q1.holds", [condition("n 1", estimate)])], controls: [] });
  const judged = (id: string, estimate: number, gathered = estimate) => {
    const run = runOf({ "claims.json": ledger(estimate) }, id);
    const [{ outputs }] = run.manifest.jobs;
    outputs["claims.json"].type = "ledger";
    const close = { absolute: 10, relative: 0 };
    const at = { "/claims/*/sentence": close };
    outputs["claims.json"].tolerance = { kind: "close", ...close, at };
    run.files.set("claims.json", ledger(gathered));
    run.files.set("manifest.json", utf8(canonicalJson(run.manifest)));
    return run;
  };
  const [a, b] = [judged(ids.reference, 1.02), judged(ids.own, 1.01)];
  const options = { level: "within", rehash: true, pictures: false } as const;
  const near = await compareRuns(sourceOf(a), sourceOf(b), options);
  assertEquals(near.verdict, "agree");
  const otherwise = await verdictOn(a, judged(ids.own, 1.02, 3));
  assertEquals([otherwise.verdict, otherwise.passed], ["differs", false]);
  assertStringIncludes(otherwise.text, "Claim Q1.holds: confirmed in the reference, refuted here.");
  b.files.delete("claims.json");
  const unknown = await compareRuns(sourceOf(a), sourceOf(b), options);
  assertEquals([unknown.verdict, unknown.notCompared], ["undecided", ["claims"]]);
});

Deno.test("a job that failed in both runs counts as no agreement", async () => {
  const failed = (id: string) =>
    sourceOf(madeUpRun([{ name: "train/net", stage: "train", status: "failed" }], id));
  const options = { level: "within", rehash: true, pictures: false } as const;
  const comparison = await compareRuns(failed(ids.reference), failed(ids.own), options);
  assertEquals(comparison.verdict, "undecided");
  assertEquals(comparison.notCompared, ["train/net (no result in either run)"]);
});

Deno.test("a missing job of the reference is a difference in a whole run, and is listed in a partial run", async () => {
  await using here = await workspace();
  const artifacts = join(here.path, "artifacts");
  const jobs = ["a/one", "b/two"].map((name) => ({
    name,
    stage: "stage",
    outputs: { x: utf8(name) },
  }));
  writeReference(sourceOf(madeUpRun(jobs, ids.reference)), artifacts);
  place(artifacts, madeUpRun(jobs.slice(0, 1), ids.own));
  const whole = await againstReference(artifacts, ids.own, { whole: true });
  assertEquals([whole!.report.verdict, whole!.report.passed], ["differs", false]);
  assertStringIncludes(whole!.text, "DIFFERS  b/two x: only in the reference");
  const part = await againstReference(artifacts, ids.own, { whole: false });
  assertEquals([part!.report.verdict, part!.report.passed], ["agrees", true]);
  assertStringIncludes(part!.text, "1 job in the reference alone: b/two.");

  // A part of which the reference has nothing agrees with nothing.
  place(artifacts, madeUpRun([{ ...jobs[0], name: "c/three" }], "20260102T030402Z-made-up"));
  const other = await againstReference(artifacts, "20260102T030402Z-made-up", { whole: false });
  assertEquals([other!.report.verdict, other!.report.passed], ["not-compared", true]);
  assertEquals((await openRun(artifacts, "reference")).manifest.jobs.length, 2);
});
