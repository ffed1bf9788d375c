/** Tests exported runs: their metadata follow the standards' rules, and importing restores the run. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { archivedFiles } from "../../../pipeline/archive/archive_source.ts";
import { checksumsFile, checksumsText } from "../../../pipeline/runs/checksums.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { citationOf } from "../../../pipeline/archive/citation.ts";
import { artifactsOf, descriptions } from "../../../pipeline/archive/contents.ts";
import { type Credits, parseAuthor } from "../../../pipeline/archive/credits.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { statementOf } from "../../../pipeline/archive/provenance.ts";
import { crateOf } from "../../../pipeline/archive/ro_crate.ts";
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
import { brokenRules, ofCredits, rules, unknown } from "../../support/crate_rules.ts";
import {
  figures,
  type MadeUpJob,
  type MadeUpRun,
  madeUpRun,
  place,
} from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { readJson, tree } from "../../support/copied_files.ts";
import { root } from "../../support/checkout.ts";
import { zipBytes } from "../../support/zip_bytes.ts";

const quiet = { onProgress() {}, onNotice() {} };
const nobody: Credits = { authors: [] };
const credited: Credits = {
  authors: ["Ada Lovelace <0000-0002-1825-0097>", "Grace Hopper"].map(parseAuthor),
  license: "CC-BY-4.0",
};
const named: Credits = { ...credited, authors: credited.authors.slice(0, 1) };

const numbers: MadeUpJob = {
  name: "numbers/first",
  stage: "source",
  parameters: { values: [1, 2], name: "ünï cödé %", ratio: 0.5, deep: { a: null } },
  outputs: { numbers: utf8("[1,2]\n"), "odd name #1%.txt": utf8("x") },
};
const whole = () =>
  madeUpRun([
    numbers,
    {
      name: "double/first",
      stage: "double",
      status: "cached",
      inputs: { numbers: ["numbers/first", "numbers"] },
      outputs: { numbers: utf8("[2,4]\n"), copy: utf8("[1,2]\n"), metrics: figures({ sum: 6 }) },
    },
    {
      name: "double/again",
      stage: "double",
      inputs: { numbers: ["double/first", "numbers"] },
      parameters: { times: 2 },
      outputs: { numbers: utf8("[4,8]\n") },
    },
  ]);
const failed = () =>
  madeUpRun([
    numbers,
    {
      name: "fragile/first",
      stage: "fragile",
      status: "failed",
      inputs: { numbers: ["numbers/first", "numbers"] },
    },
    {
      name: "after/first",
      stage: "after",
      status: "skipped",
      inputs: { numbers: ["fragile/first", "numbers"] },
    },
  ]);

const crate = ({ manifest, files }: MadeUpRun, credits = nobody) =>
  crateOf(
    manifest,
    artifactsOf(manifest),
    new Map([
      ...[...files].map(([path, { length }]) => [path, length] as const),
      ...descriptions.map((path) => [path, 1] as const),
    ]),
    credits,
  );

Deno.test("the crate of a run, whole or failed, follows every rule of the profiles", () => {
  for (const run of [whole(), failed()]) {
    assertEquals(brokenRules(crate(run)), []);
    assertEquals(brokenRules(crate(run, credited)), []);
    assertEquals(brokenRules(crate(run, named), [...rules, ...ofCredits]), []);
  }
});

Deno.test("removing any entity from a crate breaks a rule", () => {
  // The profiles do not ask for these, but readers use them.
  const free = (id: string) =>
    /^https:\/\/(www\.npmjs|deno)\.com|^#(parameter|output|value)\//.test(id);
  const complete = JSON.parse(JSON.stringify(crate(whole(), named)));
  for (const entity of complete["@graph"]) {
    if (free(entity["@id"])) continue;
    const without = complete["@graph"].filter((other: unknown) => other !== entity);
    assert(
      brokenRules({ "@graph": without }, [...rules, ...ofCredits]).length > 0,
      `without ${entity["@id"]}`,
    );
  }
});

Deno.test("each rule fails when its required property is removed", () => {
  const complete = JSON.stringify(crate(whole(), credited));
  const broken = new Set<string>();
  const notice = (graph: unknown) => {
    for (const found of brokenRules({ "@graph": graph })) {
      broken.add(rules.find(({ profile, name }) => found.startsWith(`${profile}: ${name}`))!.name);
    }
  };
  const graph = JSON.parse(complete)["@graph"];
  for (let i = 0; i < graph.length; i++) {
    for (const property of Object.keys(graph[i])) {
      const without = JSON.parse(complete)["@graph"];
      delete without[i][property];
      notice(without);
    }
    notice([...graph, graph[i]]);
    notice(graph.toSpliced(i, 1));
    notice(graph.with(i, { ...graph[i], "@type": "Thing" }));
    notice(graph.with(i, { ...graph[i], "@id": `../${graph[i]["@id"]}` }));
  }
  const backwards = JSON.parse(complete)["@graph"];
  for (const entity of backwards) {
    if (entity["@type"] === "HowToStep") entity.position = String(9 - Number(entity.position));
    if (entity["@id"] === "#run") entity.error = "none";
  }
  notice(backwards);
  assertEquals(rules.map(({ name }) => name).filter((name) => !broken.has(name)), []);
});

Deno.test("each recommendation about credits fails without them, and the docs name what no run knows", async () => {
  const broken = brokenRules(crate(whole(), { authors: [parseAuthor("Ada")] }), ofCredits);
  assertEquals(broken.length, 2, broken.join("\n"));
  assertEquals(brokenRules(crate(whole()), ofCredits).length, 4);
  const text = await Deno.readTextFile(join(root, "docs", "sharing.md"));
  for (const property of unknown) assertStringIncludes(text, `\`${property}\``);
});

/** SLSA build provenance v1 and in-toto Statement v1: what they require, each by its name there. */
const statementRules: [
  name: string,
  holds: (statement: ReturnType<typeof statementOf>) => boolean,
][] = [
  ["_type", (s) => s._type === "https://in-toto.io/Statement/v1"],
  [
    "subject: each has a digest",
    (s) =>
      s.subject.length > 0 &&
      s.subject.every(({ digest }) => /^[0-9a-f]{64}$/.test(digest!.sha256)),
  ],
  [
    "subject: names are unique",
    (s) => new Set(s.subject.map(({ name }) => name)).size === s.subject.length,
  ],
  ["predicateType", (s) => s.predicateType === "https://slsa.dev/provenance/v1"],
  ["buildType is a URI", (s) => URL.canParse(s.predicate.buildDefinition.buildType)],
  ["externalParameters", (s) => typeof s.predicate.buildDefinition.externalParameters === "object"],
  ["external and internal parameters have no name in common", ({ predicate }) => {
    const { externalParameters, internalParameters } = predicate.buildDefinition;
    return Object.keys(externalParameters).every((name) => !(name in internalParameters));
  }],
  [
    "a resource has uri, digest or content",
    ({ predicate }) =>
      [...predicate.buildDefinition.resolvedDependencies, ...predicate.runDetails.byproducts]
        .every(({ uri, digest }) => uri !== undefined || digest !== undefined),
  ],
  [
    "digests are lower-case hexadecimal",
    ({ predicate }) =>
      predicate.buildDefinition.resolvedDependencies.flatMap(({ digest }) =>
        Object.values(digest ?? {})
      ).every((value) => /^[0-9a-f]+$/.test(value)),
  ],
  ["builder.id is a URI", (s) => URL.canParse(s.predicate.runDetails.builder.id)],
  [
    "timestamps are RFC 3339 in UTC",
    ({ predicate: { runDetails: { metadata } } }) =>
      [metadata.startedOn, metadata.finishedOn].every((time) =>
        /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time)
      ),
  ],
];

Deno.test("the statement follows in-toto and SLSA, and names every artifact by its bytes", () => {
  for (const { manifest, files } of [whole(), failed()]) {
    const artifacts = artifactsOf(manifest);
    const statement = statementOf(manifest, artifacts, [
      { path: "metrics.json", mediaType: "application/json", sha256: sha256Of("x") },
    ]);
    for (const [name, holds] of statementRules) assert(holds(statement), name);
    for (const { name, digest } of statement.subject) {
      assertEquals(digest!.sha256, sha256Of(files.get(name!)!));
    }
    const { resolvedDependencies, internalParameters } = statement.predicate.buildDefinition;
    assert(resolvedDependencies.some(({ name }) => name === "stage source"));
    const zod = resolvedDependencies.find(({ uri }) => uri === "pkg:npm/zod@4.6.7");
    assertEquals(zod?.digest, { faninLockedClosure: sha256Of("zod") });
    assert(resolvedDependencies.every(({ digest }) => Object.keys(digest ?? {}).length > 0));
    assert("jobs" in internalParameters);
  }
});

/** Reads CITATION.cff: key → value, for this form of YAML. */
const cited = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, key, value] = /^(?: {2}[- ] (?=[a-z-]*name|orcid))?([a-z-]+): (.+)$/.exec(line) ??
        [];
      return key === undefined ? [] : [[key, value.startsWith('"') ? JSON.parse(value) : value]];
    }),
  );

Deno.test("CITATION.cff has what version 1.2.0 requires, whatever the names are", () => {
  const { manifest } = whole();
  const plain = cited(citationOf(manifest, nobody));
  for (const key of ["cff-version", "message", "title", "authors", "type"]) {
    assertMatch(citationOf(manifest, nobody), new RegExp(`^${key}:`, "m"));
  }
  assertEquals(plain["cff-version"], "1.2.0");
  assertEquals(plain.type, "dataset");
  assertEquals(plain["date-released"], "2026-01-02");
  assertEquals(plain.commit, "0123456789abcdef0123456789abcdef01234567");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (family) => {
      const license = "https://example.org/x";
      const text = citationOf(manifest, { authors: [{ name: family, family }], license });
      const found = cited(text);
      assertEquals(found["family-names"], family.isWellFormed() ? family : found["family-names"]);
      assertEquals(found["license-url"], license);
      assert(!/(?!\n)\p{Cc}/u.test(text), "YAML has no such characters");
    }),
    { numRuns: 50 },
  );
});

Deno.test("CITATION.cff has people as persons and a license of the SPDX list", () => {
  const text = citationOf(whole().manifest, credited);
  assertStringIncludes(
    text,
    `authors:
  - family-names: "Lovelace"
    given-names: "Ada"
    orcid: "https://orcid.org/0000-0002-1825-0097"
  - family-names: "Hopper"
    given-names: "Grace"
`,
  );
  assertEquals(cited(text).license, "CC-BY-4.0");
  assertEquals(cited(text)["license-url"], undefined);
});

/** Runs of any shape: each job takes outputs of those before it. */
const anyRun = fc.array(
  fc.record({
    stage: fc.constantFrom("one", "two", "three"),
    parameters: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 3,
    }),
    contents: fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 3 }),
    takes: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
    figure: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 5 },
).map((shapes) =>
  madeUpRun(shapes.map(({ stage, parameters, contents, takes, figure }, i) => ({
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
      ...(figure === undefined ? {} : { metrics: figures({ figure }) }),
    },
  })))
);

Deno.test("exporting and importing a run preserves its files, and exporting it again gives the same bytes", async () => {
  await using place_ = await workspaceOfOneProcess();
  let n = 0;
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      assertEquals(brokenRules(crate(run)), []);
      const [a, b] = ["a", "b"].map((name) => join(place_.path, `${name}${n}`));
      n++;
      place(a, run);
      const files = ["1.zip", "2.zip", "3.zip"].map((name) => join(a, name));
      const { run: id } = run.manifest;
      await exportRun(a, id, files[0], nobody, () => {});
      await exportRun(a, id, files[1], nobody, () => {});
      const imported = await importRun(b, files[0], quiet);
      assertEquals(imported.isNew, true);
      assertEquals(tree(join(b, "runs")), tree(join(a, "runs")));
      await exportRun(b, id, files[2], nobody, () => {});
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
  const again = await fanin(one, ["export", "latest", "--output", file]);
  assertEquals(again.code, 2);
  assertStringIncludes(again.err, "exists; expected the name of a file to make");

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
  const run = whole();
  const { manifest, files } = run;
  const file = join(place_.path, "run.zip");
  place(place_.path, run);
  await exportRun(place_.path, manifest.run, file, nobody, () => {});
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
    data: name === "double/first/metrics" ? figures({ sum: 7 }) : data,
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
  const run = whole();
  place(place_.path, run);
  const output = join(place_.path, "run.zip");
  await Deno.writeTextFile(output, "before");
  const artifact = join(place_.path, "runs", run.manifest.run, "double/first/numbers");
  await Deno.writeTextFile(artifact, "[2,5]\n");
  const error = await assertRejects(
    () => exportRun(place_.path, run.manifest.run, output, nobody, () => {}),
    Failed,
  );
  assertEquals(error.failure.reason, "damaged-output");
  assertEquals(await Deno.readTextFile(output), "before");
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
    const file = join(place_.path, "run.zip");
    await exportRun(elsewhere, run.manifest.run, file, nobody, () => {});
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
  const there = whole();
  place(artifacts, there);
  const elsewhere = join(place_.path, "elsewhere");
  place(elsewhere, failed());
  const file = join(place_.path, "run.zip");
  await exportRun(elsewhere, there.manifest.run, file, nobody, () => {});
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
