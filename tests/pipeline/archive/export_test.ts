/** Tests that exporting and importing a run preserves it, and refuses what is damaged. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { archivedFiles } from "../../../pipeline/archive/archive_source.ts";
import { checksumsFile, checksumsText } from "../../../pipeline/runs/checksums.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { writeArchive } from "../../../pipeline/archive/write_archive.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  openStore,
  readAction,
} from "../../../pipeline/store/store.ts";
import type { Manifest } from "../../../schemas/run/manifest.ts";
import { oneMetric } from "../../fixtures/counting/one_metric.ts";
import { brokenRules } from "../../support/crate_rules.ts";
import { madeUpRun, metricsBytes, place } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { readJson, tree } from "../../support/copied_files.ts";
import { zipBytes } from "../../support/zip_bytes.ts";
import { crateOfRun, failedRun, nobody, quiet, wholeRun } from "../../support/archived_runs.ts";

const anyRun = fc.array(
  fc.record({
    stage: fc.constantFrom("one", "two", "three"),
    parameters: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 3,
    }),
    contents: fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 3 }),
    takes: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
    metric: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 5 },
).map((shapes) =>
  madeUpRun(shapes.map(({ stage, parameters, contents, takes, metric }, i) => ({
    name: `job/n${i}`,
    stage,
    // Each has a key of its own.
    parameters: { ...parameters as Record<string, unknown>, i },
    inputs: Object.fromEntries(
      takes.filter((at) => at < i).map((
        at,
      ) => [`in${at}`, [`job/n${at}`, "o0"] as [string, string]]),
    ),
    outputs: {
      ...Object.fromEntries(contents.map((bytes, o) => [`o${o}`, bytes])),
      ...(metric === undefined ? {} : { metrics: metricsBytes({ metric }) }),
    },
  })))
);

Deno.test("exporting and importing a run preserves its files, and exporting it again gives the same bytes", async () => {
  await using place_ = await workspaceOfOneProcess();
  let n = 0;
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      assertEquals(brokenRules(crateOfRun(run)), []);
      const [a, b] = ["a", "b"].map((name) => join(place_.path, `${name}${n}`));
      n++;
      place(a, run);
      const files = ["1.zip", "2.zip", "3.zip"].map((name) => join(a, name));
      const { run: id } = run.manifest;
      await exportRun(a, id, files[0], nobody, quiet);
      await exportRun(a, id, files[1], nobody, quiet);
      const imported = await importRun(b, files[0], quiet);
      assertEquals(imported.isNew, true);
      assertEquals(tree(join(b, "runs")), tree(join(a, "runs")));
      await exportRun(b, id, files[2], nobody, quiet);
      const [first, ...others] = files.map((file) => sha256Of(Deno.readFileSync(file)));
      assertEquals(others, [first, first]);

      const store = openStore(join(b, "store"));
      for (const { sha256, path } of blobsIn(store)) {
        assertEquals(sha256Of(Deno.readFileSync(path)), sha256);
      }
      for (const { key, outputs, stage } of run.manifest.jobs) {
        const action = readAction(store, key!, () => {})!;
        assertEquals(action.stage, stage);
        assertEquals(Object.keys(action.outputs).sort(), Object.keys(outputs).sort());
      }
      assertEquals([...Deno.readDirSync(join(b, "store", "tmp"))], []);
    }),
    { numRuns: 25, seed: 5 },
  );
});

Deno.test("importing a run makes its jobs cache hits and keeps its record", async () => {
  await using one = await workspaceOfOneProcess();
  await using other = await workspaceOfOneProcess();
  await fanin(one, ["reproduce"]);
  const file = join(one.path, "run.crate.zip");
  const exported = await fanin(one, [
    "export",
    "latest",
    "--output",
    file,
    "--author",
    "Ada",
    "--json",
  ]);
  assertEquals(exported.code, 0, exported.err);
  const report = JSON.parse(exported.out);
  assertEquals(report.sha256, sha256Of(Deno.readFileSync(file)));
  // The same export may be there already, wherever it is written, and nothing else.
  const repeated = await fanin(one, [
    "export",
    "latest",
    "--output",
    file,
    "--author",
    "Ada",
    "--json",
  ]);
  assertEquals(JSON.parse(repeated.out), report);
  const again = await fanin(one, ["export", "latest", "--output", file]);
  assertEquals(again.code, 2);
  assertStringIncludes(again.err, "exists, and is not what this export would write");
  assertEquals(sha256Of(Deno.readFileSync(file)), report.sha256);
  const notes = join(one.path, "notes.txt");
  await Deno.writeTextFile(notes, "mine");
  assertEquals((await fanin(one, ["export", "latest", "--output", notes])).code, 2);
  assertEquals(await Deno.readTextFile(notes), "mine");

  const imported = await fanin(other, ["import", file]);
  assertEquals(imported.code, 0, imported.err);
  assertStringIncludes(imported.out, "9 jobs");
  const [run] = runsIn(one.path);
  assertEquals(runsIn(other.path), [run]);
  const runs = JSON.parse((await fanin(other, ["runs", "--json"])).out);
  assertEquals([runs[0].run, runs[0].status], [run, "complete"]);
  assertEquals((await fanin(other, ["verify"])).code, 0);
  // Bundling the stages' code once more would take most of this test's time.
  const [bundled, here] = [one, other].map(({ path }) => join(path, "artifacts/store/code.json"));
  await Deno.copyFile(bundled, here);
  const own = await fanin(other, ["reproduce", "--json"]);
  assertEquals(own.code, 0, own.err);
  const mine = await readJson(other.path, "artifacts", "latest", "manifest.json");
  assertEquals(mine.jobs.map((job: { status: string }) => job.status), Array(9).fill("cached"));
  const theirs = await readJson(one.path, "artifacts", "latest", "manifest.json");
  assertEquals(mine.identity, theirs.identity);
  const same = await fanin(other, ["diff", run, file, "--json"]);
  assertEquals(same.code, 0, same.err);
  assertEquals(JSON.parse(same.out).verdict, "agree");
  const expected = join(other.path, "expected.json");
  await Deno.writeTextFile(expected, JSON.stringify(oneMetric));
  const graded = await fanin(other, ["grade", file, "--expected", expected]);
  assertEquals(graded.code, 0, graded.err + graded.out);
  const crate = await openArchive(file);
  const metadata = JSON.parse(
    new TextDecoder().decode(crate.read("ro-crate-metadata.json", 1 << 20)),
  );
  crate[Symbol.dispose]();
  assertEquals(brokenRules(metadata), []);
});

Deno.test("a run can be read from its archive, and every output is re-hashed", async () => {
  await using place_ = await workspaceOfOneProcess();
  const run = wholeRun();
  const { manifest, files } = run;
  const file = join(place_.path, "run.zip");
  place(place_.path, run);
  await exportRun(place_.path, manifest.run, file, nobody, quiet);
  const elsewhere = join(place_.path, "elsewhere");
  const open = () => openRun(elsewhere, file, { archive: archivedFiles });
  {
    using source = await open();
    assertEquals(source.form, "archive");
    assertEquals(source.manifest, manifest);
    assertEquals(source.metrics(), { "first.sum": 6 });
    assertEquals(source.claims(), undefined);
    for (const job of manifest.jobs) {
      for (const [output, { file }] of Object.entries(job.outputs)) {
        assertEquals(source.read(job.name, output), files.get(file), file);
      }
    }
  }
  const entries = [...files].map(([name, data]) => ({
    name,
    data: name === "double/first/metrics" ? metricsBytes({ sum: 7 }) : data,
    method: 8,
  }));
  await Deno.writeFile(file, zipBytes(entries));
  using source = await open();
  assertEquals(source.inspect("double/first", "metrics").state, "damaged");
  await Deno.writeTextFile(file, "no archive");
  await assertRejects(open, Failed, "is not a run");
  assertEquals([...Deno.readDirSync(place_.path)].map(({ name }) => name).sort(), [
    "run.zip",
    "runs",
  ]);
});

Deno.test("export refuses a damaged artifact and keeps an existing output file", async () => {
  await using place_ = await workspaceOfOneProcess();
  const run = wholeRun();
  place(place_.path, run);
  const output = join(place_.path, "run.zip");
  await exportRun(place_.path, run.manifest.run, output, nobody, quiet);
  const before = await Deno.readFile(output);
  const artifact = join(place_.path, "runs", run.manifest.run, "double/first/numbers");
  await Deno.writeTextFile(artifact, "[2,5]\n");
  const error = await assertRejects(
    () => exportRun(place_.path, run.manifest.run, output, nobody, quiet),
    Failed,
  );
  assertEquals(error.failure.reason, "lost-output");
  assertEquals(await Deno.readFile(output), before);
  assertEquals([...Deno.readDirSync(place_.path)].map(({ name }) => name).sort(), [
    "run.zip",
    "runs",
  ]);
});

Deno.test("highly compressible files are stored uncompressed, so that import accepts the archive", async () => {
  await using place_ = await workspaceOfOneProcess();
  const path = join(place_.path, "zeros.zip");
  const bytes = new Uint8Array(1 << 20);
  const zeros = { path: "zeros", size: bytes.length, open: () => new Blob([bytes]).stream() };
  const expansion = { unchecked: 1 << 16, ratio: 100 };
  await writeArchive(path, [zeros], { expansion });
  using archive = await openArchive(path, expansion);
  assertEquals(archive.read("zeros", 1 << 20), bytes);
  await writeArchive(path, [zeros]);
  assert(Deno.statSync(path).size < 1 << 14);
});

Deno.test("an empty file is read from an archive, and one that only states to be empty is refused", async () => {
  await using place_ = await workspaceOfOneProcess();
  const path = join(place_.path, "empty.zip");
  const empty = { path: "empty.txt", size: 0, open: () => new Blob([]).stream() };
  await writeArchive(path, [empty]);
  using archive = await openArchive(path);
  assertEquals(archive.read("empty.txt", 0), new Uint8Array());
  await Deno.writeFile(path, zipBytes([{ name: "a", data: utf8("x"), method: 8, size: 0 }]));
  using forged = await openArchive(path);
  assertThrows(() => forged.read("a", 0), Failed, "states 0 bytes and has 1");
});

Deno.test("files that are compressed already are stored as they are", async () => {
  await using place_ = await workspaceOfOneProcess();
  const bytes = new Uint8Array(1 << 16);
  const sizeOf = async (name: string) => {
    const path = join(place_.path, "one.zip");
    await writeArchive(path, [
      { path: name, size: bytes.length, open: () => new Blob([bytes]).stream() },
    ]);
    using archive = await openArchive(path);
    assertEquals(archive.read(name, bytes.length), bytes);
    return Deno.statSync(path).size;
  };
  for (const name of ["images.gz", "chart.png", "data/more.zip"]) {
    assert(await sizeOf(name) > bytes.length, name);
  }
  for (const name of ["images.npy", "gz"]) assert(await sizeOf(name) < bytes.length / 10, name);
});

Deno.test("import reports a key with another result, and both results stay", async () => {
  await using place_ = await workspaceOfOneProcess();
  const of = (text: string, run: string) =>
    madeUpRun([{ name: "random/first", stage: "random", outputs: { out: utf8(text) } }], run);
  const [mine, theirs] = [
    of("mine", "20260101T000000Z-mine"),
    of("theirs", "20260101T000000Z-theirs"),
  ];
  const notices: string[] = [];
  const artifacts = join(place_.path, "artifacts");
  for (const run of [mine, theirs]) {
    const elsewhere = join(place_.path, run.manifest.run);
    place(elsewhere, run);
    const file = join(place_.path, `${run.manifest.run}.zip`);
    await exportRun(elsewhere, run.manifest.run, file, nobody, quiet);
    await importRun(artifacts, file, {
      onProgress() {},
      onNotice: (notice) => notices.push(notice.reason),
    });
  }
  assertEquals(notices, ["own-result-kept"]);
  const store = openStore(join(artifacts, "store"));
  const [{ sha256: key }] = actionsIn(store);
  const { out } = readAction(store, key, () => {})!.outputs;
  assertEquals(await Deno.readTextFile(blobPath(store, out.sha256)), "mine");
  assertEquals(
    await Deno.readTextFile(join(artifacts, "runs", theirs.manifest.run, "random/first/out")),
    "theirs",
  );
});

Deno.test("another run under the same name is not overwritten", async () => {
  await using place_ = await workspaceOfOneProcess();
  const artifacts = join(place_.path, "artifacts");
  const there = wholeRun();
  place(artifacts, there);
  const elsewhere = join(place_.path, "elsewhere");
  place(elsewhere, failedRun());
  const file = join(place_.path, "run.zip");
  await exportRun(elsewhere, there.manifest.run, file, nobody, quiet);
  const before = tree(artifacts);
  const error = await assertRejects(() => importRun(artifacts, file, quiet), Failed);
  assertEquals(error.failure.reason, "run-exists");
  assertEquals(tree(artifacts), before);
});

Deno.test("export and import report bad arguments", async () => {
  await using place_ = await workspaceOfOneProcess();
  const cases: [args: string[], message: string][] = [
    [["export"], "export found 0 names; expected RUN"],
    [["export", "latest"], `No run is named "latest"`],
    [["import"], "import found 0 names; expected FILE"],
    [["import", join(place_.path, "nothing.zip")], "found nothing at"],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await fanin(place_, args);
    assertEquals(code, 2);
    assertStringIncludes(err, message);
  }
});

Deno.test("an imported result that its stage cannot produce is reported and recomputed", async () => {
  await using place = await workspaceOfOneProcess();
  await using other = await workspaceOfOneProcess();
  const only = ["reproduce", "--only", "slow/first"];
  assertEquals((await fanin(place, only)).code, 0);
  const [id] = runsIn(place.path);
  const directory = join(place.path, "artifacts", "runs", id);
  const manifest: Manifest = await readJson(directory, "manifest.json");
  // JSON as good as any, in a run that fits itself, under the key that the stage has here.
  const parity = utf8('{"even":true}\n');
  const { numbers } = manifest.jobs.find(({ name }) => name === "slow/first")!.outputs;
  Object.assign(numbers, { sha256: sha256Of(parity), size: parity.length });
  const entries = ["metrics.json", "summary.txt", "claims.json", "claims.md"].map((name) => ({
    name,
    data: Deno.readFileSync(join(directory, name)),
  }));
  entries.push({ name: "manifest.json", data: utf8(canonicalJson(manifest) + "\n") });
  entries.push({ name: numbers.file, data: parity });
  const { file } = manifest.jobs.find(({ name }) => name === "numbers/first")!.outputs.numbers;
  entries.push({ name: file, data: Deno.readFileSync(join(directory, file)) });
  const sums = checksumsText(entries.map(({ name, data }) => [name, data]));
  entries.push({ name: checksumsFile, data: utf8(sums) });
  const archive = join(other.path, "run.zip");
  await Deno.writeFile(archive, zipBytes(entries));
  const imported = await fanin(other, ["import", archive]);
  assertEquals(imported.code, 0, imported.err);
  const ran = await fanin(other, only);
  assertEquals(ran.code, 0, ran.err);
  assertStringIncludes(
    ran.err,
    "slow/first is computed again: its entry has an output numbers that is not of the type numbers",
  );
  assertStringIncludes(ran.out, "1 ran, 2 cached");
  assertStringIncludes((await fanin(other, only)).out, "up to date");
});
