/**
 * Tests runs on restricted file systems: a limit on file sizes in place of a full disk, read-only
 * directories, no hard links, deep and unusual paths, names that differ only in case. Each works or gives
 * advice, and a retry after repair succeeds. Full disks, read-only and other file systems need mounting,
 * which `deno task torture` tests.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { inOrder } from "../../../pipeline/engine/order.ts";
import type { Action } from "../../../schemas/run/action.ts";
import type { Notice } from "../../../pipeline/engine/event.ts";
import type { Outcome } from "../../../pipeline/engine/obtain.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { nextPath } from "../../../pipeline/runs/latest.ts";
import { recordOutcome, startRecording } from "../../../pipeline/runs/record.ts";
import { openStore, putBlob } from "../../../pipeline/store/store.ts";
import { source } from "../../fixtures/counting/count_source.ts";
import { root } from "../../support/checkout.ts";
import { fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { commandLine, shell } from "../../support/shell.ts";
import type { Ended } from "../../support/deno_command.ts";

const cli = join(root, "tests", "fixtures", "counting", "cli.ts");

/** Runs a command of the test pipeline through a shell, which runs `before` first; "$@" is the command. */
const faninAfter = (before: string, artifacts: string, args: string[]): Promise<Ended> =>
  shell(`set -- ${commandLine(cli, artifacts, ...args)}\n${before}\nexec "$@"`, root);

const same = (ended: Ended) => assertEquals(ended.code, 0, ended.err + ended.out);

Deno.test("a write that fails halfway is reported with advice, and a retry succeeds", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = join(place.path, "artifacts");
  const big = ["--set", `numbers.first.values=[${Array(4000).fill(7)}]`];
  big.push("--set", "judge.first.expected=4000");
  // So that the stages' code is known and what is refused is the store's.
  same(await fanin(place, ["reproduce"]));
  // In blocks of 512 bytes; the signal that comes with it is ignored, so that writing fails.
  const refused = await faninAfter("trap '' XFSZ; ulimit -f 8", artifacts, ["reproduce", ...big]);
  assertEquals(refused.code, 2, refused.err);
  assertStringIncludes(refused.err, "failed  numbers/first: File too large");
  assertStringIncludes(refused.err, "ulimit -f), and run again; what was finished is kept");
  assertEquals([...Deno.readDirSync(join(artifacts, "store", "tmp"))], []);
  same(await fanin(place, ["reproduce", ...big]));
  same(await fanin(place, ["verify"]));
});

/** Root may read and write anywhere unless it lays that power down. */
const withoutPower =
  '[ "$(id -u)" != 0 ] || set -- setpriv --inh-caps=-all --bounding-set=-all "$@"';

Deno.test("a read-only directory is reported with advice, and a retry succeeds", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = join(place.path, "artifacts");
  same(await fanin(place, ["reproduce", "--only", "numbers/first"]));
  const blobs = join(artifacts, "store", "blobs");
  const closed = [blobs, ...[...Deno.readDirSync(blobs)].map(({ name }) => join(blobs, name))];
  try {
    for (const path of closed) Deno.chmodSync(path, 0o555);
    const refused = await faninAfter(withoutPower, artifacts, ["reproduce"]);
    assertEquals(refused.code, 2, refused.err);
    assertStringIncludes(refused.err, "Permission denied");
    assertStringIncludes(refused.err, "and run again; what was finished is kept");
  } finally {
    for (const path of closed) Deno.chmodSync(path, 0o755);
  }
  same(await fanin(place, ["reproduce"]));
  same(await fanin(place, ["verify"]));
});

Deno.test("a run that may not be looked at is unreadable, and not one that was cut off", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = join(place.path, "artifacts");
  same(await fanin(place, ["reproduce", "--only", "numbers/first"]));
  const [run] = runsIn(place.path).map((id) => join(artifacts, "runs", id));
  try {
    Deno.chmodSync(run, 0);
    const { code, out, err } = await faninAfter(withoutPower, artifacts, ["runs"]);
    assertEquals(code, 0, err);
    assertMatch(out, /unreadable/);
  } finally {
    Deno.chmodSync(run, 0o755);
  }
});

Deno.test("a path with spaces, letters beyond ASCII and 200 levels is a path like any other", async () => {
  await using place = await workspaceOfOneProcess();
  const deep = join(place.path, "a b", "Größe 数 🙂", ...Array(200).fill("d"));
  await Deno.mkdir(deep, { recursive: true });
  const there = { ...place, path: deep };
  same(await fanin(there, ["reproduce"]));
  assertStringIncludes((await fanin(there, ["reproduce"])).out, "up to date");
  same(await fanin(there, ["verify"]));
  const numbers = join(deep, "artifacts", "latest", "double", "first", "numbers.json");
  assertEquals(await Deno.readTextFile(numbers), "[2,4,6]\n");
});

/** A job that ran, with these outputs. */
function outcomeOf(outputs: Action["outputs"], name = "numbers/first"): Outcome {
  const job = { name, stage: source, inputs: {}, parameters: {}, optional: false };
  const about = { version: 1 as const, key: "0".repeat(64), stage: "source", outputs };
  const action = { ...about, finished: new Date().toISOString(), seconds: 0 };
  return { job, status: "ran", action };
}

Deno.test("without hard links outputs are copies, reported once a run", async () => {
  await using place = await workspaceOfOneProcess();
  const store = openStore(join(place.path, "store"));
  const outputs = { numbers: putBlob(store, new TextEncoder().encode("[1]\n")) };
  const notices: Notice[] = [];
  const recording = startRecording(place.path, "test", store, (notice) => notices.push(notice));
  const link = Deno.linkSync;
  try {
    Deno.linkSync = () => {
      throw new Error("Invalid cross-device link (os error 18)");
    };
    for (const name of ["numbers/first", "numbers/second"]) {
      recordOutcome(recording, outcomeOf(outputs, name));
    }
  } finally {
    Deno.linkSync = link;
  }
  for (const directory of [recording.directory, recording.next]) {
    const file = join(directory, "numbers", "second", "numbers.json");
    assertEquals(Deno.readTextFileSync(file), "[1]\n");
    assertEquals(Deno.statSync(file).nlink, 1);
  }
  assertEquals(notices.map(({ reason }) => reason), ["copied"]);
});

Deno.test("names that collide on some file systems are refused on all", () => {
  const dagOf = (...names: string[]) =>
    defineDag((job) => names.forEach((name) => job(name, source, { inputs: {} })));
  inOrder(dagOf("numbers/first", "numbers/Zweites 数", "numbers/3.1_a-b"));
  const refused: [string[], string][] = [
    [["numbers/first", "Numbers/First"], "are one name where case does not count"],
    [["numbers/\u00e9", "numbers/e\u0301"], "are one name where case does not count"],
    [["numbers", "numbers/numbers"], "are one name"],
    [["../numbers"], "becomes a path"],
    [["numbers//first"], "becomes a path"],
    [["numbers/\x1b[2J"], "becomes a path"],
    [["numbers/.hidden"], "becomes a path"],
  ];
  for (const [names, message] of refused) {
    assertStringIncludes(assertThrows(() => inOrder(dagOf(...names)), Failed).message, message);
  }
});

Deno.test("an output never overwrites an existing file, which may be a link into the store", async () => {
  await using place = await workspaceOfOneProcess();
  const store = openStore(join(place.path, "store"));
  const [one, other] = ["[1]\n", "[2]\n"]
    .map((text) => ({ numbers: putBlob(store, new TextEncoder().encode(text)) }));
  const recording = startRecording(place.path, "test", store, () => {});
  const record = (outputs: typeof one) => recordOutcome(recording, outcomeOf(outputs));
  record(one);
  assertThrows(() => record(other), Deno.errors.AlreadyExists);
  const file = join(recording.directory, "numbers", "first", "numbers.json");
  assertEquals(Deno.readTextFileSync(file), "[1]\n");
  assert(Deno.statSync(file).nlink! > 1);
});

Deno.test("what a power failure left under the id of a lost run is not in the way of a new one", async () => {
  await using place = await workspaceOfOneProcess();
  const store = openStore(join(place.path, "store"));
  const outputs = { numbers: putBlob(store, new TextEncoder().encode("[1]\n")) };
  // A run's id has the second in which it begins.
  for (let second = 0; second < 60; second++) {
    const time = new Date(Date.now() + second * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
    const left = join(nextPath(place.path), `${time}-test`, "numbers", "first");
    Deno.mkdirSync(left, { recursive: true });
    Deno.writeTextFileSync(join(left, "numbers.json"), "[");
  }
  const recording = startRecording(place.path, "test", store, () => {});
  recordOutcome(recording, outcomeOf(outputs));
  assertEquals(
    Deno.readTextFileSync(join(recording.next, "numbers", "first", "numbers.json")),
    "[1]\n",
  );
});
