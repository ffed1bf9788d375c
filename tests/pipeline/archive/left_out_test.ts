/**
 * Tests exports that leave data out: they are small and follow the standards' rules, and whoever has the
 * bytes imports, verifies, compares and grades them as if they were whole.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { archivedFiles } from "../../../pipeline/archive/archive_source.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { parseAuthor } from "../../../pipeline/archive/credits.ts";
import { leftOut } from "../../../pipeline/archive/left_out.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { bytes } from "../../../pipeline/formats/bytes.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { blobPath, openStore, putBlob } from "../../../pipeline/store/store.ts";
import { brokenRules } from "../../support/crate_rules.ts";
import { madeUpId, madeUpRun, metricsBytes, place } from "../../support/made_up_run.ts";
import { tree } from "../../support/copied_files.ts";
import { utf8 } from "../../support/utf8.ts";
import { finished } from "../../support/submitted_run.ts";
import { fanin, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";
import { cliOf } from "../../support/checkout.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";
import { quiet } from "../../support/archived_runs.ts";

const training = cliOf("training");

/** Bytes that deflate cannot make small. */
const images = crypto.getRandomValues(new Uint8Array(60_000));
const scaled = images.map((byte) => byte ^ 255);

const run = madeUpRun([
  { name: "download/it", stage: "download", outputs: { images } },
  {
    name: "normalize/it",
    stage: "normalize",
    inputs: { images: ["download/it", "images"] },
    outputs: { scaled, copy: images, metrics: metricsBytes({ mean: 0.5 }) },
  },
  { name: "draw/it", stage: "draw", outputs: { weights: utf8("initial") } },
  {
    name: "train/it",
    stage: "train",
    inputs: { scaled: ["normalize/it", "scaled"], weights: ["draw/it", "weights"] },
    outputs: { weights: utf8("trained"), log: utf8("lines"), metrics: metricsBytes({ loss: 0.1 }) },
  },
]);

const binary = bytes("bytes", { extension: ".bin", mediaType: "application/octet-stream" });
const common = { module: import.meta.url, about: "never runs", run: () => Promise.reject() };

const dag = defineDag((job) => {
  const outputs = { images: binary, scaled: binary, weights: binary };
  const access = { net: ["example.org"] };
  const download = defineStage({ ...common, name: "download", outputs, access });
  const normalize = defineStage({
    ...common,
    name: "normalize",
    inputs: { images: binary },
    outputs,
  });
  const draw = defineStage({ ...common, name: "draw", outputs });
  const train = defineStage({
    ...common,
    name: "train",
    inputs: { scaled: binary, weights: binary },
    outputs,
  });
  const { images } = job("download/it", download, { inputs: {} });
  const { scaled } = job("normalize/it", normalize, { inputs: { images } });
  const { weights } = job("draw/it", draw, { inputs: {} });
  job("train/it", train, { inputs: { scaled, weights } });
});

/** Exports the made-up run of a place without some sets; gives the archive's path. */
async function exported(here: Workspace, data: boolean, sets: string[] = []) {
  const artifacts = join(here.path, "artifacts");
  place(artifacts, run);
  const path = join(here.path, `${crypto.randomUUID()}.zip`);
  const isLeftOut = leftOut(run.manifest, dag, { data, sets });
  const result = await exportRun(
    artifacts,
    madeUpId,
    path,
    { authors: [] },
    quiet,
    isLeftOut,
  );
  using archive = await openArchive(path);
  return { path, result, names: [...archive.sizes.keys()].filter((name) => name.includes("/")) };
}

Deno.test("an export without data has all else, and says what it lacks", async () => {
  await using here = await workspaceOfOneProcess();
  const { path, result, names } = await exported(here, true);
  assertEquals(names, [
    "normalize/it/metrics",
    "draw/it/weights",
    "train/it/log",
    "train/it/metrics",
    "train/it/weights",
  ]);
  assertEquals(result.leftOut, { artifacts: 2, bytes: 120_000 });
  assert(Deno.statSync(path).size < 60_000);
});

Deno.test("an export replaces only itself: an archive of other parts or credits stays as it is", async () => {
  await using here = await workspaceOfOneProcess();
  const { path } = await exported(here, true);
  const artifacts = join(here.path, "artifacts");
  const again = (data: boolean, authors: string[] = []) => {
    const isLeftOut = leftOut(run.manifest, dag, { data, sets: [] });
    const credits = { authors: authors.map(parseAuthor) };
    return exportRun(artifacts, madeUpId, path, credits, quiet, isLeftOut);
  };
  const before = await Deno.readFile(path);
  for (const [data, authors] of [[false, []], [true, ["Ada Lovelace"]]] as const) {
    await assertRejects(() => again(data, [...authors]), Failed, "is not what this export would");
    assertEquals(await Deno.readFile(path), before);
  }
  await again(true);
  assertEquals(await Deno.readFile(path), before);
  await Deno.writeTextFile(path, "notes of mine");
  await assertRejects(() => again(true), Failed, "is not what this export would");
  assertEquals(await Deno.readTextFile(path), "notes of mine");
});

Deno.test("sets are jobs, groups, patterns and outputs; metrics stay, and so do bytes that are wanted once", async () => {
  for (
    const [sets, lacks] of [
      [["train"], ["train/it/log", "train/it/weights"]],
      [["train/it"], ["train/it/log", "train/it/weights"]],
      [["train/it/log"], ["train/it/log"]],
      [["*/it/weights"], ["draw/it/weights", "train/it/weights"]],
      // The copy has the same bytes.
      [["download"], []],
      [["download", "normalize/it/copy"], ["download/it/images", "normalize/it/copy"]],
    ]
  ) {
    await using here = await workspaceOfOneProcess();
    const whole = (await exported(here, false)).names;
    const { names } = await exported(here, false, sets);
    assertEquals(whole.filter((name) => !names.includes(name)), lacks, sets.join());
  }
  const unknown = await assertRejects(
    () =>
      Promise.resolve().then(() => leftOut(run.manifest, dag, { data: false, sets: ["trian"] })),
    Failed,
  );
  assertStringIncludes(unknown.message, "train/it/weights");
});

Deno.test("the crate of a small export follows every rule, and names what it lacks by its hash", async () => {
  await using here = await workspaceOfOneProcess();
  const { path } = await exported(here, true);
  using archive = await openArchive(path);
  const text = new TextDecoder().decode(archive.read("ro-crate-metadata.json", 1 << 20));
  const crate = JSON.parse(text);
  assertEquals(brokenRules(crate), []);
  const files: Record<string, unknown>[] = crate["@graph"]
    .filter((entity: Record<string, unknown>) => [entity["@type"]].flat().includes("File"));
  for (const file of files) {
    const id = String(file["@id"]);
    if (id.startsWith("ni:///sha-256;")) continue;
    assert(archive.sizes.has(decodeURIComponent(id)), `${id} is not in the crate`);
  }
  const left = files.filter((file) => String(file["@id"]).startsWith("ni:"));
  assertEquals(left.map(({ name }) => name), ["download/it/images", "normalize/it/scaled"]);
  const hash = Uint8Array.fromBase64(String(left[0]["@id"]).split(";")[1], {
    alphabet: "base64url",
  });
  assertEquals(hash.toHex(), left[0].sha256);
});

Deno.test("a store that has the data imports a small export whole, and verifies it", async () => {
  await using from = await workspaceOfOneProcess();
  const { path } = await exported(from, true);
  await using to = await workspaceOfOneProcess();
  const artifacts = join(to.path, "artifacts");
  const store = openStore(join(artifacts, "store"));
  for (const data of [images, scaled]) putBlob(store, data);
  const imported = await importRun(artifacts, path, quiet);
  assertEquals([imported.isNew, imported.artifacts, imported.added], [true, 7, 5]);
  const own = (at: string) => tree(join(at, "artifacts", "runs", madeUpId));
  assertEquals(own(to.path), own(from.path));
  const verified = await fanin(to, ["verify"]);
  assertEquals(verified.code, 0, verified.out);
  // Damage to what came from the store itself is found as any other.
  const blob = blobPath(store, run.manifest.jobs[0].outputs.images.sha256);
  await Deno.chmod(blob, 0o644);
  await Deno.writeTextFile(blob, "damaged");
  const damaged = await fanin(to, ["verify"]);
  assertEquals(damaged.code, 1);
  assertStringIncludes(damaged.out, "download/it images of run");
});

Deno.test("a store without the data names it and how to get it, and stays as it was", async () => {
  await using from = await workspaceOfOneProcess();
  const { path } = await exported(from, true);
  await using to = await workspaceOfOneProcess();
  const artifacts = join(to.path, "artifacts");
  putBlob(openStore(join(artifacts, "store")), scaled);
  const before = tree(artifacts);
  const { code, err } = await fanin(to, ["import", path]);
  assertEquals(code, 2);
  assertStringIncludes(err, "leaves out 1 artifact (58.6 KiB)");
  assertStringIncludes(err, "download/it/images");
  assertStringIncludes(err, "deno task reproduce --experiment made-up --only download/it");
  assertEquals(tree(artifacts), before);
});

Deno.test("a small export is read with the data of the store here, and no other bytes count", async () => {
  await using from = await workspaceOfOneProcess();
  const { path } = await exported(from, true);
  await using to = await workspaceOfOneProcess();
  const artifacts = join(to.path, "artifacts");
  const open = () => openRun(artifacts, path, { archive: archivedFiles });
  {
    using source = await open();
    assertEquals(source.read("download/it", "images"), undefined);
    assertEquals(source.read("train/it", "weights"), utf8("trained"));
  }
  const store = openStore(join(artifacts, "store"));
  putBlob(store, images);
  {
    using source = await open();
    assertEquals(source.read("download/it", "images"), images);
    assertEquals(source.read("normalize/it", "copy"), images);
  }
  const blob = blobPath(store, run.manifest.jobs[0].outputs.images.sha256);
  await Deno.chmod(blob, 0o644);
  await Deno.writeTextFile(blob, "other bytes");
  using source = await open();
  assertEquals(source.read("download/it", "images"), undefined);
});

testOnLinux(
  "a submission without its weights is graded by the store here, a link to one too",
  async () => {
    await using place = await workspaceOfOneProcess();
    await finished(place);
    const archive = join(place.path, "run.zip");
    const made = await fanin(
      place,
      ["export", "latest", "--without", "train/net", "--output", archive],
      training,
    );
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(made.out, "Left out: ");
    const graded = () =>
      fanin(
        place,
        ["grade", archive, "--expected", join(place.path, "expected.json"), "--json"],
        training,
      );
    const store = join(place.path, "artifacts", "store");
    const elsewhere =
      (await shell(`at=$(mktemp -d) && mv ${quoted(store)} $at && echo $at`, place.path))
        .out.trim();
    const without = JSON.parse((await graded()).out);
    const [weights] = without.items.filter(({ id }: { id: string }) => id === "weights");
    assertStringIncludes(weights.explanation, "neither in the submission nor in the store here");
    assertStringIncludes(weights.explanation, "deno task reproduce --only train/net");
    await shell(`rm -rf ${quoted(store)} && ln -s ${elsewhere}/store ${quoted(store)}`, place.path);
    const { points, maxPoints, passed } = JSON.parse((await graded()).out);
    assertEquals([points, passed], [maxPoints, true]);
    await shell(`rm -r ${elsewhere}`, place.path);
  },
);
