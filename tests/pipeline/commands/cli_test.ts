/** Tests the commands on the test pipeline; how they start and end, in processes of their own. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { expectedFile, metricItem } from "../../support/expected_items.ts";
import { cliOf } from "../../support/checkout.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import {
  copyPipeline,
  fanin,
  faninEach,
  planned,
  runsIn,
  workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { edit, readJson, writeText } from "../../support/copied_files.ts";
import { denoUntil, runArguments } from "../../support/deno_command.ts";

Deno.test("reproduce records the run; again it writes nothing and finds the same", async () => {
  await using place = await workspace();
  const first = await fanin(place, ["reproduce"]);
  assertEquals(first.code, 0, first.err);
  assertStringIncludes(first.out, "9 jobs: 9 ran");
  const runs = runsIn(place.path);
  assertEquals(runs.length, 1);

  const second = await fanin(place, ["reproduce"]);
  assertEquals(second.code, 0);
  assertMatch(second.out, /^assignment up to date in [\d.]+ s; 9 jobs: 9 cached\n/);
  const found = (out: string) => out.slice(out.indexOf("\n"));
  assertEquals(found(second.out), found(first.out));
  assertEquals(runsIn(place.path), runs);

  const latest = join(place.path, "artifacts", "latest");
  const manifest = Manifest.parse(await readJson(latest, "manifest.json"));
  assertEquals(manifest.run, runs[0]);
  assertEquals(manifest.status, "complete");
  assertEquals(await readJson(latest, "metrics.json"), { "first.even": 1 });
  const doubled = manifest.jobs.find((job) => job.name === "double/first")!;
  const file = join(place.path, "artifacts", "runs", runs[0], doubled.outputs.numbers.file);
  assertEquals(await Deno.readTextFile(file), "[2,4,6]\n");
  assert((await Deno.stat(file)).nlink! >= 3, "an output is a link into the store, not a copy");
  assertEquals(doubled.inputs.numbers.job, "numbers/first");
  assert(doubled.lines.some((line) => line.startsWith("code double sha256:")));
});

Deno.test("--json prints one object for programs, fresh and up to date", async () => {
  await using place = await workspace();
  const fresh = JSON.parse((await fanin(place, ["reproduce", "--json"])).out);
  assertEquals(fresh.upToDate, false);
  assertEquals(fresh.metrics, { "first.even": 1 });
  const again = JSON.parse((await fanin(place, ["reproduce", "--json"])).out);
  const jobs = fresh.jobs.map(({ job }: { job: string }) => ({ job, status: "cached" }));
  assertEquals(again, { ...fresh, jobs, seconds: null, upToDate: true });
});

Deno.test("an edited comment reruns nothing, an edited helper reruns its users", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place);
  const helper = join(place.path, "arithmetic.ts");
  await fanin(place, ["reproduce"], cli);

  await edit(helper, "// Twice each.", "// Every value, twice.");
  assertEquals(new Set(Object.values(await planned(place, cli))), new Set(["cached"]));

  await edit(helper, "value * 2", "value + value");
  const states = await planned(place, cli);
  assertEquals(states["double/first"], "run");
  assertEquals(states["is-even/first"], "waits");
  assertEquals(states["numbers/first"], "cached");
  const { out } = await fanin(place, ["plan"], cli);
  assertMatch(out, /double\/first +run +code of double \(.*arithmetic\.ts, \+2 −2\)/);

  // The new code gives the same bytes, so only this one job runs.
  const again = await fanin(place, ["reproduce"], cli);
  assertStringIncludes(again.out, "9 jobs: 1 ran, 8 cached");
});

Deno.test("plan says which parameter changed, from what to what", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce"]);
  const set = ["--set", "numbers.first.values=[4]"];
  const { out } = await fanin(place, ["plan", ...set]);
  assertMatch(out, /numbers\/first +run +parameter values \(\[1,2,3\] → \[4\]\)/);
  assertMatch(out, /double\/first +maybe +if other bytes come from numbers\/first/);
  const json = await fanin(place, ["plan", "--explain", "numbers/first", "--json", ...set]);
  assertEquals(JSON.parse(json.out).jobs.map(({ job }: { job: string }) => job), ["numbers/first"]);
  const explained = await fanin(place, ["plan", "--explain", "numbers/first", ...set]);
  assertStringIncludes(explained.out, "- param values [1,2,3]\n+ param values [4]");
});

Deno.test("a result that was lost is planned as lost", async () => {
  await using place = await workspace();
  await fanin(place, ["reproduce"]);
  await Deno.remove(join(place.path, "artifacts", "store", "actions"), { recursive: true });
  const { out } = await fanin(place, ["plan"]);
  assertMatch(out, /numbers\/first +run +its result is not in the store, or damaged there/);
});

Deno.test("bad input gets a message that says what to do, and exit code 2", async () => {
  await using place = await workspace();
  const experiment = join(place.path, "bad.json");
  await Deno.writeTextFile(experiment, '{"name":"x"');
  const cases: [string[], string][] = [
    [["reprodcue"], `Did you mean "reproduce"?`],
    [["reproduce", "--experimnet", "quick"], `Did you mean "--experiment"?`],
    [["reproduce", "--explain", "x"], `No flag of reproduce is named "--explain"`],
    [["reproduce", "extra"], `takes no "extra"`],
    [["reproduce", "--set", "numbers.first.valuse=1"], `Did you mean "numbers.first.values"?`],
    [["reproduce", "--set", "numbers.first.values=one"], "expected array"],
    [["reproduce", "--set", "numbers.first.values"], "--set expects JOB.PARAMETER=VALUE"],
    [["reproduce", "--only", "numbers/frist"], `Did you mean "numbers/first"?`],
    [["reproduce", "--force", "numbers/frist"], `Did you mean "numbers/first"?`],
    [["plan", "--force", "numbers/frist"], `Did you mean "numbers/first"?`],
    [
      ["plan", "--only", "double/first", "--set", "slow.first.ticks=some"],
      "The parameters of slow/first do not fit",
    ],
    [
      ["plan", "--experiment", "/outside.json"],
      "--experiment expects a file, found nothing at /outside.json.",
    ],
    [["reproduce", "--experiment", "asignment"], `Did you mean "assignment"?`],
    [["reproduce", "--experiment", "broken"], "does not have the expected form"],
    [["reproduce", "--experiment", experiment], "bad.json does not have the expected form"],
    [["reproduce", "--experiment", join(place.path, "none.json")], "none.json"],
    [["reproduce", "--only"], "--only needs a value"],
    [["dag", "latest", "--experiment", "quick"], "of a run or of an experiment; expected one"],
    [["gc", "--last", "0"], "--last expects a number from 1 on"],
    [["gc", "nothing-like-it"], `No run is named "nothing-like-it"`],
  ];
  const [first] = cases;
  assertEquals((await fanin(place, first[0])).code, 2, "of the process");
  const ended = await faninEach(place, cases.map(([args]) => args));
  for (const [i, [args, message]] of cases.entries()) {
    const { code, err, out } = ended[i];
    assertEquals(code, 2, args.join(" ") + err);
    assertStringIncludes(err, message);
    assertEquals(out, "", args.join(" "));
    assert(!err.includes("    at "), `a stack trace is no message: ${err}`);
  }
});

Deno.test("an experiment from a file chooses jobs and parameters", async () => {
  await using place = await workspace();
  const file = join(place.path, "mine.json");
  const experiment = {
    name: "mine",
    about: "one number",
    jobs: ["double/first"],
    parameters: { "numbers/first": { values: [21] } },
  };
  await Deno.writeTextFile(file, JSON.stringify(experiment));
  const { code, out } = await fanin(place, ["reproduce", "--experiment", file]);
  assertEquals(code, 0);
  assertStringIncludes(out, "2 jobs: 2 ran");
  const numbers = join(place.path, "artifacts", "latest", "double", "first", "numbers.json");
  assertEquals(await Deno.readTextFile(numbers), "[42]\n");
});

Deno.test("a metric that fails its item makes exit code 1, also when it is up to date", async () => {
  await using place = await workspaceOfOneProcess();
  const file = join(place.path, "artifacts", "reference", "expected.json");
  const item = metricItem("even", "first.even", { kind: "exact", value: 0 });
  const expected = expectedFile("assignment", item);
  await writeText(file, JSON.stringify(expected));
  for (let time = 0; time < 2; time++) {
    const { code, out } = await fanin(place, ["reproduce"]);
    assertEquals(code, 1);
    assertMatch(out, /first\.even +1 +0 +NOT PASSED\n/);
    assertStringIncludes(out, "not passed: even\n");
  }
});

Deno.test("a failed job makes exit code 2; the others are recorded and kept", async () => {
  await using place = await workspace();
  const { code, err } = await fanin(place, ["reproduce", "--set", "fragile.first.fail=throw"]);
  assertEquals(code, 2);
  assertStringIncludes(err, "failed  fragile/first: told to fail");
  const [failed] = runsIn(place.path);
  const manifest = Manifest.parse(
    await readJson(place.path, "artifacts", "runs", failed, "manifest.json"),
  );
  assertEquals(manifest.status, "failed");
  const status = Object.fromEntries(manifest.jobs.map((job) => [job.name, job.status]));
  assertEquals(status["slow/first"], "skipped");
  const again = await fanin(place, ["reproduce"]);
  assertStringIncludes(again.out, "9 jobs: 2 ran, 7 cached");
});

Deno.test("forcing a job reports that it is not reproducible", async () => {
  await using place = await workspace();
  await fanin(place, ["reproduce"]);
  const { err, code } = await fanin(place, ["reproduce", "--force", "random/first"]);
  assertEquals(code, 0);
  assertStringIncludes(
    err,
    "random/first was forced to run again and gave other bytes for numbers",
  );
});

Deno.test("an interrupted run has the signal's exit code, leaves no partial files and can be resumed", async () => {
  await using place = await workspace();
  const cli = cliOf("counting");
  await lendCaches(join(place.path, "artifacts"), "counting");
  const set = ["--set", "slow.first.ticks=400"];
  // On a terminal the task runner passes the signal on as well, so that it comes twice at once.
  const signals = [["SIGINT", 130, 2], ["SIGTERM", 143, 1], ["SIGHUP", 129, 1]] as const;
  for (const [signal, code, times] of signals) {
    const args = runArguments(cli, join(place.path, "artifacts"), "reproduce", ...set);
    const ended = await denoUntil(args, "start   slow/first", (child) => {
      for (let i = 0; i < times; i++) child.kill(signal);
    });
    assertEquals(ended.code, code, ended.err);
    assertEquals([...Deno.readDirSync(join(place.path, "artifacts", "store", "tmp"))], []);
  }
  assertEquals((await fanin(place, ["verify"])).code, 0);
  const runs = JSON.parse((await fanin(place, ["runs", "--json"])).out);
  const states: string[] = runs.map((run: { status: string }) => run.status);
  assertEquals(states, signals.map(() => "interrupted"));
  const statuses = async () => {
    const path = join(place.path, "artifacts", "runs", runsIn(place.path).at(-1)!);
    const manifest = Manifest.parse(await readJson(path, "manifest.json"));
    return new Map(manifest.jobs.map((job) => [job.name, job.status]));
  };
  const before = await statuses();
  assertEquals(before.get("slow/first"), "interrupted");
  await fanin(place, ["reproduce", "--set", "slow.first.ticks=1"]);
  const after = await statuses();
  assertEquals(after.get("slow/first"), "ran");
  const finished = [...before].filter(([, status]) => status === "ran" || status === "cached");
  assert(finished.length > 0);
  for (const [name] of finished) assertEquals(after.get(name), "cached", name);
});

Deno.test("two processes on one store both succeed and compute shared jobs once", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const set = ["--set", "slow.first.ticks=20"];
  const both = await Promise.all([
    fanin(place, ["reproduce", ...set], cli),
    fanin(place, ["reproduce", ...set], cli),
  ]);
  assertEquals(both.map(({ code }) => code), [0, 0], both.map(({ err }) => err).join("\n"));
  const runs = runsIn(place.path);
  assertEquals(runs.length, 2);
  const recorded = await Promise.all(runs.map(async (run) => {
    const file = await readJson(place.path, "artifacts", "runs", run, "manifest.json");
    return Manifest.parse(file).jobs;
  }));
  const [one, other] = recorded.map((jobs) => jobs.map(({ name, started }) => [name, started]));
  assertEquals(one, other, "the same computation, not one each");
  const ran = recorded.flat().filter(({ status, why }) => status === "ran" && why !== undefined);
  assertEquals(ran.map(({ name }) => name).sort(), recorded[0].map(({ name }) => name).sort());
  const cached = recorded.flat().filter(({ status, why }) =>
    status === "cached" && why === undefined
  );
  assertEquals(cached.length, ran.length, "each is cached for the one that did not compute it");
  assertStringIncludes(both.map(({ err }) => err).join(), "is being computed by another process");
  assertEquals((await fanin(place, ["verify"], cli)).code, 0);
});

Deno.test("verify reports a damaged file and its users, and reproduce repairs it", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce"]);
  assertEquals((await fanin(place, ["verify"])).code, 0);
  const numbers = join(place.path, "artifacts", "latest", "double", "first", "numbers.json");
  const { mtime } = await Deno.stat(numbers);
  await Deno.chmod(numbers, 0o644);
  await Deno.writeTextFile(numbers, "[2,4,7]\n");
  await Deno.utime(numbers, mtime!, mtime!);
  const damaged = await fanin(place, ["verify"]);
  assertEquals(damaged.code, 1);
  assertMatch(damaged.out, /DAMAGED .*\n.*\n +used by double\/first numbers of run/);
  const repaired = await fanin(place, ["reproduce"]);
  assertEquals(repaired.code, 0);
  assertStringIncludes(repaired.out, "1 ran, 8 cached");
  assertEquals(await Deno.readTextFile(numbers), "[2,4,6]\n");
});

Deno.test("gc says what it would free, removes it with --yes, and keeps what the kept runs need", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce", "--set", "numbers.first.values=[5]"]);
  await fanin(place, ["reproduce"]);
  const [old, kept] = runsIn(place.path);
  const said = await fanin(place, ["gc", "--last", "1"]);
  assertStringIncludes(said.out, `Removes run ${old}`);
  assertStringIncludes(said.out, "Nothing was removed");
  assertEquals(runsIn(place.path), [old, kept]);
  assertEquals((await fanin(place, ["gc", kept, "--yes"])).code, 0);
  assertEquals(runsIn(place.path), [kept]);
  assertStringIncludes((await fanin(place, ["reproduce"])).out, "up to date");
  const verified = await fanin(place, ["verify"]);
  assertEquals(verified.code, 0, verified.out);
  const changed = await planned(place, undefined, ["--set", "numbers.first.values=[5]"]);
  assertEquals(changed["numbers/first"], "run");
  assertStringIncludes((await fanin(place, ["gc", "--last", "1"])).out, "Frees 0 B");
});

Deno.test("runs lists them newest first, and says when there is none", async () => {
  await using place = await workspaceOfOneProcess();
  assertStringIncludes((await fanin(place, ["runs"])).out, "No runs yet");
  await fanin(place, ["reproduce", "--only", "numbers/first"]);
  await fanin(place, ["reproduce", "--only", "double/first"]);
  const { out } = await fanin(place, ["runs"]);
  const [young, old] = runsIn(place.path).toReversed();
  assertMatch(out, new RegExp(`^${young} .* latest, some jobs\n${old} .* some jobs$`, "m"));
});
