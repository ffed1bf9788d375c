/** Tests that a stage's output and failure reach its job's log, the message and the run's record. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openJobLogs } from "../../../pipeline/engine/executor/job_logs.ts";
import { editedPipeline, fanin, runsIn, workspace } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";

Deno.test("a stage's output goes to its job's log, never to the command's output", async () => {
  await using place = await editedPipeline(
    "count_source.ts",
    "run: ({ parameters }) => ({ numbers: parameters.values }),",
    `run: ({ parameters }) => {
      console.log("printed", { by: "log" });
      console.error("printed by error");
      Deno.stdout.writeSync(new TextEncoder().encode("written\\n"));
      process.stdout.write("written by Node\\n");
      console.table([1]);
      console.warn(new Error("warned", { cause: new RangeError("for a reason") }));
      if (prompt("asked") !== null || Deno.stdin.readSync(new Uint8Array(1)) !== null) return;
      Deno.stdout.close();
      return { numbers: parameters.values };
    },`,
  );
  const { code, out, err } = await fanin(
    place,
    ["reproduce", "--json", "--only", "numbers/first"],
    place.cli,
  );
  assertEquals(code, 0, err);
  assertEquals(JSON.parse(out).status, "complete");
  assert(!/printed|written|warned|asked/.test(err), err);
  const [run] = runsIn(place.path);
  const log = await Deno.readTextFile(
    join(place.path, "artifacts", "runs", run, "logs", "numbers", "first.log"),
  );
  const lines = 'printed { by: "log" }\nprinted by error\nwritten\nwritten by Node\n1\n';
  assertStringIncludes(log.replace("[ 1 ]", "1"), lines);
  const error =
    /Error: warned\n {4}at .*source\.ts:\d+.*\nCaused by: RangeError: for a reason\n {4}at /s;
  assertMatch(log, error);
  assertStringIncludes(log, "\nasked\n");
});

Deno.test("an error that is its own cause, and a character that is written in parts, are in the log once", async () => {
  await using place = await editedPipeline(
    "count_source.ts",
    "run: ({ parameters }) => ({ numbers: parameters.values }),",
    `run: ({ parameters }) => {
      const [first, second] = [new Error("first"), new Error("second")];
      first.cause = second;
      second.cause = first;
      console.error(first);
      for (const byte of new TextEncoder().encode("größe €\\n")) {
        Deno.stdout.writeSync(Uint8Array.of(byte));
        Deno.stderr.writeSync(Uint8Array.of(33));
      }
      return { numbers: parameters.values };
    },`,
  );
  const args = ["reproduce", "--only", "numbers/first"];
  const { code, err } = await fanin(place, args, place.cli);
  assertEquals(code, 0, err);
  const [run] = runsIn(place.path);
  const file = join(place.path, "artifacts", "runs", run, "logs", "numbers", "first.log");
  const log = await Deno.readTextFile(file);
  assertEquals(log.match(/Error: (first|second)/g), ["Error: first", "Error: second"]);
  assertEquals(log.replaceAll("!", "").split("\n").at(-2), "größe €");
});

Deno.test("a failure is reported with its source position and log path, on the terminal and in the manifest", async () => {
  await using place = await workspace();
  const args = ["reproduce", "--only", "fragile/first", "--set", "fragile.first.fail=throw"];
  const { code, err } = await fanin(place, args);
  assertEquals(code, 2);
  const [run] = runsIn(place.path);
  const at = "at tests\\/fixtures\\/counting\\/trouble\\.ts:\\d+:\\d+";
  const log = join("artifacts", "runs", run, "logs", "fragile", "first.log");
  assertMatch(err, new RegExp(`fragile/first: told to fail \\(${at}\\)\\. Log: .*${log}\n`));
  const text = await Deno.readTextFile(join(place.path, log));
  assertMatch(text, /^told to fail\n {4}at tests\/fixtures\/counting\/trouble\.ts:\d+:\d+\n$/);
  const { jobs } = await readJson(place.path, "artifacts", "runs", run, "manifest.json");
  const { error } = jobs.find(({ name }: { name: string }) => name === "fragile/first");
  assertMatch(error, new RegExp(`fragile/first failed: told to fail\n {4}${at}\n`));
  assertStringIncludes(error, "Its log: logs/fragile/first.log in the run's directory");
});

Deno.test("a log has a maximum size", async () => {
  await using place = await workspace();
  const problems: string[] = [];
  const logs = openJobLogs(place.path, (message) => problems.push(message));
  for (let i = 0; i < 20; i++) logs.write("a/job", "x".repeat(1 << 20));
  logs.flush();
  const text = await Deno.readTextFile(join(place.path, "logs", "a", "job.log"));
  assert(text.length < 17 << 20);
  assert(text.endsWith("\n… the rest is left out\n"));
  assertEquals([logs.pathOf("another"), problems], [undefined, []]);
});

Deno.test("lines that come at once are written at once, in their order", async () => {
  await using place = await workspace();
  const logs = openJobLogs(place.path, (message) => assert(false, message));
  const { writeTextFileSync } = Deno;
  let writes = 0;
  Deno.writeTextFileSync = (...given) => (writes++, writeTextFileSync(...given));
  try {
    for (let i = 0; i < 100; i++) logs.write(i % 2 ? "a/odd" : "a/even", `${i}\n`);
    await new Promise((resolve) => setTimeout(resolve));
    logs.write("a/odd", "the end\n");
    logs.flush();
  } finally {
    Deno.writeTextFileSync = writeTextFileSync;
  }
  assertEquals(writes, 3);
  const text = await Deno.readTextFile(join(place.path, "logs", "a", "odd.log"));
  assertMatch(text, /^1\n3\n5\n.*97\n99\nthe end\n$/s);
});
