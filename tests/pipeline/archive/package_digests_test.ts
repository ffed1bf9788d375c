/** Tests the digests of packages: an exported run has those that npm publishes, and a run without them goes on to work. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { artifactsOf } from "../../../pipeline/archive/contents.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { statementOf } from "../../../pipeline/archive/provenance.ts";
import { lockedPackages, readLock } from "../../../pipeline/engine/code/locked_packages.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { oneMetric } from "../../fixtures/counting/one_metric.ts";
import { fanin, faninEach, runsIn, workspace } from "../../support/workspace.ts";
import { copyTree } from "../../support/copied_files.ts";
import { root } from "../../support/checkout.ts";
import { quiet } from "../../support/archived_runs.ts";

const nobody = { authors: [] };

type Statement = ReturnType<typeof statementOf>;

const denoLock: { npm: Record<string, { integrity: string }> } = JSON.parse(
  await Deno.readTextFile(join(root, "deno.lock")),
);

/** The SHA-512 that deno.lock has for a package, in hexadecimal. */
function lockedDigest(name: string, version: string): string {
  const [entry] = Object.entries(denoLock.npm).filter(([key]) =>
    key.split("_")[0] === `${name}@${version}`
  );
  return Buffer.from(entry[1].integrity.split("-")[1], "base64").toString("hex");
}

/** The packages of a statement: purl → digests. */
const packagesIn = ({ predicate }: Statement): Record<string, Record<string, string>> =>
  Object.fromEntries(
    predicate.buildDefinition.resolvedDependencies
      .flatMap(({ uri, digest }) => uri === undefined ? [] : [[uri, digest!]]),
  );

const read = async (file: string): Promise<Statement> => {
  using archive = await openArchive(file);
  return JSON.parse(new TextDecoder().decode(archive.read("provenance.intoto.json", 1 << 24)));
};

/** The reference run as an older version would have recorded it, without packages' digests. */
const { integrity: _, ...reference } = Manifest.parse(
  JSON.parse(await Deno.readTextFile(join(root, "artifacts", "reference", "manifest.json"))),
);

/** Every package of deno.json that a stage could use: its name and its locked state. */
const allLocked = async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const ranges = (Object.entries(imports) as [string, string][])
    .filter(([, target]) => target.startsWith("npm:"))
    .map(([name, target]) => ({ name, range: target.slice("npm:".length) }));
  return lockedPackages(ranges, readLock(root));
};

Deno.test("each package of the import map has the SHA-512 of deno.lock, also one with peers or a scope", async () => {
  const packages = await allLocked();
  assert(packages.some(({ name }) => name === "@tensorflow/tfjs-backend-wasm"));
  for (const { name, version, published } of packages) {
    const digest = Buffer.from(published!.replace("sha512-", ""), "base64").toString("hex");
    assertEquals(digest, lockedDigest(name, version), name);
  }
});

Deno.test("a package has no digest under a name of the import map's own, nor where the lock has no SHA-512", () => {
  const lock = readLock(root);
  const [zod] = lockedPackages([{ name: "zod", range: "zod@4.6.7" }], lock);
  for (const name of ["other", "zo", "zod/mini"]) {
    const [other] = lockedPackages([{ name, range: "zod@4.6.7" }], lock);
    assertEquals(other, { name, version: zod.version, integrity: zod.integrity });
  }
  const sha512 = zod.published!;
  for (const integrity of [undefined, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", sha512.slice(0, -4)]) {
    const npm = { ...lock.npm, "zod@4.6.7": { integrity } };
    const [found] = lockedPackages([{ name: "zod", range: "zod@4.6.7" }], { ...lock, npm });
    assertEquals(Object.hasOwn(found, "published"), false, integrity);
  }
});

Deno.test("a statement names each package that a key names with npm's digest, and says nothing of others", async () => {
  const packages = await allLocked();
  const integrity = Object.fromEntries(
    packages.map(({ name, version, published }) => [`${name}@${version}`, published!]),
  );
  const old = statementOf(reference, artifactsOf(reference), []);
  const found = packagesIn(statementOf({ ...reference, integrity }, artifactsOf(reference), []));
  const named = Object.entries(reference.environment.packages);
  assert(named.length > 10);
  assertEquals(
    found,
    Object.fromEntries(named.map(([name, version]) => {
      const uri = `pkg:npm/${name.replace("@", "%40")}@${version}`;
      const sha512 = lockedDigest(name, version);
      return [uri, { sha512, ...packagesIn(old)[uri] }];
    })),
  );
  for (const digest of Object.values(packagesIn(old))) {
    assertEquals(Object.keys(digest), ["faninLockedClosure"]);
  }
  // One that is recorded with another version is not the one that the key names.
  const others = { "zod@4.6.8": integrity["zod@4.6.7"], "left-pad@1.3.0": integrity["zod@4.6.7"] };
  assertEquals(statementOf({ ...reference, integrity: others }, artifactsOf(reference), []), old);
});

Deno.test("a manifest with a digest of another form is refused", () => {
  const sha512 = denoLock.npm["zod@4.6.7"].integrity;
  Manifest.parse({ ...reference, integrity: { "zod@4.6.7": sha512 } });
  for (
    const forged of ["", sha512.slice(7), sha512 + "=", "sha256-" + sha512.slice(7), `${sha512}\n`]
  ) {
    assertThrows(() => Manifest.parse({ ...reference, integrity: { "zod@4.6.7": forged } }));
  }
});

/** Puts a run beside another: the same with other digests, or with none, as older versions recorded it. */
async function variant(
  artifacts: string,
  run: string,
  name: string,
  integrity: Manifest["integrity"],
): Promise<void> {
  const directory = join(artifacts, "runs", name);
  await copyTree(join(artifacts, "runs", run), directory);
  await Deno.remove(join(directory, "SHA256SUMS"));
  const path = join(directory, "manifest.json");
  const { integrity: _, ...manifest } = JSON.parse(await Deno.readTextFile(path));
  const text = canonicalJson({ ...manifest, run: name, ...(integrity && { integrity }) }) + "\n";
  await Deno.writeTextFile(path, text);
}

Deno.test("a run records npm's digests, and every machine exports it with them to the same bytes", async () => {
  await using one = await workspace();
  await using other = await workspace();
  await fanin(one, ["reproduce"]);
  const [run] = runsIn(one.path);
  const artifacts = join(one.path, "artifacts");
  const files = ["first", "second", "third"].map((name) => join(one.path, `${name}.zip`));
  for (const file of files.slice(0, 2)) await exportRun(artifacts, run, file, nobody, quiet);
  const [imported] = await faninEach(other, [["import", files[0]]]);
  assertEquals(imported.code, 0, imported.err);
  await exportRun(join(other.path, "artifacts"), run, files[2], nobody, quiet);
  const [first, ...others] = await Promise.all(files.map((file) => Deno.readFile(file)));
  for (const bytes of others) assertEquals(bytes, first);

  const packages = packagesIn(await read(files[0]));
  const manifest = Manifest.parse(
    JSON.parse(await Deno.readTextFile(join(artifacts, "runs", run, "manifest.json"))),
  );
  const used = Object.entries(manifest.environment.packages);
  assertEquals(used.map(([name]) => name).sort(), ["canonicalize", "zod"]);
  for (const [name, version] of used) {
    assertEquals(
      packages[`pkg:npm/${name}@${version}`].sha512,
      lockedDigest(name, version),
    );
  }
});

Deno.test("a run without digests, or with forged ones, is verified, compared, graded and exported as the run with them", async () => {
  await using place = await workspace();
  await fanin(place, ["reproduce"]);
  const [run] = runsIn(place.path);
  const artifacts = join(place.path, "artifacts");
  const forged = { "zod@4.6.7": denoLock.npm["canonicalize@5.1.0"].integrity };
  await variant(artifacts, run, "older", undefined);
  await variant(artifacts, run, "forged", forged);
  const expected = join(place.path, "expected.json");
  await Deno.writeTextFile(expected, JSON.stringify(oneMetric));
  const archive = join(place.path, "older.zip");
  const [verified, older, again, exported, ...grades] = await faninEach(place, [
    ["verify"],
    ["diff", run, "older", "--json"],
    ["diff", "forged", run, "--json"],
    ["export", "older", "--output", archive],
    ...[run, "older", "forged"].map((name) => ["grade", name, "--expected", expected]),
  ]);
  assertEquals(verified.code, 0, verified.err + verified.out);
  for (const { code, out, err } of [older, again]) {
    assertEquals(code, 0, err);
    assertEquals(JSON.parse(out).verdict, "agree");
  }
  assertEquals(exported.code, 0, exported.err);
  for (const digest of Object.values(packagesIn(await read(archive)))) {
    assertEquals(Object.keys(digest), ["faninLockedClosure"]);
  }
  const judged = grades.map(({ code, out }, i) => {
    assertStringIncludes(out, [run, "older", "forged"][i]);
    return [code, out.replaceAll([run, "older", "forged"][i], "RUN")];
  });
  assertEquals(judged[0][0], 0);
  assertEquals(judged[1], judged[0]);
  assertEquals(judged[2], judged[0]);
});
