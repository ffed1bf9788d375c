/**
 * Tests hostile archives, made byte by byte. Each is refused with the reason, and leaves store and runs
 * unchanged.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { runFiles } from "../../../pipeline/archive/contents.ts";
import { checksumsFile, checksumsText } from "../../../pipeline/runs/checksums.ts";
import { identityOf } from "../../../pipeline/runs/identity.ts";
import { keyOf, parseLines } from "../../../pipeline/engine/key.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { actionsIn, isWhole, openStore, readAction } from "../../../pipeline/store/store.ts";
import type { Manifest } from "../../../schemas/run/manifest.ts";
import {
  filesInArchive,
  type MadeUpRun,
  madeUpRun,
  metricsBytes,
  place,
} from "../../support/made_up_run.ts";
import { tree } from "../../support/copied_files.ts";
import { utf8 } from "../../support/utf8.ts";
import { fanin, workspace } from "../../support/workspace.ts";
import { type RawArchive, type RawEntry, zipBytes } from "../../support/zip_bytes.ts";
import { quiet } from "../../support/archived_runs.ts";

const run = (): MadeUpRun =>
  madeUpRun([
    { name: "numbers/first", stage: "source", outputs: { numbers: utf8("[1,2,3]\n") } },
    {
      name: "report/first",
      stage: "report",
      parameters: { deep: { list: [1, null] }, factor: 2 },
      inputs: { numbers: ["numbers/first", "numbers"] },
      outputs: { metrics: metricsBytes({ sum: 6 }), image: new Uint8Array(3000) },
    },
  ]);

const entriesOf = (run: MadeUpRun): RawEntry[] =>
  [...filesInArchive(run)].map(([name, data]) => ({ name, data }));

/** Tries to import an archive into artifacts that have a run already; gives what it says. */
async function refusal(archive: Uint8Array<ArrayBuffer>): Promise<string> {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const file = join(place.path, "run.zip");
  const before = madeUpRun([
    { name: "a/b", stage: "c", outputs: { d: utf8("e") } },
  ], "20250101T000000Z-before");
  await Deno.writeFile(file, zipBytes(entriesOf(before)));
  await importRun(artifacts, file, quiet);
  await Deno.writeFile(file, archive);
  const then = tree(artifacts);
  const error = await assertRejects(() => importRun(artifacts, file, quiet), Failed);
  assertEquals(tree(artifacts), then, error.message);
  return error.message;
}

/** The archive of the made-up run with its entries changed, and the hashes of its own files after that. */
function changed(change: (entries: RawEntry[]) => RawEntry[] | void, archive?: RawArchive) {
  const { files } = run();
  const before = [...files].map(([name, data]): RawEntry => ({ name, data }));
  const entries = change(before) ?? before;
  const own = entries.flatMap(({ name, data }) =>
    runFiles.some(({ path }) => path === name) ? [[String(name), data] as const] : []
  );
  const sums = utf8(checksumsText(new Map([...files, ...own])));
  return zipBytes([{ name: checksumsFile, data: sums }, ...entries], archive);
}

/** The archive of the made-up run with one entry changed. */
const withEntry = (name: string, change: Partial<RawEntry>) =>
  changed((entries) =>
    entries.map((entry) => entry.name === name ? { ...entry, ...change } : entry)
  );

/** The archive of a run whose manifest was edited after the run. */
function edited(edit: (manifest: Manifest) => unknown, files: Record<string, Uint8Array> = {}) {
  const { manifest, files: given } = run();
  edit(manifest);
  const all = new Map([...given, ...Object.entries(files)]);
  all.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
  return zipBytes(entriesOf({ manifest, files: all }));
}

const rekeyed = (manifest: Manifest) => {
  for (const job of manifest.jobs) job.key = keyOf(parseLines(job.lines));
  manifest.identity = identityOf(manifest.jobs.map(({ name, key }) => ({ name, key })));
};

Deno.test("the intact archive is imported", async () => {
  await using place = await workspace();
  const file = join(place.path, "run.zip");
  await Deno.writeFile(file, zipBytes(entriesOf(run())));
  const imported = await importRun(join(place.path, "artifacts"), file, quiet);
  assertEquals([imported.jobs, imported.artifacts, imported.isNew], [2, 3, true]);
  await Deno.writeFile(
    file,
    changed((entries) => entries.map((entry) => ({ ...entry, method: 8 }))),
  );
  assertEquals((await importRun(join(place.path, "artifacts"), file, quiet)).isNew, false);
});

const named = (name: string) => changed((entries) => [...entries, { name, data: utf8("x") }]);

const names: [name: string, message: string][] = [
  ["/etc/passwd", "/etc/passwd"],
  ["../outside", "../outside"],
  ["numbers/../../outside", "outside"],
  ["numbers/./first", "numbers/./first"],
  ["C:/windows", "C:/windows"],
  ["C:windows", "C:windows"],
  ["..\\outside", "outside"],
  ["numbers\\first", "no name that leads into the run"],
  ["\\\\server\\share", "server"],
  ["a\0b", "Unsafe filename"],
  ["a\nb", "no name that leads into the run"],
  ["a\u009b2Jb", "characters that a terminal would act on"],
  ["a\u202eb", "characters that a terminal would act on"],
  ["a\u2028b", "characters that a terminal would act on"],
  ["a//b", "a//b"],
  ["", "Unsafe filename"],
  ["numbers/", "no name that leads into the run"],
  ["nul.txt", "means something else on Windows"],
  ["numbers/first:stream", "means something else on Windows"],
  ["numbers/first.", "means something else on Windows"],
  ["x".repeat(300), "more than 255 bytes"],
  ["x/".repeat(600) + "x", "no name that leads into the run"],
  ["numbers/first/Numbers", "one file where case or Unicode form does not count"],
  ["NUMBERS/first/numbers", "one file where case or Unicode form does not count"],
  ["numbers/first", "is a file and, for"],
  ["numbers/first/numbers/deeper", "is a file and, for"],
  ["stray.txt", "none that its manifest names"],
];
for (const [name, message] of names) {
  Deno.test(`an entry named ${JSON.stringify(name.slice(0, 30))} is refused`, async () => {
    assertStringIncludes(await refusal(named(name)), message);
  });
}

Deno.test("entries of folders are accepted, as other programs write them", async () => {
  const folders = ["numbers/", "numbers/first/", "empty/"].map((name) => ({
    name,
    data: new Uint8Array(),
    attributes: 0o40755 << 16 | 0x10,
  }));
  await using place = await workspace();
  const file = join(place.path, "run.zip");
  await Deno.writeFile(file, changed((entries) => [...folders, ...entries]));
  const imported = await importRun(join(place.path, "artifacts"), file, quiet);
  assertEquals([imported.jobs, imported.isNew], [2, true]);
  await assertRejects(() =>
    Deno.stat(join(place.path, "artifacts", "runs", imported.run, "empty"))
  );
  const hostile: [entry: RawEntry, message: string][] = [
    [{ ...folders[0], name: "../outside/" }, "../outside"],
    [{ ...folders[0], name: "/etc/" }, "/etc/"],
    [{ ...folders[0], name: "numbers\\first/" }, "no name that leads into the run"],
    [{ ...folders[0], data: utf8("x") }, "no name that leads into the run"],
    [{ ...folders[0], attributes: 0o120777 << 16 }, "no name that leads into the run"],
  ];
  for (const [entry, message] of hostile) {
    assertStringIncludes(await refusal(changed((entries) => [...entries, entry])), message);
  }
});

Deno.test("names that differ only in Unicode normalization are refused", async () => {
  const twice = changed((entries) => [
    ...entries,
    { name: "\u00e9", data: utf8("x") },
    { name: "e\u0301", data: utf8("y") },
  ]);
  assertStringIncludes(await refusal(twice), "Unicode form");
});

const control = {
  id: "control",
  statement: "it came out",
  kind: "positive",
  behaved: true,
  part: {
    assertion: "a",
    quantity: "q",
    bandReason: "r",
    test: "t",
    confidence: 1,
    conditions: [{
      condition: "c",
      estimate: 1,
      standardError: null,
      interval: { low: 1, high: 1 },
      band: { low: 0, high: 2 },
      position: "inside",
    }],
    outcome: "holds",
  },
};

const forms: [what: string, archive: () => Uint8Array<ArrayBuffer>, message: string][] = [
  [
    "two entries of one name",
    () => changed((entries) => [...entries, entries.find(({ name }) => name === "metrics.json")!]),
    "duplicate filename",
  ],
  [
    "a symbolic link",
    () =>
      withEntry("numbers/first/numbers", { attributes: 0o120777 << 16, data: utf8("/etc/passwd") }),
    "no plain file but a link",
  ],
  [
    "a device",
    () => withEntry("summary.txt", { attributes: 0o020666 << 16 }),
    "no plain file but a link, a directory or a device",
  ],
  [
    "a directory without a slash",
    () => withEntry("summary.txt", { attributes: 0x10 }),
    "no plain file",
  ],
  ["an encrypted entry", () => withEntry("summary.txt", { flags: 0x0801 }), "is encrypted"],
  ["another method", () => withEntry("summary.txt", { method: 12 }), "packed by method 12"],
  [
    "data before the archive",
    () => changed(() => {}, { before: utf8("#!/bin/sh\n") }),
    "prepended data",
  ],
  [
    "data after the archive",
    () => changed(() => {}, { after: utf8("more") }),
    "appended data",
  ],
  [
    "an archive within the comment",
    () => changed(() => {}, { comment: changed(() => {}) }),
    "mbiguous",
  ],
  ["data between two entries", () =>
    changed((entries) => {
      entries[1].gap = utf8("hidden");
    }), "leaves a gap"],
  ["data before the list", () =>
    changed((entries) => {
      entries.at(-1)!.gap = utf8("hidden");
    }), "data lie between its entries and its list"],
  ["an entry within another", () =>
    changed((entries) => {
      entries[2].offset = 30;
    }), "overlaps another or leaves a gap"],
  [
    "another name before the data than in the list",
    () => withEntry("metrics.json", { localName: "Metrics.json" }),
    "another name before its data",
  ],
  [
    "more entries stated than there are",
    () => changed(() => {}, { count: 40 }),
    "entral directory",
  ],
  ["fewer entries stated than there are", () => changed(() => {}, { count: 3 }), "mbiguous"],
  ["a list longer than the archive", () => changed(() => {}, { listLength: 0xfffffff0 }), "is not"],
  [
    "a CRC that is not the data's",
    () => withEntry("metrics.json", { crc: 7 }),
    "do not have the CRC",
  ],
  ["fewer bytes than stated", () =>
    withEntry("report/first/image", {
      method: 8,
      data: new Uint8Array(10),
      size: 3000,
    }), "report/first/image"],
  ["more bytes than stated: a bomb in one entry", () =>
    withEntry("report/first/image", {
      method: 8,
      data: new Uint8Array(30 << 20),
      size: 3000,
      packedSize: undefined,
    }), "report/first/image"],
  [
    "an entry longer than its manifest says",
    () => withEntry("report/first/image", { data: new Uint8Array(3001) }),
    "has 3001 bytes, where its manifest has 3000",
  ],
  [
    "a file that states 4 GiB",
    () => withEntry("metrics.json", { method: 8, size: 0xfffffffe }),
    "claim to hold",
  ],
  [
    "a file of the run that is missing",
    () => changed((entries) => entries.filter(({ name }) => name !== "summary.txt")),
    "has no summary.txt",
  ],
  [
    "an artifact that is neither there nor in the store",
    () => changed((entries) => entries.filter(({ name }) => name !== "numbers/first/numbers")),
    "does not have either: numbers/first/numbers",
  ],
  [
    "other bytes than the manifest's",
    () => withEntry("numbers/first/numbers", { data: utf8("[1,2,4]\n") }),
    "numbers/first/numbers has 8 bytes with the SHA-256",
  ],
  ["no bytes at all", () => new Uint8Array(), "not recognized"],
  [
    "something else",
    () => utf8("a text, not an archive, and longer than 22 bytes"),
    "is not a run",
  ],
  [
    "metrics that the artifacts do not have",
    () => withEntry("metrics.json", { data: metricsBytes({ "first.sum": 7 }) }),
    `metrics.json: it does not follow from the jobs' artifacts: "first.sum" is 7`,
  ],
  [
    "metrics that are none",
    () => withEntry("metrics.json", { data: utf8('{"first.sum":"6"}') }),
    "metrics.json does not have the expected form",
  ],
  [
    "claims that no job judged",
    () =>
      changed((entries) => [...entries, {
        name: "claims.json",
        data: utf8(JSON.stringify({
          claims: [],
          controls: [control],
        })),
      }]),
    "claims.json: it does not follow from the jobs' artifacts",
  ],
  [
    "a summary that would act on a terminal",
    () => withEntry("summary.txt", { data: utf8("\x1b[2J") }),
    "characters that a terminal would act on",
  ],
  [
    "JSON that is nested too deep",
    () => withEntry("manifest.json", { data: utf8("[".repeat(1 << 20)) }),
    "manifest.json",
  ],
  [
    "a manifest of another form",
    () => withEntry("manifest.json", { data: utf8('{"version":2}') }),
    "expected form",
  ],
];
for (const [what, archive, message] of forms) {
  Deno.test(`an archive with ${what} is refused`, async () => {
    assertStringIncludes(await refusal(archive()), message);
  });
}

const manifests: [what: string, change: (manifest: Manifest) => unknown, message: string][] = [
  ["a run's name that leads elsewhere", (manifest) => manifest.run = "../outside", "run"],
  [
    "a file that leads elsewhere",
    (manifest) => manifest.jobs[0].outputs.numbers.file = "../../outside",
    "within the run",
  ],
  [
    "an output in the place of the manifest",
    (manifest) => manifest.jobs[0].outputs.numbers.file = "Manifest.json",
    "one file where case",
  ],
  [
    "two outputs in one place",
    (manifest) => manifest.jobs[0].outputs.numbers.file = "report/first/image",
    "report/first/image",
  ],
  [
    "a key that is not the hash of its lines",
    (manifest) => manifest.jobs[0].lines[1] = manifest.jobs[0].lines[1].replace(/.$/, "x"),
    "not the hash of its lines",
  ],
  [
    "an identity that is not the hash of its keys",
    (manifest) => manifest.identity = sha256Of("another"),
    "identity",
  ],
  [
    "parameters other than in the key",
    (manifest) => manifest.jobs[1].parameters.factor = 3,
    "its parameters are not those of its lines",
  ],
  [
    "a stage other than in the key",
    (manifest) => manifest.jobs[1].stage = "other",
    "its stage is other",
  ],
  ["an input other than in the key", (manifest) => {
    delete manifest.jobs[1].inputs.numbers.sha256;
  }, "the hash of its input numbers is not that of its lines"],
  [
    "an input that no job gave",
    (manifest) => manifest.jobs[1].inputs.numbers.sha256 = sha256Of("other"),
    "its input numbers is not what numbers/first gave as numbers",
  ],
  [
    "an input from no job",
    (manifest) => manifest.jobs[1].inputs.numbers.job = "nobody",
    "is no job",
  ],
  ["two lines in one", (manifest) => {
    manifest.jobs[0].lines.splice(0, 2, manifest.jobs[0].lines.slice(0, 2).join("\n"));
    rekeyed(manifest);
  }, "one of its key lines is two lines"],
  ["a key line without JSON", (manifest) => {
    manifest.jobs[0].lines.push("param x {");
    rekeyed(manifest);
  }, "no JSON"],
  ["two jobs of one name", (manifest) => {
    manifest.jobs.push(manifest.jobs[0]);
    rekeyed(manifest);
  }, "two jobs of one name"],
  ["one content of two sizes", (manifest) => {
    const { numbers } = manifest.jobs[0].outputs;
    manifest.jobs[0].outputs.again = { ...numbers, size: 9, file: "numbers/first/again" };
  }, "and the sizes"],
];
for (const [what, change, message] of manifests) {
  Deno.test(`a manifest with ${what} is refused`, async () => {
    assertStringIncludes(await refusal(edited(change)), message);
  });
}

Deno.test("an archive truncated anywhere is refused", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const file = join(place.path, "run.zip");
  const whole = changed((entries) => entries.map((entry) => ({ ...entry, method: 8 })));
  for (let length = 0; length < whole.length; length += 37) {
    await Deno.writeFile(file, whole.subarray(0, length));
    await assertRejects(() => importRun(artifacts, file, quiet), Failed);
  }
  assert(![...Deno.readDirSync(place.path)].some(({ name }) => name === "artifacts"));
});

Deno.test("a zip bomb is refused by its declared sizes, before it is read", async () => {
  await using place = await workspace();
  const file = join(place.path, "bomb.zip");
  const bomb = { name: "a", data: new Uint8Array(1 << 20), method: 8 };
  await Deno.writeFile(file, zipBytes([bomb]));
  const error = await assertRejects(
    () => openArchive(file, { unchecked: 1 << 19, ratio: 100 }),
    Failed,
  );
  assertStringIncludes(error.message, "claim to hold 1048576");
  (await openArchive(file))[Symbol.dispose]();
});

Deno.test("the command refuses an archive with exit code 2, and says what it is", async () => {
  await using place = await workspace();
  const file = join(place.path, "run.zip");
  await Deno.writeFile(file, named("../outside"));
  const { code, err } = await fanin(place, ["import", file]);
  assertEquals(code, 2);
  assertStringIncludes(err, "is not a run");
  assertStringIncludes(err, "../outside");
});

Deno.test("of two imports of one run at once, neither takes back what both need", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const file = join(place.path, "run.zip");
  await Deno.writeFile(file, zipBytes(entriesOf(run())));
  const both = await Promise.all([1, 2].map(() => importRun(artifacts, file, quiet)));
  assertEquals(both.map(({ isNew }) => isNew).sort(), [false, true]);
  const store = openStore(join(artifacts, "store"));
  const actions = [...actionsIn(store)].map(({ sha256 }) => readAction(store, sha256, () => {})!);
  assert(actions.length > 0);
  for (const action of actions) assert(isWhole(store, action));
});

Deno.test("importing a run again makes a damaged artifact whole, in the store and in the run", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const file = join(place.path, "run.zip");
  const { manifest } = run();
  await Deno.writeFile(file, zipBytes(entriesOf(run())));
  await importRun(artifacts, file, quiet);
  const [output] = manifest.jobs.flatMap(({ outputs }) => Object.values(outputs));
  const path = join(artifacts, "runs", manifest.run, output.file);
  const whole = Deno.readFileSync(path);
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, "damaged");
  assertEquals((await importRun(artifacts, file, quiet)).added, 1);
  assertEquals(Deno.readFileSync(path), whole);
});

Deno.test("a failing last step undoes the earlier ones", async () => {
  await using place_ = await workspace();
  const artifacts = join(place_.path, "artifacts");
  const file = join(place_.path, "run.zip");
  await Deno.writeFile(file, zipBytes(entriesOf(run())));
  // A store that is there, and a file where the directory of runs belongs.
  place(artifacts, madeUpRun([{ name: "a/b", stage: "c" }]));
  await Deno.remove(join(artifacts, "runs"), { recursive: true });
  for (const name of ["blobs", "actions", "tmp", "locks"]) {
    await Deno.mkdir(join(artifacts, "store", name), { recursive: true });
  }
  await Deno.writeTextFile(join(artifacts, "store", "locks", "store"), "");
  await Deno.writeTextFile(join(artifacts, "runs"), "in the way");
  const files = (all: Record<string, string>) =>
    Object.keys(all).filter((path) => !path.endsWith("/"));
  const then = files(tree(artifacts));
  await assertRejects(() => importRun(artifacts, file, quiet));
  assertEquals(files(tree(artifacts)), then);
});
