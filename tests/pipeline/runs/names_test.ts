/** Tests the names of runs: `latest`, paths, ids from elsewhere, and the order of runs. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join, relative } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { completeRuns, recordEvent, runIds } from "../../../pipeline/runs/latest.ts";
import { openRun, recordedRun, runHere } from "../../../pipeline/runs/open_run.ts";
import { madeUpRun, place as write } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { root } from "../../support/checkout.ts";
import {
  fanin,
  faninEach,
  runsIn,
  type Workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { readJson, tree } from "../../support/copied_files.ts";
import { quiet } from "../../support/archived_runs.ts";

const artifactsOf = ({ path }: Workspace) => join(path, "artifacts");

/** The id of the run that a name means. */
const named = async (place: Workspace, name: string): Promise<string> =>
  (await openRun(artifactsOf(place), name)).manifest.run;

/** The run that `artifacts/latest/` shows. */
const shown = async (place: Workspace): Promise<string> =>
  (await readJson(artifactsOf(place), "latest", "manifest.json")).run;

/** Runs a job by `reproduce`; gives the id of the run that it recorded, if it did. */
async function reproduce(place: Workspace, ...args: string[]): Promise<string | undefined> {
  const before = runIds(artifactsOf(place));
  await fanin(place, ["reproduce", "--only", "numbers/first", ...args]);
  return runIds(artifactsOf(place)).find((id) => !before.includes(id));
}

const values = (text: string) => ["--set", `numbers.first.values=${text}`];

const made = (artifacts: string, id: string, status: "ran" | "failed" = "ran") =>
  write(
    artifacts,
    madeUpRun([{ name: "numbers/first", stage: "source", outputs: { out: utf8(id) }, status }], id),
  );

const nobody = { authors: [] };

/** Exports a made-up run of this id and imports it. */
async function bring(place: Workspace, id: string) {
  const elsewhere = join(place.path, "elsewhere");
  made(elsewhere, id);
  const file = join(place.path, `${id}.zip`);
  await exportRun(elsewhere, id, file, nobody, quiet);
  return await importRun(artifactsOf(place), file, quiet);
}

Deno.test("latest is the complete run that the last command ran or showed, in every command and on disk", async () => {
  await using place = await workspaceOfOneProcess();
  const one = await reproduce(place);
  const two = await reproduce(place, ...values("[5]"));
  assertEquals([await named(place, "latest"), await shown(place)], [two, two]);
  assertEquals(await named(place, "latest~1"), one);

  // Up to date: nothing is recorded, and it is the latest again, with all that it shows.
  assertEquals(await reproduce(place), undefined);
  assertEquals([await named(place, "latest"), await shown(place)], [one, one]);
  assertEquals([await named(place, "latest~1"), await named(place, "last")], [two, two]);
  const [latest, own] = ["latest", join("runs", one!)].map((path) => {
    const { "events.jsonl": _, SHA256SUMS: _sums, ...files } = tree(join(artifactsOf(place), path));
    return files;
  });
  assertEquals(latest, own);

  // Once more, from the remembered answer: nothing at all is written.
  await reproduce(place);
  const before = await Deno.stat(join(artifactsOf(place), "latest"));
  const events = await Deno.readTextFile(join(artifactsOf(place), "runs.txt"));
  await reproduce(place);
  assertEquals((await Deno.stat(join(artifactsOf(place), "latest"))).ino, before.ino);
  assertEquals(await Deno.readTextFile(join(artifactsOf(place), "runs.txt")), events);

  // A remembered answer is no way around it.
  await reproduce(place, ...values("[5]"));
  assertEquals([await named(place, "latest"), await shown(place)], [two, two]);

  // A run that failed is the last one, and not the latest.
  await fanin(place, ["reproduce", "--set", "fragile.first.fail=throw"]);
  const failed = await named(place, "last");
  assert(failed !== one && failed !== two);
  assertEquals([await named(place, "latest"), await shown(place)], [two, two]);

  const file = join(place.path, "latest.zip");
  const exported = await fanin(place, ["export", "latest", "--output", file, "--json"]);
  assertEquals(JSON.parse(exported.out).run, two);
  const last = await fanin(place, ["export", "--last", "--json"]);
  assertEquals(JSON.parse(last.out).run, failed);
  const diff = JSON.parse((await fanin(place, ["diff", "latest~1", "--last", "--json"])).out);
  assertEquals([diff.a.run, diff.b.run], [one, failed]);
  const report = await fanin(place, ["report", "--last"]);
  assertEquals(report.code, 0, report.err);
  assertMatch(report.out, new RegExp(failed));
  const kept = JSON.parse((await fanin(place, ["gc", "latest~1", "last", "--json"])).out);
  assertEquals([kept.kept, kept.removed], [[one, failed], [two]]);
});

Deno.test("without a run every command says that there is none, and how to make one", async () => {
  await using place = await workspaceOfOneProcess();
  const commands = [
    ["report"],
    ["grade"],
    ["reference"],
    ["diff", "reference", "latest"],
    ["diff", "latest", "latest~1"],
    ["export", "latest"],
    ["export", "--last"],
    ["attach", "latest"],
    ["gc", "latest"],
    ["push", "latest", "--remote", "http://127.0.0.1:9/"],
  ];
  const ended = await faninEach(place, commands);
  for (const [i, command] of commands.entries()) {
    const { code, err, out } = ended[i];
    assertEquals([code, out], [2, ""], command.join(" "));
    const expected = command[1] === "reference"
      ? /no manifest\.json/
      : /No run is named "(latest|--last)": no run was (completed|made) here yet; "deno task reproduce" makes one\.$/;
    assertMatch(err.trim(), expected);
  }
});

Deno.test("neither an imported run nor one of a wrong clock is the latest, and gc keeps the user's own", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  const of2099 = "20990101T000000Z-made-up";
  made(artifacts, of2099);
  recordEvent(artifacts, "begun", of2099);
  recordEvent(artifacts, "latest", of2099);
  const own = (await reproduce(place))!;
  await bring(place, "zzz");
  assertEquals([await named(place, "latest"), await named(place, "last")], [own, own]);
  assertEquals(await named(place, "zzz"), "zzz");
  assertEquals(runIds(artifacts), [own, of2099, "zzz"]);
  const listed = JSON.parse((await fanin(place, ["runs", "--json"])).out);
  assertEquals(listed.map(({ run }: { run: string }) => run), [own, of2099, "zzz"]);
  assertEquals((await fanin(place, ["gc", "--last", "1", "--yes"])).code, 0);
  assertEquals(runsIn(place.path), [own]);
});

Deno.test("gc keeps the latest run, also where newer ones are kept", async () => {
  await using place = await workspaceOfOneProcess();
  const one = (await reproduce(place))!;
  const two = (await reproduce(place, ...values("[5]")))!;
  const three = (await reproduce(place, ...values("[6]")))!;
  await reproduce(place);
  const { kept, removed, latest } = JSON.parse(
    (await fanin(place, ["gc", "--last", "1", "--json", "--yes"])).out,
  );
  assertEquals([kept, removed, latest], [[three, one], [two], false]);
  assertEquals([await named(place, "latest"), await shown(place)], [one, one]);
});

Deno.test("a plan compares with the run that was shown last, also where newer ones had other parameters", async () => {
  await using place = await workspaceOfOneProcess();
  await reproduce(place);
  const compared = async () => (await fanin(place, ["why", "numbers/first", ...values("[7]")])).out;
  await reproduce(place, ...values("[5]"));
  assertMatch(await compared(), /would run: parameter values \(\[5\] → \[7\]\)/);
  await reproduce(place);
  assertMatch(await compared(), /would run: parameter values \(\[1,2,3\] → \[7\]\)/);
});

Deno.test("a plan compares with its own experiment's runs before those of one whose name ends alike", async () => {
  await using place = await workspaceOfOneProcess();
  await reproduce(place);
  const experiment = join(place.path, "other.json");
  const parameters = { "numbers/first": { values: [9] } };
  await Deno.writeTextFile(
    experiment,
    JSON.stringify({ name: "my-assignment", about: "another", parameters }),
  );
  await reproduce(place, "--experiment", experiment);
  const { out } = await fanin(place, ["why", "numbers/first", ...values("[7]")]);
  assertMatch(out, /would run: parameter values \(\[1,2,3\] → \[7\]\)/);
});

Deno.test("in a place with imported runs alone latest says so and names them", async () => {
  await using place = await workspaceOfOneProcess();
  await bring(place, "zzz");
  const error = await assertRejects(() => named(place, "latest"), Failed);
  assertEquals(
    error.message,
    `No run is named "latest": no run was completed here yet; the runs here are zzz.`,
  );
});

Deno.test("an id that would be taken for a name is refused at import and pull, and nothing changes", async () => {
  await using place = await workspaceOfOneProcess();
  await bring(place, "first");
  const before = tree(artifactsOf(place));
  for (const id of ["latest", "LATEST", "last", "reference", "Reference"]) {
    await assertRejects(() => bring(place, id), Failed, `has the id ${id}, which is a name`);
    assertEquals(tree(artifactsOf(place)), before);
    const pulled = await fanin(place, ["pull", id, "--remote", "http://127.0.0.1:9/"]);
    assertEquals(pulled.code, 2);
    assertMatch(pulled.err, /pull expects the whole id of a run/);
  }
});

Deno.test("runs from before the order was recorded count as the user's own, and are older", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  const ids = [1, 2, 3].map((day) => `2026010${day}T000000Z-made-up`);
  for (const id of ids) made(artifacts, id, id === ids[2] ? "failed" : "ran");
  assertEquals([...completeRuns(artifacts)], [ids[1], ids[0]]);
  assertEquals(await named(place, "last"), ids[2]);
  await bring(place, "zzz");
  assertEquals([...completeRuns(artifacts)], [ids[1], ids[0]]);
  const own = (await reproduce(place))!;
  assertEquals([...completeRuns(artifacts)], [own, ids[1], ids[0]]);
  assertEquals(runIds(artifacts), [own, ids[2], ids[1], ids[0], "zzz"]);
  // An old one that is shown again is neither lost nor there twice.
  recordEvent(artifacts, "latest", ids[0]);
  assertEquals([...completeRuns(artifacts)], [ids[0], own, ids[1]]);
  assertEquals(runIds(artifacts).length, 5);
  // One that was removed and imported again is one from elsewhere.
  recordEvent(artifacts, "imported", own);
  assertEquals([...completeRuns(artifacts)], [ids[0], ids[1]]);
  assertEquals(runIds(artifacts), [ids[2], ids[1], ids[0], own, "zzz"]);
});

Deno.test("a truncated line of the order of runs does not affect other lines", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  for (const id of ["a", "b"]) made(artifacts, id);
  recordEvent(artifacts, "latest", "b");
  await Deno.writeTextFile(join(artifacts, "runs.txt"), "latest \u0000\nbegu", { append: true });
  recordEvent(artifacts, "latest", "a");
  assertEquals([...completeRuns(artifacts)], ["a", "b"]);
});

Deno.test("a path to a run's own directory is that run, other paths are no runs of this project", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  made(artifacts, "own");
  made(join(place.path, "elsewhere"), "other");
  const path = relative(Deno.cwd(), join(artifacts, "runs", "own"));
  for (const name of ["own", path, join(root, path), `${path}/`]) {
    assertEquals(runHere(artifacts, name).id, "own");
    assertEquals((await openRun(artifacts, name)).form, "run");
  }
  const other = join(place.path, "elsewhere", "runs", "other");
  assertEquals((await openRun(artifacts, other)).form, "directory");
  for (const name of [other, join(other, "manifest.json")]) {
    assertThrows(() => recordedRun(artifacts, name), Failed, "expected a run under");
  }
  await assertRejects(() => named(place, "latest~7"), Failed, "1 complete run was made here");
  await assertRejects(() => named(place, "owm"), Failed, `Did you mean "own"?`);
  await assertRejects(() => named(place, "latest~-1"), Failed, "Known: latest,");
});

Deno.test("part of an id is its run where it fits no other, and otherwise the candidates are named", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  const [quick, second, whole] = [
    "20260101T030405Z-quick",
    "20260101T030405Z-quick-2",
    "20260209T101112Z-whole",
  ];
  for (const id of [quick, second, whole]) made(artifacts, id);
  assertEquals(await named(place, "202602"), whole);
  assertEquals(await named(place, "101112"), whole);
  assertEquals(await named(place, "whole"), whole);
  const error = await assertRejects(() => named(place, "202601"), Failed);
  assertEquals(
    error.message,
    `"202601" abbreviates the ids of 2 runs; expected those of one. They are ${second}, ${quick}. ` +
      `Write more of the id.`,
  );
  // A whole id is itself, and becomes that of no other run when its own is gone.
  assertEquals(await named(place, quick), quick);
  Deno.removeSync(join(artifacts, "runs", quick), { recursive: true });
  await assertRejects(() => named(place, quick), Failed, "No run is named");
  await assertRejects(() => named(place, "202"), Failed, "No run is named");
  // Every command has them.
  const { out, code } = await fanin(place, ["diff", "quick-2", "whole", "--json"]);
  assertEquals([JSON.parse(out).a.run, JSON.parse(out).b.run, code], [second, whole, 1]);
});

Deno.test("diff of one run compares it with the latest", async () => {
  await using place = await workspaceOfOneProcess();
  const one = await reproduce(place);
  const two = await reproduce(place, ...values("[5]"));
  const { out } = await fanin(place, ["diff", one!, "--json"]);
  assertEquals([JSON.parse(out).a.run, JSON.parse(out).b.run], [one, two]);
});
