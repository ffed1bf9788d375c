/**
 * Tests that an edit of any file of an exported archive is noticed, also of an older version's, and that small
 * artifacts lie at each path.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { checksums, descriptions, runFiles } from "../../../pipeline/archive/contents.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { madeUpRun, metricsBytes, place } from "../../support/made_up_run.ts";
import { tree } from "../../support/copied_files.ts";
import { utf8 } from "../../support/utf8.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { zipBytes } from "../../support/zip_bytes.ts";
import { quiet } from "../../support/archived_runs.ts";

const model = utf8('{"layers":2}\n');
const large = new Uint8Array(70_000);
const run = madeUpRun([
  { name: "train/one", stage: "train", outputs: { model, weights: utf8("1"), zeros: large } },
  {
    name: "train/two",
    stage: "train",
    parameters: { seed: 2 },
    outputs: { model, weights: utf8("2"), zeros: large, metrics: metricsBytes({ loss: 0.5 }) },
  },
]);

/** The exported files by their paths. */
async function exported({ path }: Workspace): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const here = join(path, "here");
  place(here, run);
  const file = join(path, "run.zip");
  await exportRun(here, run.manifest.run, file, { authors: [] }, quiet);
  using archive = await openArchive(file);
  return new Map([...archive.sizes.keys()].map((name) => [name, archive.read(name, 1 << 20)!]));
}

/** Imports an archive of these files, which the tests then write anew; `then` is what the import made. */
async function imported(here: Workspace, files: Map<string, Uint8Array>) {
  const file = join(here.path, "edited.zip");
  const artifacts = join(here.path, "there");
  const write = (changed: Map<string, Uint8Array>) =>
    Deno.writeFile(file, zipBytes([...changed].map(([name, data]) => ({ name, data }))));
  await write(files);
  assertEquals((await importRun(artifacts, file, quiet)).isNew, true);
  return { file, artifacts, write, then: tree(artifacts) };
}

Deno.test("an archive in which any byte of a file that is no artifact was edited is refused", async () => {
  await using here = await workspace();
  const files = await exported(here);
  const { file, artifacts, write, then } = await imported(here, files);
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

/** The same files as an older version exported them: without README.md, SHA256SUMS and any word of them. */
function older(files: Map<string, Uint8Array<ArrayBuffer>>): Map<string, Uint8Array<ArrayBuffer>> {
  const { "README.md": _readme, [checksums]: _sums, ...others } = Object.fromEntries(files);
  const crate = JSON.parse(new TextDecoder().decode(files.get("ro-crate-metadata.json")));
  const isOlder = ({ "@id": id }: { "@id": string }) => id !== "README.md" && id !== checksums;
  crate["@graph"] = crate["@graph"].filter(isOlder);
  for (const { hasPart } of crate["@graph"]) {
    if (hasPart !== undefined) hasPart.splice(0, hasPart.length, ...hasPart.filter(isOlder));
  }
  const text = JSON.stringify(crate, null, 2) + "\n";
  return new Map(Object.entries({ ...others, "ro-crate-metadata.json": utf8(text) }));
}

Deno.test("an archive without SHA256SUMS is one of an older version, and its statement has the hashes", async () => {
  await using here = await workspace();
  const files = await exported(here);
  const old = older(files);
  const { file, artifacts, write, then } = await imported(here, old);

  const statement = "provenance.intoto.json";
  const added = { "claims.md": utf8("No claim.\n") };
  const edited = { "summary.txt": utf8("edited\n") };
  const emptied = utf8('{"predicate":{"runDetails":{"byproducts":[]}}}');
  const cases: [changed: Map<string, Uint8Array | undefined>, said: string][] = [
    [new Map([...files, [checksums, undefined]]), "it lacks SHA256SUMS, which its README.md names"],
    [
      new Map([...files, [checksums, undefined], ["README.md", undefined]]),
      "it lacks SHA256SUMS, which its ro-crate-metadata.json names",
    ],
    ...[...old.keys()].filter((name) => descriptions.some((one) => one === name)).map((
      name,
    ): typeof cases[0] => [
      new Map([...old, [name, undefined]]),
      `it has neither SHA256SUMS nor ${name}`,
    ]),
    [
      new Map([...old, ...Object.entries(edited)]),
      `its ${statement} and its files disagree at summary.txt`,
    ],
    [
      new Map([...old, ...Object.entries(added)]),
      `its ${statement} and its files disagree at claims.md`,
    ],
    [
      new Map([...old, [statement, emptied]]),
      `its ${statement} and its files disagree at manifest.json`,
    ],
    [new Map([...old, [statement, utf8("{}")]]), "Expected the hashes of the run's own files"],
  ];
  for (const [changed, said] of cases) {
    await write(new Map([...changed].flatMap(([name, data]) => data ? [[name, data]] : [])));
    const { message } = await assertRejects(() => importRun(artifacts, file, quiet), Failed);
    assertStringIncludes(message, said);
  }
  assertEquals(tree(artifacts), then);
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
