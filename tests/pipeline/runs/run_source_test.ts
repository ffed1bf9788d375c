/** Tests the forms in which a run can be opened, and the refusals of broken or hostile ones. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join, resolve, sep } from "node:path";
import { type Manifest, RunPath } from "../../../schemas/run/manifest.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { largest } from "../../../pipeline/runs/largest_files.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { type RunFiles, sourceFrom } from "../../../pipeline/runs/run_source.ts";
import { wholeOf } from "../../../pipeline/store/content_pieces.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { openStore, putBlob } from "../../../pipeline/store/store.ts";
import { workspace } from "../../support/workspace.ts";
import { utf8 } from "../../support/utf8.ts";
import { deno } from "../../support/deno_command.ts";

const bytes = new TextEncoder().encode("[1,2,3]\n");

const manifest: Manifest = {
  version: 1,
  run: "20260101T000000Z-assignment",
  identity: "0".repeat(64),
  status: "complete",
  experiment: { name: "assignment", about: "", backends: ["webgpu"], parameters: {} },
  started: "2026-01-01T00:00:00Z",
  seconds: 1,
  environment: {
    deno: "2.9.6",
    v8: "",
    typescript: "",
    os: "linux",
    kernel: "",
    arch: "x86_64",
    cpu: "",
    cores: 2,
    adapter: null,
    driver: null,
    packages: {},
    git: null,
  },
  jobs: [{
    name: "numbers/first",
    stage: "source",
    parameters: {},
    status: "ran",
    lines: ["stage source"],
    inputs: {},
    outputs: {
      numbers: {
        sha256: sha256Of(bytes),
        size: bytes.length,
        type: "numbers",
        mediaType: "application/json",
        tolerance: { kind: "exact" },
        file: "numbers/first/numbers.json",
      },
    },
  }],
};

/** A run's directory with that manifest, after `edit` has had its way with it. */
async function runIn(path: string, edit: (manifest: Manifest) => void = () => {}) {
  const edited = structuredClone(manifest);
  edit(edited);
  await Deno.mkdir(join(path, "numbers", "first"), { recursive: true });
  await Deno.writeFile(join(path, "numbers", "first", "numbers.json"), bytes);
  await Deno.writeTextFile(join(path, "manifest.json"), JSON.stringify(edited));
  await Deno.writeTextFile(join(path, "metrics.json"), `{"first.even":1}`);
  return path;
}

const refused = async (action: () => unknown, message: RegExp) =>
  assertMatch((await assertRejects(async () => await action(), Failed)).message, message);

Deno.test("a run opens by its id, as latest, as a directory, as the reference, as a manifest", async () => {
  await using place = await workspace();
  const artifacts = place.path;
  const directory = await runIn(join(artifacts, "runs", manifest.run));
  await Deno.mkdir(join(artifacts, "runs", "20270101T000000Z-cut-off"));
  await runIn(join(artifacts, "reference"));
  const names = [manifest.run, "latest", directory, "reference"];
  const forms = [];
  for (const name of names) {
    const source = await openRun(artifacts, name);
    assertEquals(source.metrics(), { "first.even": 1 });
    assertEquals(source.claims(), undefined);
    assertEquals(source.read("numbers/first", "numbers"), bytes);
    forms.push(source.form);
  }
  assertEquals(forms, ["run", "run", "run", "reference"]);

  const alone = await openRun(artifacts, join(directory, "manifest.json"));
  assertEquals([alone.form, alone.manifest.run], ["manifest", manifest.run]);
  assertEquals(alone.read("numbers/first", "numbers"), bytes);
  // Files beside a copy of it may be of another run or missing; the store still has the artifact.
  const copy = join(place.path, "copy", "manifest.json");
  await Deno.mkdir(join(place.path, "copy", "numbers", "first"), { recursive: true });
  await Deno.copyFile(join(directory, "manifest.json"), copy);
  await Deno.writeTextFile(join(place.path, "copy", "numbers", "first", "numbers.json"), "other");
  const elsewhere = await openRun(artifacts, copy);
  assertEquals(elsewhere.inspect("numbers/first", "numbers"), { state: "absent" });
  putBlob(openStore(join(artifacts, "store")), bytes);
  assertEquals((await openRun(artifacts, copy)).read("numbers/first", "numbers"), bytes);

  await refused(() => openRun(artifacts, "20270101T000000Z-cut-off"), /has no manifest\.json/);
  await refused(() => openRun(artifacts, "latst"), /Did you mean "latest"/);
});

Deno.test("bytes that change after they were hashed are not returned", () => {
  let reads = 0;
  const files: RunFiles = {
    read: (path) => path === "manifest.json" ? utf8(JSON.stringify(manifest)) : undefined,
    open: () => ({
      size: bytes.length,
      read: (_, into) => into.set(reads++ === 0 ? bytes : bytes.map((byte) => byte ^ 1)),
    }),
  };
  const origin = { name: "run", form: "run", place: "run", artifacts: "artifacts" } as const;
  const source = sourceFrom(files, origin);
  assertEquals(source.read("numbers/first", "numbers"), bytes);
  const { failure } = assertThrows(() => source.read("numbers/first", "numbers"), Failed);
  assertEquals(failure.reason, "damaged-output");
});

Deno.test("bytes without the manifest's hash are never returned", async () => {
  await using place = await workspace();
  const directory = await runIn(place.path);
  const flipped = bytes.slice();
  flipped[1] ^= 1;
  await Deno.writeFile(join(directory, "numbers", "first", "numbers.json"), flipped);
  const source = await openRun(place.path, directory);
  await refused(
    () => source.read("numbers/first", "numbers"),
    new RegExp(`numbers.json of .*expected bytes.*${sha256Of(bytes)}, found ${sha256Of(flipped)}`),
  );
  const inspected = source.inspect("numbers/first", "numbers");
  assert(inspected.state === "damaged");
  assertEquals([wholeOf(inspected.content), inspected.found], [flipped, sha256Of(flipped)]);
});

const hostile: [string, RegExp, (manifest: Manifest) => void][] = [
  ...["../secret", "/etc/passwd", "a/../../b", "a\\b", "a\0b", "C:x", "", "a//b", "./a", "a/"].map(
    (file): [string, RegExp, (manifest: Manifest) => void] => [
      `the path ${JSON.stringify(file)}`,
      /expected a path within the run.*\n.*jobs\[0\]\.outputs\.numbers\.file/,
      ({ jobs }) => jobs[0].outputs.numbers.file = file,
    ],
  ),
  ["a hash that is none", /expected 64 lower-case/, ({ jobs }) => {
    jobs[0].outputs.numbers.sha256 = "../../x";
  }],
  ["a negative size", /size/, ({ jobs }) => jobs[0].outputs.numbers.size = -1],
  ["a run that names a directory", /expected letters, digits and -/, (manifest) => {
    manifest.run = "../../x";
  }],
  ["an unknown field", /[Uu]nrecognized key/, (manifest) => {
    Object.assign(manifest, { extra: 1 });
  }],
  ["another version", /version/, (manifest) => Object.assign(manifest, { version: 2 })],
];
for (const [what, message, edit] of hostile) {
  Deno.test(`a manifest with ${what} is refused, and the message names it`, async () => {
    await using place = await workspace();
    await runIn(place.path, edit);
    await refused(() => openRun(place.path, place.path), message);
  });
}

Deno.test("a manifest that is cut off, no JSON, too deep or too large is refused", async () => {
  await using place = await workspace();
  const directory = await runIn(place.path);
  const path = join(directory, "manifest.json");
  const text = await Deno.readTextFile(path);
  const open = () => openRun(place.path, directory);
  await Deno.writeTextFile(path, text.slice(0, text.length / 2));
  await refused(open, /manifest\.json does not have the expected form/);
  await Deno.writeTextFile(path, "");
  await refused(open, /manifest\.json does not have the expected form/);
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  await Deno.writeTextFile(path, text.replace(`"parameters":{}`, `"parameters":{"x":${deep}}`));
  await refused(open, /manifest\.json does not have the expected form/);
  await Deno.truncate(path, largest.manifest + 1);
  await refused(open, /expected 67108864 at most/);
});

Deno.test("metrics that are not numbers are refused when they are asked for, not before", async () => {
  await using place = await workspace();
  const directory = await runIn(place.path);
  await Deno.writeTextFile(join(directory, "metrics.json"), `{"first.even":NaN}`);
  const source = await openRun(place.path, directory);
  await refused(() => source.metrics(), /metrics\.json does not have the expected form/);
});

Deno.test("a link out of the run is not followed", async () => {
  await using place = await workspace();
  const directory = await runIn(join(place.path, "run"));
  const file = join(directory, "numbers", "first", "numbers.json");
  await Deno.rename(file, join(place.path, "secret"));
  // Links need more than the tests are allowed.
  const [target, link] = [join(place.path, "secret"), file].map((path) => JSON.stringify(path));
  assertEquals((await deno(["eval", `Deno.symlinkSync(${target}, ${link})`])).code, 0);
  const source = await openRun(place.path, directory);
  await refused(() => source.read("numbers/first", "numbers"), /a link that leads elsewhere/);
  await Deno.remove(file);
  await Deno.mkdir(file);
  await refused(() => source.read("numbers/first", "numbers"), /no plain file/);
});

Deno.test("every path that the schema accepts lies within the run", () => {
  const part = fc.oneof(fc.constantFrom("..", ".", "", "/", "\\", "a", "C:"), fc.string());
  const base = resolve(sep, "runs", "one");
  fc.assert(fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom("/", ""), (parts, by) => {
    const path = parts.join(by);
    if (RunPath.safeParse(path).success) assert(resolve(base, path).startsWith(base + sep), path);
  }));
});
