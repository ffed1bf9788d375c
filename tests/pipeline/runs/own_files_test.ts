/** Tests a run's own files: one flipped bit is detected, and no command shows the file. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import { filesUnder } from "../../../pipeline/store/files_under.ts";
import { readChecksums } from "../../../pipeline/runs/checksums.ts";
import { damageOfRun } from "../../../pipeline/runs/integrity.ts";
import { readManifest } from "../../../pipeline/runs/read_manifest.ts";
import { shownPath } from "../../../pipeline/terminal/user_path.ts";
import { fanin, runsIn, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";

/** Runs what has a ledger, and so a report; gives the run's directory. */
async function recorded(place: Workspace): Promise<string> {
  const { code, err } = await fanin(place, ["reproduce", ...judged]);
  assertEquals(code, 0, err);
  return join(place.path, "artifacts", "runs", runsIn(place.path).at(-1)!);
}

const judged = ["--only", "claims/first"];

const gathered = ["metrics.json", "claims.json", "claims.md", "summary.txt"];

/** Flips a bit of a file, in place, so that whatever links to it is damaged too. */
function flip(path: string, bit: number): void {
  const bytes = Deno.readFileSync(path);
  const at = bit % (8 * bytes.length);
  bytes[at >> 3] ^= 1 << (at & 7);
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes);
}

Deno.test("a run records the hash of each file that it wrote itself, for sha256sum too", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const files = [...Deno.readDirSync(run)].filter(({ isFile }) => isFile).map(({ name }) => name);
  const checksums = readChecksums(run)!;
  assertEquals([...checksums.keys()].sort(), files.filter((name) => name !== "SHA256SUMS").sort());
  assertEquals(
    [...checksums.keys()].sort(),
    [...gathered, "events.jsonl", "manifest.json", "report.html"].sort(),
  );
  const { code, out } = await shell("sha256sum --check --strict SHA256SUMS", run);
  assertEquals(code, 0, out);
});

Deno.test("any flipped bit of any of a run's own files is damage, at its path", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const damage = () => damageOfRun(run, () => true);
  assertEquals(damage(), []);
  for (const file of [...readChecksums(run)!.keys(), "SHA256SUMS"]) {
    const path = join(run, file);
    const whole = Deno.readFileSync(path);
    fc.assert(
      fc.property(fc.nat({ max: 8 * whole.length - 1 }), (bit) => {
        flip(path, bit);
        try {
          const found = damage();
          assert(found.length > 0, `bit ${bit} of ${file}`);
          if (file !== "SHA256SUMS") assertEquals(found.map(({ path }) => path), [path]);
        } finally {
          Deno.writeFileSync(path, whole);
        }
      }),
      { numRuns: 50 },
    );
    // Without any recorded hash it would be a run of an older version.
    if (file === "SHA256SUMS") continue;
    Deno.removeSync(path);
    assert(damage().length > 0, `without ${file}`);
    Deno.writeFileSync(path, whole);
  }
  assertEquals(damage(), []);
});

const expected = JSON.stringify({
  version: 1,
  title: "test",
  about: "of the test pipeline",
  experiment: "assignment",
  items: [{
    id: "claim",
    title: "claim",
    target: { kind: "claim", id: "Q1.mean" },
    expected: { kind: "verdict", anyOf: ["confirmed"] },
    source: { from: "theory", equation: "1 = 1" },
  }],
});

Deno.test("damaged metrics, claims and summaries are rebuilt, never shown", async () => {
  await using place = await workspaceOfOneProcess();
  const first = await recorded(place);
  const [a] = runsIn(place.path);
  await fanin(place, ["reproduce", ...judged, "--set", "claims.first.error=0.2"]);
  const b = runsIn(place.path).find((run) => run !== a)!;
  const file = join(place.path, "expected.json");
  await Deno.writeTextFile(file, expected);
  const archive = join(place.path, "artifacts", "exports", `${a}.crate.zip`);
  const commands = [
    ["reproduce", ...judged],
    ["reproduce", ...judged, "--json"],
    ["export", a],
    ["diff", a, b, "--json"],
    ["grade", a, "--expected", file],
    ["report", a],
    ["push", a, "--remote", "http://127.0.0.1:9/nobody-listens-here"],
  ];
  const whole = gathered.map((name) => Deno.readFileSync(join(first, name)));
  const ended = async (args: string[]) => {
    const { code, out, err } = await fanin(place, args);
    const bytes = args[0] === "export" ? Deno.readFileSync(archive) : undefined;
    // The summary has the time that it took itself.
    const timeless = out.replace(/(up to date in |"seconds": ?)[\d.]+/g, "$1…");
    return { result: { code, out: timeless, bytes }, err };
  };
  for (const args of commands) {
    const { result } = await ended(args);
    for (const [i, name] of gathered.entries()) flip(join(first, name), 1000 + 77 * i);
    const { result: again, err } = await ended(args);
    assertEquals(again, result, args.join(" "));
    for (const [i, name] of gathered.entries()) {
      assertStringIncludes(err, `${a}/${name} was damaged or missing, and is made again`);
      assertEquals(Deno.readFileSync(join(first, name)), whole[i], name);
    }
  }
  const verified = await fanin(place, ["verify"]);
  assertEquals(verified.code, 0, verified.out);
});

testOnLinux(
  "a pipe or a directory in place of a run's file is damage, for which no command waits",
  async () => {
    await using place = await workspaceOfOneProcess();
    const run = await recorded(place);
    const [output] = readManifest(run).jobs.flatMap(({ outputs }) => Object.values(outputs));
    const files = ["metrics.json", output.file].map((file) => join(run, file));
    for (const make of ["mkfifo", "mkdir"]) {
      for (const path of files) Deno.removeSync(path);
      const made = await shell([make, ...files].map(quoted).join(" "), place.path);
      assertEquals(made.code, 0, made.err);
      assertEquals(damageOfRun(run, () => false).map(({ path }) => path), files, make);
      const { code, err } = await fanin(place, ["metrics"]);
      assertEquals(code, 2, err);
      assertStringIncludes(err, "metrics.json is no plain file within its run");
    }
  },
);

testOnLinux("no command waits for a pipe in place of a file that it reads first", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const artifacts = join(place.path, "artifacts");
  const reproduced = ["reproduce", ...judged, "--executor", "local"];
  // With nothing to do, it caches its output.
  assertEquals((await fanin(place, reproduced)).code, 0);
  const [output] = filesUnder(join(artifacts, "store", "answers"));
  for (
    const [path, commands] of [
      [join(run, "SHA256SUMS"), [["metrics", 2], ["verify", 1], ["gc", 2]]],
      [join(run, "manifest.json"), [["runs", 0], ["verify", 1], ["gc", 2], ["export", 2]]],
      [join(artifacts, "latest", "manifest.json"), [["verify", 1], ["report", 0]]],
      [join(artifacts, "runs.txt"), [["runs", 2]]],
      [join(artifacts, "store", "stat.tsv"), [[reproduced, 0]]],
      [output, [["verify", 0], [reproduced, 0]]],
      ...[...filesUnder(join(artifacts, "store", "actions"))].slice(0, 1)
        .map((entry) => [entry, [[reproduced, 0]]] as const),
    ] as const
  ) {
    const whole = Deno.readFileSync(path);
    Deno.removeSync(path);
    const made = await shell(`mkfifo ${quoted(path)}`, place.path);
    assertEquals(made.code, 0, made.err);
    for (const [command, expected] of commands) {
      const { code, out, err } = await fanin(place, [command].flat());
      assertEquals(code, expected, `${path}: ${command}: ${out}${err}`);
      assert(!/^ +at /m.test(err), err);
    }
    // A command may have made the file again, and may let nobody write to it.
    Deno.removeSync(path);
    Deno.writeFileSync(path, whole);
  }
});

Deno.test("a run whose own copy of an output is damaged is not shown as complete, but recorded again", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const { jobs } = readManifest(run);
  const { file } = jobs.flatMap(({ outputs }) => Object.values(outputs))[0];
  const own = join(run, file);
  const bytes = Deno.readFileSync(own);
  const reproduce = (workers: string) =>
    fanin(place, ["reproduce", ...judged, "--workers", workers]);
  for (const [workers, copy, runs] of [["1", bytes, 1], ["2", bytes.with(0, 0), 2]] as const) {
    Deno.removeSync(own);
    Deno.writeFileSync(own, copy);
    const { code, err } = await reproduce(workers);
    assertEquals([code, runsIn(place.path).length], [0, runs], err);
    if (runs > 1) assertMatch(err, /computed the same, and is not whole: .* is damaged/s);
  }
});

Deno.test("a damaged manifest is refused by name, and reproduce records the run again", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const [id] = runsIn(place.path);
  flip(join(run, "manifest.json"), 8 * Deno.statSync(join(run, "manifest.json")).size - 100);
  for (const args of [["export", id], ["diff", id, id], ["report", id], ["gc", "--last", "1"]]) {
    const { code, err } = await fanin(place, args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(err, `${id}/manifest.json is damaged`);
  }
  const again = await fanin(place, ["reproduce", ...judged]);
  assertEquals(again.code, 0, again.err);
  assertMatch(again.err, /computed the same, and is not whole: .*manifest\.json is damaged/s);
  assertEquals(runsIn(place.path).length, 2);
  await Deno.remove(run, { recursive: true });
  const verified = await fanin(place, ["verify"]);
  assertEquals(verified.code, 0, verified.out);
});

Deno.test("a damaged artifact is not linked into a run", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const ledger = join(run, "claims", "first", "claims.json");
  await Deno.chmod(ledger, 0o644);
  flip(ledger, 1000);
  flip(join(run, "claims.json"), 1000);
  const { code, err } = await fanin(place, ["export", runsIn(place.path)[0]]);
  assertEquals(code, 2);
  assertStringIncludes(err, "claims/first/claims.json");
});

Deno.test("a run that recorded no hashes of its files is read as before", async () => {
  await using place = await workspaceOfOneProcess();
  const run = await recorded(place);
  const [id] = runsIn(place.path);
  await Deno.remove(join(run, "SHA256SUMS"));
  const again = await fanin(place, ["reproduce", ...judged]);
  assertEquals(again.code, 0);
  assertStringIncludes(again.out, "up to date");
  for (const args of [["export", id], ["diff", id, id], ["report", id], ["verify"]]) {
    const { code, err, out } = await fanin(place, args);
    assertEquals(code, 0, err + out);
  }
  const metrics = join(run, "metrics.json");
  await Deno.writeTextFile(metrics, `{"first.other":1}`);
  const { code, out } = await fanin(place, ["verify"]);
  assertEquals(code, 1);
  assertStringIncludes(
    out,
    `DAMAGED ${shownPath(metrics)}\n  metrics.json: it does not follow from the jobs' artifacts`,
  );
});

Deno.test("verify names a flipped bit of latest and of the reference run", async () => {
  await using place = await workspaceOfOneProcess();
  await recorded(place);
  const artifacts = join(place.path, "artifacts");
  await Deno.mkdir(join(artifacts, "reference"));
  const made = await fanin(place, ["reference", "--update", "--yes", "--force"]);
  assertEquals(made.code, 0, made.err);
  const output = join("claims", "first", "claims.json");
  // A manifest and a list of hashes decide how other files are read, so each is damaged alone.
  const places: [directory: string, files: string[]][] = [
    ["latest", [...gathered, output]],
    ["latest", ["manifest.json"]],
    ["reference", ["metrics.json", "claims.json", output]],
    ["reference", ["manifest.json"]],
    ["reference", ["SHA256SUMS"]],
  ];
  for (const [directory, files] of places) {
    const damaged = files.map((file) => {
      const path = join(artifacts, directory, file);
      const whole = Deno.readFileSync(path);
      // A copy, as where no links can be made.
      Deno.removeSync(path);
      Deno.writeFileSync(path, whole);
      flip(path, 4 * whole.length);
      return { path, whole };
    });
    const { code, out } = await fanin(place, ["verify"]);
    assertEquals(code, 1, `${directory}/${files}`);
    for (const { path, whole } of damaged) {
      assertStringIncludes(out, `DAMAGED ${shownPath(path)}\n`);
      Deno.writeFileSync(path, whole);
    }
  }
  const verified = await fanin(place, ["verify"]);
  assertEquals(verified.code, 0, verified.out);
});

Deno.test("verify names a flipped bit in each kind of file of the store, and the next run is whole", async () => {
  await using place = await workspaceOfOneProcess();
  await recorded(place);
  assertMatch((await fanin(place, ["reproduce", ...judged])).out, /up to date/);
  const artifacts = join(place.path, "artifacts");
  const store = join(artifacts, "store");
  const kinds = [
    "actions",
    "answers",
    "blobs",
    "code",
    "code.json",
    "report-report.json",
    "stat.tsv",
  ];
  const paths = [join(artifacts, "runs.txt"), ...kinds.map((kind) => join(store, kind))]
    .map((path) => {
      const isFile = Deno.statSync(path).isFile;
      return isFile ? path : [...filesUnder(path)].find((file) => !file.endsWith(".map"))!;
    });
  const known = new Set(["locks", "tmp", "machine.json", "packages", ...kinds]);
  const unknown = [...Deno.readDirSync(store)].filter(({ name }) => !known.has(name));
  assertEquals(unknown, [], "another kind of file: try it here too");
  for (const path of paths) flip(path, 4 * Deno.statSync(path).size + 3);
  const { code, out } = await fanin(place, ["verify"]);
  assertEquals(code, 1);
  for (const path of paths) assertStringIncludes(out, `DAMAGED ${shownPath(path)}\n`);

  // Only a person can tell from the order which run was meant.
  await Deno.remove(join(artifacts, "runs.txt"));
  const again = await fanin(place, ["reproduce", ...judged]);
  assertEquals(again.code, 0, again.err);
  const verified = await fanin(place, ["verify"]);
  assertEquals(verified.code, 0, verified.out);
});
