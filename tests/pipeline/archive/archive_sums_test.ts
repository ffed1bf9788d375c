/** Tests that an edit of any file of an exported archive is noticed, and that small artifacts lie at each path. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { checksums, descriptions, runFiles } from "../../../pipeline/archive/contents.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { figures, madeUpRun, place, tree, utf8 } from "../../support/made_up_run.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { zipBytes } from "../../support/zip_bytes.ts";

const model = utf8('{"layers":2}\n');
const large = new Uint8Array(70_000);
const run = madeUpRun([
  { name: "train/one", stage: "train", outputs: { model, weights: utf8("1"), zeros: large } },
  {
    name: "train/two",
    stage: "train",
    parameters: { seed: 2 },
    outputs: { model, weights: utf8("2"), zeros: large, metrics: figures({ loss: 0.5 }) },
  },
]);

const quiet = { onProgress() {}, onNotice() {} };

/** The exported files by their paths. */
async function exported({ path }: Workspace): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const here = join(path, "here");
  place(here, run);
  const file = join(path, "run.zip");
  await exportRun(here, run.manifest.run, file, { authors: [] }, () => {});
  using archive = await openArchive(file);
  return new Map([...archive.sizes.keys()].map((name) => [name, archive.read(name, 1 << 20)!]));
}

Deno.test("an archive in which any byte of a file that is no artifact was edited is refused", async () => {
  await using here = await workspace();
  const files = await exported(here);
  const file = join(here.path, "edited.zip");
  const artifacts = join(here.path, "there");
  const write = (changed: Map<string, Uint8Array>) =>
    Deno.writeFile(file, zipBytes([...changed].map(([name, data]) => ({ name, data }))));
  await write(files);
  assertEquals((await importRun(artifacts, file, quiet)).isNew, true);
  const then = tree(artifacts);
  const others = [...descriptions, checksums, ...runFiles.map(({ path }) => path)]
    .filter((name) => files.has(name));
  assertEquals(others.length, descriptions.length + 4);
  for (const name of others) {
    const bytes = files.get(name)!;
    const places = [0, bytes.length - 1]
      .concat(Array.from({ length: 4 }, (_, i) => Math.floor(bytes.length * (i + 0.5) / 4)));
    for (const at of places) {
      const edited = bytes.slice();
      edited[at] ^= 1;
      await write(new Map([...files, [name, edited]]));
      await assertRejects(() => importRun(artifacts, file, quiet), Failed);
    }
    await write(new Map([...files, [name, bytes.subarray(0, bytes.length - 1)]]));
    await assertRejects(() => importRun(artifacts, file, quiet), Failed);
  }
  assertEquals(tree(artifacts), then);
  for (const name of ["summary.txt", "ro-crate-metadata.json"]) {
    await write(new Map([...files, [name, utf8("edited\n")]]));
    const { message } = await assertRejects(() => importRun(artifacts, file, quiet), Failed);
    assertStringIncludes(message, `its SHA256SUMS and its files disagree at ${name}`);
    const without = new Map(files);
    without.delete(name);
    await write(without);
    await assertRejects(() => importRun(artifacts, file, quiet), Failed);
  }
});

Deno.test("SHA256SUMS is what sha256sum checks", async () => {
  await using here = await workspace();
  const files = await exported(here);
  const directory = join(here.path, "unpacked");
  for (const [name, bytes] of files) {
    await Deno.mkdir(join(directory, name, ".."), { recursive: true });
    await Deno.writeFile(join(directory, name), bytes);
  }
  const { code, stdout } = await new Deno.Command("sh", {
    args: ["-c", `sha256sum --strict --check ${checksums}`],
    cwd: directory,
  }).output();
  assertEquals(code, 0);
  const checked = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assertEquals(checked.length, files.size - 1);
});

Deno.test("a small artifact lies beside its like at each of its paths, a large one once", async () => {
  await using here = await workspace();
  const files = await exported(here);
  assertEquals(files.get("train/one/model"), files.get("train/two/model"));
  assert(files.has("train/one/zeros") && !files.has("train/two/zeros"));
  // A copy with other bytes is refused like any artifact.
  const file = join(here.path, "edited.zip");
  const entries = [...files].map(([name, data]) => ({
    name,
    data: name === "train/two/model" ? utf8('{"layers":3}\n') : data,
  }));
  await Deno.writeFile(file, zipBytes(entries));
  const { message } = await assertRejects(
    () => importRun(join(here.path, "there"), file, quiet),
    Failed,
  );
  assertStringIncludes(message, "train/two/model has");
});

Deno.test("README.md says what the run is, and no name in it is markup", async () => {
  await using here = await workspace();
  const text = new TextDecoder().decode((await exported(here)).get("README.md"));
  for (
    const part of [run.manifest.run, run.manifest.identity, "Authors: not named", "SHA256SUMS"]
  ) {
    assertStringIncludes(text, part);
  }
  const { readmeOf } = await import("../../../pipeline/archive/readme.ts");
  const hostile = readmeOf(
    { ...run.manifest, experiment: { ...run.manifest.experiment, about: "a\n# <b>[x](y)</b> |" } },
    [],
    { authors: [{ name: "<i>A</i>", family: "A" }], license: "MIT" },
  );
  assertStringIncludes(hostile, "a \\# \\<b\\>\\[x\\](y)\\</b\\> \\|");
  assertStringIncludes(hostile, "\\<i\\>A\\</i\\>");
  assertStringIncludes(hostile, "[MIT](https://spdx.org/licenses/MIT)");
});
