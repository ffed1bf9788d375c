/** Tests a run with NaN and infinite metrics through every command. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { readEventLog } from "../../../pipeline/runs/event_log.ts";
import { Comparison } from "../../../schemas/run/comparison.ts";
import { Expected } from "../../../schemas/run/expected.ts";
import { Grade } from "../../../schemas/run/graded.ts";
import { Metrics } from "../../../schemas/run/metric_values.ts";
import { cliOf } from "../../support/checkout.ts";
import { expectedFile, metricItem } from "../../support/expected_items.ts";
import { fanin, runsIn, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";

const values = {
  "My-net.Accuracy.top_1": 0.3,
  "My-net.final": NaN,
  "My-net.val_loss/epoch-1": 0.25,
  "My-net.val_loss/epoch-2": Infinity,
  "My-net.val_loss/epoch-3": NaN,
};

/** Runs a command on the training that diverges, and checks its exit code. */
const runner = (place: Workspace) => async (code: number, ...args: string[]) => {
  const ended = await fanin(place, args, cliOf("values"));
  assertEquals(ended.code, code, `${args.join(" ")}\n${ended.out}\n${ended.err}`);
  assert(!/undefined|\[object|^\s+at /m.test(ended.out + ended.err), ended.out + ended.err);
  return ended;
};

const final = metricItem("My-net.final", "My-net.final", { kind: "at-most", value: 1 });
const expected = expectedFile("diverging", final, {
  ...final,
  id: "My-net.val_loss",
  title: "the course",
  target: { kind: "curve", name: "My-net.val_loss/epoch-*", from: 1, to: 3 },
  expected: { kind: "band", ranges: [1, 2, 3].map(() => ({ low: 0, high: null })) },
});

Deno.test("a run that diverges is recorded, shown, exported and compared with its NaN and infinities", async () => {
  await using place = await workspaceOfOneProcess();
  const run = runner(place);
  const artifacts = join(place.path, "artifacts");
  const latest = join(artifacts, "latest");
  const ran = await run(0, "reproduce", "--json");
  assertEquals(Metrics.parse(JSON.parse(ran.out).metrics), values);
  assertEquals(JSON.parse((await run(0, "reproduce", "--json")).out).metrics, {
    ...values,
    "My-net.final": "NaN",
    "My-net.val_loss/epoch-2": "Infinity",
    "My-net.val_loss/epoch-3": "NaN",
  });
  assertEquals(Metrics.parse(await readJson(latest, "metrics.json")), values);
  assertEquals((await readJson(latest, "train", "My net", "course.json"))[1].loss, "Infinity");
  const [id] = runsIn(place.path);
  const measured = readEventLog(join(artifacts, "runs", id), 0).lines
    .flatMap(({ line }) => line.type === "measured" ? [line.value] : []);
  assertEquals(measured, [0.25, Infinity, NaN]);

  await run(0, "report");
  const report = await Deno.readTextFile(join(artifacts, "runs", id, "report.html"));
  assertStringIncludes(report, ">NaN<");
  assertStringIncludes(report, ">Infinity<");

  // Another run with the same values agrees with it, one with others does not.
  await run(0, "reproduce", "--force", "train/My net");
  const same = await run(0, "diff", id, "latest", "--level", "identical", "--json");
  assertEquals(Comparison.parse(JSON.parse(same.out)).verdict, "agree");
  await run(0, "reproduce", "--set", "train.My net.seed=1");
  const page = join(artifacts, "diff.html");
  const other = await run(1, "diff", id, runsIn(place.path)[2], "--html", page);
  assertMatch(other.out, /My-net\.final +NaN → 0\.25/);
  assertStringIncludes(await Deno.readTextFile(page), ">Infinity<");

  const archive = join(artifacts, "run.zip");
  await run(0, "export", id, "--output", archive);
  await using elsewhere = await workspaceOfOneProcess();
  const there = runner(elsewhere);
  await there(0, "import", archive);
  assertEquals(
    Metrics.parse(await readJson(elsewhere.path, "artifacts", "runs", id, "metrics.json")),
    values,
  );
  await there(0, "verify");
});

Deno.test("it passes no item, in any format; its seed is named where a metric gets no interval", async () => {
  await using place = await workspaceOfOneProcess();
  const run = runner(place);
  const file = join(place.path, "artifacts", "expected.json");
  await Deno.mkdir(join(place.path, "artifacts"));
  await Deno.writeTextFile(file, JSON.stringify(expected));
  await run(0, "reproduce");
  const graded = async (format: string) =>
    (await run(1, "grade", "--expected", file, "--format", format)).out;
  const { items, passed, trust } = Grade.parse(JSON.parse(await graded("json")));
  assertEquals([passed, trust.problems], [false, []]);
  assertEquals(items.map(({ status, value }) => [status, value]), [["failed", NaN], [
    "failed",
    null,
  ]]);
  assertEquals(items[1].outside.map(({ found }) => found), [Infinity, NaN]);
  for (const format of ["table", "junit"]) {
    const text = await graded(format);
    assertStringIncludes(text, "found NaN, which is no finite number");
    assertStringIncludes(text, "found Infinity");
  }

  const output = join(place.path, "artifacts", "replicates.json");
  const seeds = ["--seeds", "1-4", "--level", "0.8"];
  const made = await run(0, "replicate", ...seeds, "--output", output, "--json");
  assertStringIncludes(made.err, "3 metrics without an interval");
  assertStringIncludes(made.err, "My-net.final: NaN with seed 3");
  assertStringIncludes(made.err, "My-net.val_loss/epoch-2: Infinity with seed 3");
  const names = Expected.parse(await readJson(output)).items.map(({ id }) => id);
  assertEquals(names, ["My-net.Accuracy.top_1", "My-net.val_loss/epoch-1"]);
  assertEquals(JSON.parse(made.out).replicas[2].metrics["My-net.final"], "NaN");
});
