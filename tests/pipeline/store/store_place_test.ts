/**
 * Tests where a store may lie: `FANIN_STORE` and links to other disks, what is refused, and what `gc` knows
 * of other directories of artifacts that use it.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { dirname, join } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import {
  checkpointLines,
  lineTexts,
  parseLines,
  recordText,
} from "../../../pipeline/engine/key.ts";
import { addNeeds, type Needs, noNeeds } from "../../../pipeline/runs/run_needs.ts";
import {
  addOthers,
  registerAll,
  registerOpen,
  registerRun,
  registrarOf,
} from "../../../pipeline/runs/store_users.ts";
import { readManifest } from "../../../pipeline/runs/read_manifest.ts";
import { digestSet } from "../../../pipeline/store/digest_set.ts";
import { exists, needKind } from "../../../pipeline/store/existence.ts";
import { filesUnder } from "../../../pipeline/store/files_under.ts";
import { isShared } from "../../../pipeline/store/group_rights.ts";
import { saveStatTable } from "../../../pipeline/store/save_stat_table.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { pruneStatTable, statTableProblem } from "../../../pipeline/store/stat_table_lines.ts";
import { loadStatTable, noteWritten, settle } from "../../../pipeline/store/stat_cache.ts";
import {
  openStore,
  putBlob,
  putRecord,
  type Store,
  writeAction,
} from "../../../pipeline/store/store.ts";
import { record } from "../../torture/power_loss/recorder.ts";
import { writeText } from "../../support/copied_files.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import { madeUpRun, place as lay } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { faninEach, type Workspace, workspace } from "../../support/workspace.ts";
import { commandLine, quoted, shell, testOnLinux } from "../../support/shell.ts";
import { succeed } from "../../support/succeed.ts";

const only = ["--only", "double/first"];

Deno.test("a FANIN_STORE that is no directory is refused by every command, in a sentence", async () => {
  await using place = await workspace();
  await Deno.writeTextFile(join(place.path, "file"), "");
  const cases: [store: string, found: RegExp][] = [
    ["here/store", /^FANIN_STORE expects an absolute path; found here\/store\. /],
    [
      join(place.path, "away"),
      /^FANIN_STORE expects an existing directory; found nothing at .*away\. /,
    ],
    [
      join(place.path, "file"),
      /^FANIN_STORE expects an existing directory; found a file at .*file\. Name a directory\.$/m,
    ],
  ];
  for (const [store, found] of cases) {
    const commands = [["reproduce"], ["runs"], ["gc"]];
    const ended = await faninEach(place, commands, undefined, { FANIN_STORE: store });
    for (const [i, { code, err }] of ended.entries()) {
      assertEquals(code, 2, `${commands[i]}: ${err}`);
      assertMatch(err, found, `${commands[i]}`);
    }
  }
  assertEquals([...Deno.readDirSync(place.path)].map(({ name }) => name), ["file"]);
});

Deno.test("a FANIN_STORE whose files would be taken for others is refused, and nothing is removed", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const inside = ["runs", "latest", "store/tmp", "mine"].map((name) => join(artifacts, name));
  const foreign = join(place.path, "var");
  const files = [...inside, join(foreign, "tmp")].map((path) => join(path, "file"));
  for (const file of files) {
    await writeText(file, "");
    await Deno.utime(file, 0, 0);
  }
  const own = /^FANIN_STORE expects a directory of its own, neither within .*; found /;
  const cases: [store: string, found: RegExp][] = [
    ...[artifacts, ...inside, place.path, "/"].map((path): [string, RegExp] => [path, own]),
    [foreign, /^FANIN_STORE expects an empty directory or a store; found tmp\/ of something else /],
  ];
  for (const [store, found] of cases) {
    const line = commandLine(cliOf("counting"), artifacts, "gc", "--yes");
    const { code, err } = await shell(`FANIN_STORE=${quoted(store)} ${line}`, root);
    assertEquals(code, 2, `${store}: ${err}`);
    assertMatch(err, found, store);
  }
  for (const file of files) assert((await Deno.stat(file)).isFile, file);
});

Deno.test("an empty FANIN_STORE of runs that were registered in one may not be mounted, which each command says once", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const disk = join(place.path, "disk");
  await Deno.mkdir(disk);
  const made = madeUpRun([{ name: "draw/x", stage: "draw", outputs: { x: utf8("x") } }]);
  lay(artifacts, made);
  const noticesOf = async () => {
    const commands = [["runs"], ["export", "latest", "--without-data"]];
    const ended = await faninEach(place, commands, undefined, { FANIN_STORE: disk });
    return ended.map(({ err }) => [...err.matchAll(/names the empty directory (.+?), and runs /g)])
      .map((found) => found.map(([, path]) => path));
  };
  assertEquals(await noticesOf(), [[], []], "a store that is new here");
  const store = openStore(disk, join(artifacts, "store"));
  registerRun(artifacts, store, made.manifest);
  assertEquals(await noticesOf(), [[], []], "a store with the registration");
  for (const { name } of Deno.readDirSync(disk)) {
    await Deno.remove(join(disk, name), { recursive: true });
  }
  assertEquals(await noticesOf(), [[disk], [disk]]);
});

Deno.test("a FANIN_STORE that is artifacts/store, however written, is the store without the variable", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const store = join(artifacts, "store");
  const run = "20260102T030400Z-made-up";
  lay(artifacts, madeUpRun([{ name: "draw/x", stage: "draw", outputs: {} }], run));
  await succeed(shell(`ln -s store ${quoted(join(artifacts, "link"))}`, root));
  const line = commandLine(cliOf("counting"), artifacts, "gc", "--yes");
  for (const path of [store, `${store}/`, join(artifacts, "link")]) {
    const damaged = join(store, "damaged", "file");
    await writeText(damaged, "");
    await succeed(shell(`FANIN_STORE=${quoted(path)} ${line}`, root));
    assertEquals([...filesUnder(dirname(damaged))], []);
    assertThrows(() => Deno.statSync(join(store, "users")), Deno.errors.NotFound);
  }
});

Deno.test("gc works in a project that has no run yet, beside others in its store", async () => {
  await using place = await workspace();
  const [ada] = two(place, ["store", "store"]);
  registerAll(ada.artifacts, ada.store);
  const artifacts = join(place.path, "new", "artifacts");
  const line = commandLine(cliOf("counting"), artifacts, "gc", "--json", "--yes");
  const { out } = await succeed(shell(`FANIN_STORE=${quoted(ada.store.root)} ${line}`, root));
  assertEquals(JSON.parse(out).users, [{ artifacts: ada.artifacts, runs: [ada.run] }]);
  assertThrows(() => Deno.statSync(artifacts), Deno.errors.NotFound);
});

/**
 * Runs steps, each a name and a line of shell, with another disk mounted at `disk`; where nothing can be
 * mounted, with a directory there. Throws at the first that fails. Gives what each printed.
 */
async function onOtherDisk(
  { path }: Workspace,
  disk: string,
  steps: [name: string, line: string][],
): Promise<{ isOther: boolean; printed: Record<string, string> }> {
  await Deno.mkdir(disk);
  const mount = `mount -t tmpfs fanin ${quoted(disk)}`;
  const isOther = (await shell(`unshare -rm ${mount}`, root)).code === 0;
  const log = (name: string) => join(path, `${name}.log`);
  const lines = steps.map(([name, line]) => `{ ${line}; } > ${quoted(log(name))} 2>&1 || exit 1`);
  const script = ["set -e", ...isOther ? [mount] : [], ...lines].join("\n");
  const within = isOther ? "unshare -rm " : "";
  const { code, err } = await shell(`${within}sh -c ${quoted(script)}`, root);
  const printed: Record<string, string> = {};
  for (const [name] of steps) {
    printed[name] = await Deno.readTextFile(log(name)).catch(() => "it was not reached");
  }
  assertEquals(code, 0, err + JSON.stringify(printed, null, 1));
  return { isOther, printed };
}

for (const how of ["FANIN_STORE", "a symbolic link"]) {
  testOnLinux(`a store on another disk by ${how} works with every command`, async () => {
    await using place = await workspace();
    const [artifacts, there] = ["here", "there"].map((name) => join(place.path, name, "artifacts"));
    for (const one of [artifacts, there]) await lendCaches(one, "counting");
    const disk = join(place.path, "disk");
    const [store, other] = ["store", "other"].map((name) => join(disk, name));
    const isLink = how !== "FANIN_STORE";
    const own = join(artifacts, "store");
    const begin = isLink
      ? `mkdir -p ${quoted(own)} && cp -a ${quoted(own)} ${quoted(store)} && rm -r ${
        quoted(own)
      } && ` +
        `ln -s ${quoted(store)} ${quoted(own)}`
      : `export FANIN_STORE=${quoted(store)} && mkdir "$FANIN_STORE"`;
    const run = (...args: string[]) => commandLine(cliOf("counting"), artifacts, ...args);
    const crate = join(place.path, "run.crate.zip");
    const elsewhere = commandLine(cliOf("counting"), there, "import", crate);
    const count = (path: string) => `find ${quoted(path)} -path '*/blobs/*' -type f | wc -l`;
    const { isOther, printed } = await onOtherDisk(place, disk, [
      ["begin", begin],
      ["first", run("reproduce", ...only)],
      ["second", run("reproduce", ...only)],
      // The output is cached by now, and depends on the store's files.
      ["third", run("reproduce", ...only)],
      ["diff", run("diff", "latest", "latest")],
      ["runs", run("runs")],
      ["export", run("export", "latest", "--output", crate)],
      ["verify", run("verify")],
      ["before", count(store)],
      ["gc", run("gc", "--last", "1", "--yes")],
      ["after", count(store)],
      ["plan", run("plan", ...only)],
      ["here", count(join(artifacts, "store"))],
      // An import puts its run from one disk beside others on another.
      ["import", `mkdir ${quoted(other)} && export FANIN_STORE=${quoted(other)} && ${elsewhere}`],
      ["imported", count(other)],
      ["left", `find ${quoted(join(other, "tmp"))} ${quoted(join(there, ".next"))} -mindepth 1`],
    ]);
    const copies = (text: string) =>
      text.match(/are copies, not hard links, .*cross-device/g) ?? [];
    assertEquals(copies(printed.first).length, isOther ? 1 : 0, printed.first);
    assertEquals(copies(printed.import).length, isOther ? 1 : 0, printed.import);
    for (const name of ["second", "third"]) assertStringIncludes(printed[name], "up to date");
    assert(Number(printed.before) > 0);
    assertEquals(printed.after, printed.before);
    assertEquals(Number(printed.here), 0);
    assert(Number(printed.imported) > 0);
    assertEquals(printed.left, "");
  });
}

testOnLinux("an audit neither reads nor writes the store that FANIN_STORE names", async () => {
  await using place = await workspace();
  const store = join(place.path, "store");
  await Deno.mkdir(store);
  const args = ["audit", "--only", "locale/dag", "--vary", "again"];
  const artifacts = join(place.path, "artifacts");
  const line = commandLine(cliOf("audited"), artifacts, ...args).replace("-P=fanin", "-P=audit");
  const { code, err, out } = await shell(`FANIN_STORE=${quoted(store)} ${line}`, root);
  assertEquals(code, 0, out + err);
  assertEquals([...filesUnder(store)], []);
});

Deno.test("no module but store_place.ts says where the store of artifacts lies", () => {
  for (const path of filesUnder(join(root, "pipeline"))) {
    if (!path.endsWith(".ts") || path.endsWith("store_place.ts")) continue;
    const text = Deno.readTextFileSync(path);
    assert(!/join\([\w.]*artifacts, "store"/.test(text), path);
  }
});

/** Two directories of artifacts with a run each, and their stores by `places`. */
function two(
  { path }: Workspace,
  places: [string, string],
): { artifacts: string; store: Store; run: string; blob: string }[] {
  return ["ada", "bob's"].map((name, i) => {
    const artifacts = join(path, name, "artifacts");
    const caches = join(artifacts, "store");
    const root = join(path, places[i]);
    for (const one of [caches, root]) Deno.mkdirSync(one, { recursive: true });
    const run = `20260102T03040${i}Z-made-up`;
    const bytes = utf8(name);
    lay(artifacts, madeUpRun([{ name: "draw/x", stage: "draw", outputs: { x: bytes } }], run));
    return { artifacts, store: openStore(root, caches), run, blob: sha256Of(bytes) };
  });
}

const refused = (ask: () => unknown, said: string) =>
  assertStringIncludes(assertThrows(ask, Failed).message, said);

Deno.test("gc counts what others registered, and refuses what it cannot know", async () => {
  await using place = await workspace();
  const [ada, bob] = two(place, ["store", "store"]);
  const others = (needs = noNeeds(), forgotten?: string) =>
    addOthers(needs, ada.artifacts, ada.store, forgotten);
  assertEquals(others(), []);
  for (const { artifacts, store } of [ada, bob]) registerAll(artifacts, store);
  const needs = noNeeds();
  assertEquals(others(needs), [{ artifacts: bob.artifacts, runs: [bob.run] }]);
  assertEquals([needs.blobs.has(bob.blob), needs.blobs.has(ada.blob)], [true, false]);

  // A copy of a project in another place, and one of the same path on another machine, are others.
  const copy = join(place.path, "copy");
  await succeed(shell(`cp -a ${quoted(dirname(bob.artifacts))} ${quoted(copy)}`, root));
  const copied = join(copy, "artifacts");
  registerAll(copied, openStore(bob.store.root, join(copied, "store")));
  assertEquals(others().length, 2);
  await Deno.remove(join(copied, "runs"), { recursive: true });
  registerAll(copied, openStore(bob.store.root, join(copied, "store")));
  assertEquals(others().map(({ artifacts }) => artifacts), [bob.artifacts]);

  const directory = join(bob.artifacts, "runs", "open", "slurm");
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(join(directory, "submission.json"), "{}");
  registerOpen(bob.artifacts, bob.store, { run: "open", directory });
  refused(others, "The run open of");
  refused(others, `gc --forget ${quoted(Deno.realPathSync(bob.artifacts))}.`);
  assertEquals(others(noNeeds(), bob.artifacts), []);
  registerAll(bob.artifacts, bob.store);
  refused(others, "is still with Slurm");
  await Deno.remove(directory, { recursive: true });
  registerAll(bob.artifacts, bob.store);
  assertEquals(others().length, 1);

  const file = [...filesUnder(join(bob.store.root, "users"))].find((path) =>
    path.includes(bob.run)
  )!;
  const text = await Deno.readTextFile(file);
  for (const damaged of ["", text.slice(0, -9), text.replace(bob.blob, ada.blob), "{}"]) {
    await Deno.writeTextFile(file, damaged);
    refused(others, "Nothing is removed while that is unknown");
  }
});

/** The jobs of a made-up run, by their numbers. */
const jobsOf = (numbers: readonly number[]) => numbers.map((i) => ({ key: sha256Of(`job ${i}`) }));

Deno.test("what stands in the place of a registration or of a directory of them is named, with what to do", async () => {
  await using place = await workspace();
  const [ada, bob] = two(place, ["store", "store"]);
  registerAll(ada.artifacts, ada.store);
  const users = join(ada.store.root, "users");
  const [id] = [...Deno.readDirSync(users)].map(({ name }) => name);
  for (const path of [join(ada.store.caches, "user.txt"), join(users, id)]) {
    await Deno.remove(path, { recursive: true });
    await succeed(shell(`mkfifo ${quoted(path)}`, root));
    const count = () =>
      path.startsWith(users)
        ? addOthers(noNeeds(), bob.artifacts, bob.store)
        : registerAll(ada.artifacts, ada.store);
    const { message } = assertThrows(count, Deno.errors.InvalidData);
    assertStringIncludes(message, `${path} is a pipe; expected a `);
  }
});

Deno.test("a run writes the key of each job once as it begins, however many there are", async () => {
  await using place = await workspace();
  const [, bob] = two(place, ["store", "store"]);
  const register = registrarOf(bob.artifacts, bob.store, bob.run);
  register(jobsOf([0]));
  using recorder = record(bob.store.root);
  for (let i = 1; i < 300; i++) register(jobsOf([i]));
  const calls = recorder.log.map((one) => one.kind === "write" ? one.bytes.length : one.kind);
  assertEquals(calls, new Array(299).fill([74, "sync-file"]).flat());
});

Deno.test("gc keeps what a run has begun that is cut off, whatever a power failure leaves of the next", async () => {
  await using place = await workspace();
  const [ada, bob] = two(place, ["store", "store"]);
  const kept = () => {
    const needs = noNeeds();
    addOthers(needs, ada.artifacts, ada.store);
    return jobsOf([1, 2, 3, 4]).map(({ key }) => needs.keys.has(key) && needs.blobs.has(key));
  };
  registrarOf(bob.artifacts, bob.store, bob.run)(jobsOf([1]));
  // Another process goes on with the run, and a cached result is registered with the next job.
  registrarOf(bob.artifacts, bob.store, bob.run)(jobsOf([2, 3]));
  const output = putBlob(bob.store, utf8("output"));
  const [{ key }] = jobsOf([2]);
  const ended = { finished: "2026-01-01T00:00:00.000Z", seconds: 1 };
  writeAction(bob.store, { version: 1, key, stage: "draw", outputs: { x: output }, ...ended });
  const needs = noNeeds();
  addOthers(needs, ada.artifacts, ada.store);
  assert(needs.blobs.has(output.sha256));
  assertEquals(kept(), [true, true, true, false]);

  const file = [...filesUnder(join(bob.store.root, "users"))].find((path) =>
    path.endsWith("begun")
  )!;
  const whole = await Deno.readTextFile(file);
  const line = whole.slice(0, whole.length / 3);
  for (const tail of [line.slice(0, 40), "\0".repeat(line.length), "\0".repeat(40)]) {
    await Deno.writeTextFile(file, whole + tail);
    assertEquals(kept(), [true, true, true, false]);
    registrarOf(bob.artifacts, bob.store, bob.run)(jobsOf([4]));
    assertEquals(kept(), [true, true, true, true]);
  }
  const damaged = [
    whole.replace("\n", " "),
    `${whole.slice(0, -1)} `,
    `0${whole.slice(1)}`,
    `${whole}${line.replaceAll("a", "b")}`,
  ];
  for (const text of damaged) {
    await Deno.writeTextFile(file, text);
    refused(kept, "Nothing is removed while that is unknown");
  }
  // The record of the run, or its removal, ends it.
  registerRun(
    bob.artifacts,
    bob.store,
    readManifest(join(bob.artifacts, "runs", bob.run)),
  );
  assertEquals(kept(), [false, false, false, false]);
  registrarOf(bob.artifacts, bob.store, bob.run)(jobsOf([1]));
  await Deno.remove(join(bob.artifacts, "runs"), { recursive: true });
  registerAll(bob.artifacts, bob.store);
  assertEquals(kept(), [false, false, false, false]);
  assertEquals([...filesUnder(join(bob.store.root, "users"))], []);
});

Deno.test("gc keeps the checkpoints that are there of a job with any number of steps, recorded or begun", async () => {
  await using place = await workspace();
  const [ada, bob] = two(place, ["store", "store"]);
  const { store } = bob;
  const lines = parseLines(["stage draw", "until steps 1000000000000"]);
  const { sha256: key } = putRecord(store, recordText(lines));
  const ended = { finished: "2026-01-01T00:00:00.000Z", seconds: 1 };
  const blobs = [1, 2, 9000, 123_456_789].flatMap((step) => {
    const { sha256: key } = putRecord(store, recordText(checkpointLines(lines, step)));
    const state = putBlob(store, utf8(`state ${step}`));
    writeAction(store, { version: 1, key, stage: "draw", outputs: { state }, ...ended });
    return [key, state.sha256];
  });
  const isKept = (needs: Needs) => blobs.every((sha256) => needs.blobs.has(sha256));

  registrarOf(bob.artifacts, store, bob.run)([{ key }]);
  const begun = noNeeds();
  addOthers(begun, ada.artifacts, ada.store);
  assert(isKept(begun));

  const manifest = readManifest(join(bob.artifacts, "runs", bob.run));
  const recorded = noNeeds();
  manifest.jobs[0].lines = lineTexts(lines);
  addNeeds(recorded, store, manifest);
  assert(isKept(recorded));
});

Deno.test("gc counts the runs of the artifacts that another one's store lies in, in both directions", async () => {
  await using place = await workspace();
  const [ada, bob] = two(place, ["ada/artifacts/store", "ada/artifacts/store"]);
  for (const { artifacts, store } of [ada, bob]) registerAll(artifacts, store);
  const needs = noNeeds();
  const users = addOthers(needs, bob.artifacts, bob.store);
  assertEquals(users, [{ artifacts: ada.artifacts, runs: [ada.run] }]);
  assert(needs.blobs.has(ada.blob));
  const back = addOthers(noNeeds(), ada.artifacts, ada.store);
  assertEquals(back, [{ artifacts: bob.artifacts, runs: [bob.run] }]);
  await Deno.writeTextFile(join(ada.artifacts, "runs", ada.run, "manifest.json"), "{");
  refused(() => addOthers(noNeeds(), bob.artifacts, bob.store), ada.run);
});

Deno.test("a store that its group may not write is not shared", async () => {
  await using place = await workspace();
  for (const [mode, shared] of [[0o755, false], [0o2775, true], [0o770, true]] as const) {
    await Deno.chmod(place.path, mode);
    assertEquals(isShared({ root: place.path }), shared && Deno.build.os !== "windows");
  }
  assertEquals(isShared({ root: join(place.path, "absent") }), false);
});

Deno.test("a set of hashes has what was added, and nothing else", () => {
  const set = digestSet();
  const hashes = Array.from({ length: 3000 }, (_, i) => sha256Of(String(i)));
  const alike = "0123456789abcdef".repeat(4);
  const odd = [
    "0".repeat(64),
    "f".repeat(64),
    alike,
    alike.slice(0, -1) + "0",
    "0".repeat(63) + "1",
  ];
  const added = [...hashes.slice(0, 2000), ...odd];
  for (const hash of [...odd, ...hashes]) assertEquals(set.has(hash), false);
  for (const hash of [...added, ...added]) set.add(hash);
  assertEquals(set.size, added.length);
  for (const hash of added) assert(set.has(hash), hash);
  for (const hash of hashes.slice(2000)) assert(!set.has(hash), hash);
  assertEquals([...set.values()].sort(), [...added].sort());
});

Deno.test("a stat table is shortened and checked line by line as it is loaded whole", async () => {
  await using place = await workspace();
  const file = join(place.path, "stat.tsv");
  const table = loadStatTable(file);
  // More than a piece that is read at a time.
  const long = "ü".repeat(100);
  const paths = Array.from({ length: 6000 }, (_, i) => join(place.path, `${i}-${long}`));
  for (const path of paths) Deno.writeTextFileSync(path, path);
  for (const path of paths) noteWritten(table, path, sha256Of(path));
  settle(table);
  saveStatTable(table);
  assert(Deno.statSync(file).size > 1 << 20);
  assertEquals(statTableProblem(file), undefined);
  const isKept = (path: string) => paths.indexOf(path) % 3 === 0;
  pruneStatTable(file, isKept);
  const kept = loadStatTable(file);
  assertEquals(kept.problem, undefined);
  assertEquals([...kept.rows.keys()], paths.filter(isKept));
  assertEquals([...kept.rows.values()][1], table.rows.get(paths[3]));

  const text = await Deno.readTextFile(file);
  for (const damaged of [text.slice(0, -1), text.replace("3-", "4-"), "", text.slice(1)]) {
    await Deno.writeTextFile(file, damaged);
    assertEquals(statTableProblem(file), loadStatTable(file).problem);
    assert(statTableProblem(file) !== undefined);
  }
  pruneStatTable(file, () => true);
  assertThrows(() => Deno.statSync(file), Deno.errors.NotFound);
  pruneStatTable(file, () => true);
});

Deno.test("a directory that another process makes or removes meanwhile is no wrong one", async () => {
  await using place = await workspace();
  const path = join(place.path, "blobs");
  const busy = `for (;;) { Deno.mkdirSync(${JSON.stringify(path)}); Deno.removeSync(${
    JSON.stringify(path)
  }); }`;
  const other = new Worker(`data:text/javascript,${encodeURIComponent(busy)}`, { type: "module" });
  try {
    const states = new Set<boolean>();
    for (let looks = 0; looks < 20_000 || states.size < 2; looks++) {
      needKind(path, "directory");
      if (looks % 100 === 0) states.add(exists(path));
    }
  } finally {
    other.terminate();
  }
});
