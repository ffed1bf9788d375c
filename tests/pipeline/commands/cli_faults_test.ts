/**
 * Tests the commands under faults: edits and removals during a run, crashing workers, damaged and lost
 * files. Commands around a fault in a process run in processes of their own.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, join, relative } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { checksumsFile } from "../../../pipeline/runs/checksums.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import {
  copyPipeline,
  fanin,
  planned,
  runsIn,
  workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { edit, readJson } from "../../support/copied_files.ts";
import { quoted, shell } from "../../support/shell.ts";
import { succeed } from "../../support/succeed.ts";
import { filesUnder } from "../../../pipeline/store/files_under.ts";
import { shownPath } from "../../../pipeline/terminal/user_path.ts";
import { denoUntil, runArguments } from "../../support/deno_command.ts";

/** Starts a run and calls `then` when a text appears on its standard error. */
async function during(
  place: { path: string },
  args: string[],
  text: string,
  then: () => Promise<unknown>,
  cli = cliOf("counting"),
): Promise<{ code: number; err: string }> {
  const artifacts = join(place.path, "artifacts");
  if (cli === cliOf("counting")) await lendCaches(artifacts, "counting");
  return await denoUntil(runArguments(cli, artifacts, ...args), text, then);
}

Deno.test("an edit that is undone during a run does not change the result", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const helper = join(place.path, "arithmetic.ts");
  const { code, err } = await during(
    place,
    ["reproduce"],
    "start ",
    () => edit(helper, "value * 2", "value * 7"),
    cli,
  );
  assertEquals(code, 0, err);
  await edit(helper, "value * 7", "value * 2");
  const again = await fanin(place, ["reproduce"], cli);
  assertEquals(again.code, 0, again.err);
  assertMatch(again.out, /up to date/);
  const numbers = join(place.path, "artifacts", "latest", "double", "first", "numbers.json");
  assertEquals(await Deno.readTextFile(numbers), "[2,4,6]\n");
});

Deno.test("an edit during a run takes effect in the next one", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const slow = ["--set", "slow.first.ticks=30"];
  const edited = await during(
    place,
    ["reproduce", ...slow],
    "done    report/first",
    () => edit(join(place.path, "arithmetic.ts"), "value * 2", "value * 4"),
    cli,
  );
  assertEquals(edited.code, 0, edited.err);
  const next = await fanin(place, ["reproduce", "--verbose", ...slow], cli);
  assertMatch(next.out, /double\/first +ran/);
});

Deno.test("a crashing worker fails only its own job, and is replaced", async () => {
  await using place = await workspace();
  const broken = await fanin(place, [
    "reproduce",
    "-v",
    "--set",
    "fragile.first.fail=break-worker",
  ]);
  assertEquals(broken.code, 2);
  assertStringIncludes(broken.err, "fragile/first failed: outside of any job");
  assert(!broken.err.includes("Uncaught"), broken.err);
  assertMatch(broken.out, /report\/first +ran/);
  const later = await fanin(place, [
    "reproduce",
    "--set",
    "fragile.first.fail=break-worker-later",
    "--set",
    "slow.first.ticks=10",
  ]);
  assertEquals(later.code, 0, later.err);
  assert(!later.err.includes("Uncaught"), later.err);
});

Deno.test("verify reports a damaged file, a lost file and an unreadable manifest of old runs", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce"]);
  await fanin(place, ["reproduce", "--set", "slow.first.ticks=1"]);
  const [old, young] = runsIn(place.path).map((run) => join(place.path, "artifacts", "runs", run));
  const numbers = join(old, "double", "first", "numbers.json");
  await Deno.chmod(numbers, 0o644);
  await Deno.writeTextFile(numbers, "[2,4,7]\n");
  // The blob is computed again, and every run that showed the damaged one shows it.
  const repaired = await fanin(place, ["reproduce", "--set", "slow.first.ticks=2"]);
  assertEquals(repaired.code, 0);
  assertMatch(repaired.err, /The stored artifact \w+ is damaged and is computed again/);
  const notices = repaired.err.split("\n").map((line) => line.slice(9))
    .filter((line) => line.startsWith("notice"));
  assertEquals(notices, [...new Set(notices)], "each is printed once");
  assertEquals(await Deno.readTextFile(numbers), "[2,4,6]\n");
  const whole = await fanin(place, ["verify"]);
  assertEquals(whole.code, 0, whole.out);
  const kept = [...Deno.readDirSync(join(place.path, "artifacts", "store", "damaged"))];
  assertEquals(kept.length, 1);

  // A file of its own, no link: the store is whole, the run is not.
  await Deno.remove(numbers);
  await Deno.writeTextFile(numbers, "[2,4,7]\n");
  const damaged = await fanin(place, ["verify"]);
  assertEquals(damaged.code, 1);
  assertStringIncludes(damaged.out, `DAMAGED ${relative(root, numbers)}`);

  await Deno.remove(join(young, "slow", "first", "numbers.json"));
  await edit(join(old, "manifest.json"), '"version":1', '"version":9');
  const { out } = await fanin(place, ["verify"]);
  assertStringIncludes(
    out,
    `DAMAGED ${relative(root, join(young, "slow", "first", "numbers.json"))}`,
  );
  assertStringIncludes(out, `DAMAGED ${relative(root, join(old, "manifest.json"))}`);
  assertMatch((await fanin(place, ["runs"])).out, /unreadable/);
  const refused = await fanin(place, ["gc", "--last", "3", "--yes"]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, `What the run ${basename(old)} needs is not known`);
  assertStringIncludes(refused.err, "manifest.json is damaged: expected bytes with the SHA-256");
  assertEquals(runsIn(place.path).length, 3);

  // Without its checksums a manifest is judged by its form, in several lines.
  await Deno.remove(join(old, checksumsFile));
  for (const args of [["gc", "--yes"], ["gc", basename(old)], ["verify"]]) {
    const { out, err } = await fanin(place, args);
    assertStringIncludes(out + err, "does not have the expected form:\n", args.join(" "));
  }
});

Deno.test("verify reports an entry with a missing blob", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce"]);
  const artifacts = join(place.path, "artifacts");
  const manifest = Manifest.parse(await readJson(artifacts, "latest", "manifest.json"));
  const { sha256 } = manifest.jobs.find((job) => job.name === "is-even/first")!.outputs.parity;
  await Deno.remove(join(artifacts, "store", "blobs", sha256.slice(0, 2), sha256));
  const { code, out } = await fanin(place, ["verify"]);
  assertEquals(code, 1);
  assertStringIncludes(out, `its output parity, ${sha256}, is not in the store or damaged`);
  const damaged = join(artifacts, "store", "damaged");
  assertEquals([...Deno.readDirSync(damaged)].length, 1, "the entry is kept for inspection");
  assertEquals((await fanin(place, ["verify"])).code, 0, "quarantined bytes count no more");
  assertStringIncludes((await fanin(place, ["gc", "--yes"])).out, "1 file quarantined as damaged");
  assertEquals([...Deno.readDirSync(damaged)], []);
});

Deno.test("verify quarantines a directory or a pipe in the place of any file of the store", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce", "--only", "report/first"]);
  const store = join(place.path, "artifacts", "store");
  const [first, second] = [...Deno.readDirSync(join(store, "code"))].map(({ name }) => name);
  const entry = [...filesUnder(join(store, "actions"))][0];
  const files = [["stat.tsv"], ["code.json"], ["code", first, "stage.js"]];
  const directory = ["code", second];
  for (const [make, ...others] of [["mkdir"], ["mkfifo", directory]] as const) {
    const paths = [entry, ...[...files, ...others].map((path) => join(store, ...path))];
    for (const path of paths) {
      await Deno.remove(path, { recursive: true });
      await succeed(shell(`${make} ${quoted(path)}`, place.path));
    }
    const { code, out, err } = await fanin(place, ["verify"]);
    assertEquals(code, 1, err);
    for (const path of paths) assertStringIncludes(out, `DAMAGED ${shownPath(path)}\n`);
    const again = await fanin(place, ["reproduce", "--only", "report/first"]);
    assertEquals(again.code, 0, again.err);
    const verified = await fanin(place, ["verify"]);
    assertEquals(verified.code, 0, verified.out);
  }
});

Deno.test("reproduce restores missing files of a run and of latest", async () => {
  await using place = await workspaceOfOneProcess();
  await fanin(place, ["reproduce"]);
  const artifacts = join(place.path, "artifacts");
  await Deno.remove(join(artifacts, "latest"), { recursive: true });
  assertEquals((await fanin(place, ["reproduce"])).code, 0);
  const numbers = join(artifacts, "latest", "double", "first", "numbers.json");
  assertEquals(await Deno.readTextFile(numbers), "[2,4,6]\n");
  const newest = join(artifacts, "runs", runsIn(place.path).at(-1)!);
  await Deno.remove(join(newest, "double", "first", "numbers.json"));
  const again = await fanin(place, ["reproduce"]);
  assertStringIncludes(again.out, "9 cached");
  assertEquals(runsIn(place.path).length, 2, "latest alone is no reason to record a run again");
});

Deno.test("gc refuses to remove anything during a run", async () => {
  await using place = await workspace();
  await fanin(place, ["reproduce"]);
  let refused: Awaited<ReturnType<typeof fanin>> | undefined;
  const { code } = await during(
    place,
    ["reproduce", "--set", "slow.first.ticks=60"],
    "start   slow/first",
    async () => refused = await fanin(place, ["gc", runsIn(place.path)[0], "--yes"]),
  );
  assertEquals(code, 0);
  assertEquals(refused?.code, 2);
  assertStringIncludes(refused!.err, "A run is using the store");
});

Deno.test("plan shows that every job runs in an empty store, and shows failed jobs as failed", async () => {
  await using place = await workspace();
  assertEquals(new Set(Object.values(await planned(place))), new Set(["run"]));
  await fanin(place, ["reproduce", "--set", "fragile.first.fail=throw"]);
  const { out } = await fanin(place, ["plan", "--set", "fragile.first.fail=throw"]);
  assertMatch(out, /fragile\/first +run +it failed in run /);
});

Deno.test("an error outside of fanin gives a message and exit code 2", async () => {
  await using place = await workspace();
  await Deno.mkdir(join(place.path, "artifacts"));
  await Deno.writeTextFile(join(place.path, "artifacts", "store"), "in the way");
  const { code, err } = await fanin(place, ["reproduce"]);
  assertEquals(code, 2);
  assertMatch(err, /store is a file; expected a directory.*Move it away\./);
  assert(!err.includes("    at "), err);
});
