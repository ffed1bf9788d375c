/**
 * Tests `diff` on real runs that differ in one thing each: it reports that thing, the distance and the
 * exit code.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Comparison } from "../../../schemas/run/comparison.ts";
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import type { Level } from "../../../pipeline/diff/agreement.ts";
import { blobPath, openStore } from "../../../pipeline/store/store.ts";
import { sourcesOfRuns } from "../../../pipeline/runs/source_text.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { cliOf, root } from "../../support/checkout.ts";
import {
  copyPipeline,
  fanin,
  runsIn,
  type Workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { copyTree, edit, readJson } from "../../support/copied_files.ts";
import { fromRoot } from "../../support/deno_command.ts";

const training = cliOf("training");

/** Runs the small training; gives the id of the run that this recorded. */
async function reproduce(place: Workspace, args: string[] = [], cli = training): Promise<string> {
  const { code, err } = await fanin(place, ["reproduce", ...args], cli);
  assertEquals(code, 0, err);
  return runsIn(place.path).at(-1)!;
}

/** The comparison as it is printed by `--json`: in its published form. */
const compare = async (place: Workspace, a: string, b: string, level: Level = "within") => {
  const artifacts = join(place.path, "artifacts");
  const [x, y] = [await openRun(artifacts, a), await openRun(artifacts, b)];
  const comparison = await compareRuns(x, y, { level, rehash: true, pictures: false });
  return Comparison.parse(JSON.parse(JSON.stringify(comparison)));
};

const causes = ({ causes }: Comparison) => causes.map(({ job, kind, words }) => [job, kind, words]);

const agreementsOf = ({ outputs }: Comparison) =>
  Object.fromEntries(outputs.map(({ job, output, agreement }) => [`${job} ${output}`, agreement]));

Deno.test("diff names the one thing in which two runs differ, and the first divergence", async () => {
  await using place = await workspaceOfOneProcess();
  const base = await reproduce(place);

  // Another seed.
  const seed = await compare(place, base, await reproduce(place, ["--set", "draw.net.seed=2"]));
  assertEquals(causes(seed), [["draw/net", "changed", "parameter seed (1 → 2)"]]);
  assertEquals(seed.verdict, "differ");
  assertMatch(
    seed.sentence,
    /^Parameter seed \(1 → 2\) at draw\/net; the same code, packages, data and machine; train\/net diverges after 1 of 4 epochs by ±0\.\d+ \(weight\).*net\.final-loss differs by .*beyond its tolerance \(±1e-5\)\.$/,
  );

  // Another parameter, further on.
  const rate = await compare(place, base, await reproduce(place, ["--set", "train.net.rate=0.4"]));
  assertEquals(causes(rate), [["train/net", "changed", "parameter rate (0.5 → 0.4)"]]);
  assertEquals(agreementsOf(rate)["draw/net initial"], "identical");

  // One more step: what both did is the same.
  const longer = await compare(
    place,
    base,
    await reproduce(place, ["--set", "train.net.epochs=5"]),
  );
  assertEquals(causes(longer), [["train/net", "changed", "parameter epochs (4 → 5)"]]);
  assertEquals(longer.divergences.map(({ first, rows }) => [first, rows.length]), [[null, 4]]);
  assertEquals([longer.verdict, agreementsOf(longer)["train/net weights"]], [
    "differ",
    "different",
  ]);

  // Another backend, which sums in another order: the same within tolerance, and not below it.
  const other = await reproduce(place, ["--backend", "wasm"]);
  const backend = await compare(place, base, other);
  assertEquals(causes(backend), [["train/net", "changed", "backend (webgpu → wasm)"]]);
  assertMatch(
    backend.sentence,
    /^Backend \(webgpu → wasm\) at train\/net; the same code, packages, parameters and data; train\/net diverges after 1 of 4 epochs by \d+ ULP \(weight\) and by \d+ ULP at the end; net\.final-loss differs by \S+e-\d+, within its tolerance \(±1e-5\)\.$/,
  );
  assertEquals([backend.verdict, backend.worst], ["agree", "within"]);
  assertEquals((await compare(place, base, other, "equal")).verdict, "differ");
  const [divergence] = backend.divergences;
  assertEquals([divergence.from, divergence.rows.map(({ step }) => step)], ["checkpoints", [
    1,
    2,
    3,
    4,
  ]]);
  assert(divergence.rows.every(({ share }) => share > 0));
  const curve = backend.curves.find(({ name }) => name === "net.loss.epoch-*");
  assertEquals(curve?.points.map(({ at }) => at), [0, 1, 2, 3]);

  // Without checkpoints the tensors by epoch tell it, counted as they are named.
  const elsewhere = await Deno.makeTempDir({ dir: place.path });
  const artifacts = join(place.path, "artifacts");
  const open = (id: string) => openRun(elsewhere, join(artifacts, "runs", id));
  const [x, y] = [await open(base), await open(other)];
  const tensors = await compareRuns(x, y, { level: "within", rehash: true, pictures: false });
  assertEquals(
    tensors.divergences.map(({ from, first, rows }) => [from, first?.step, rows.length]),
    [
      ["tensors", 0, 4],
    ],
  );
  assertEquals(
    tensors.divergences[0].rows.map(({ ulp }) => ulp),
    divergence.rows.map(({ ulp }) => ulp),
  );

  // One flipped bit in a file of one run.
  const copy = join(place.path, "copy");
  await copyTree(join(artifacts, "runs", base), copy);
  const file = join(copy, "evaluate", "net", "evaluation.json");
  const bytes = await Deno.readFile(file);
  bytes[20] ^= 4;
  await Deno.chmod(file, 0o644);
  await Deno.writeFile(file, bytes);
  const flipped = await compare(place, base, copy);
  assertEquals(causes(flipped).map(([job, kind]) => [job, kind]), [["evaluate/net", "damaged"]]);
  assertMatch(
    flipped.sentence,
    /^The bytes of evaluate\/net evaluation in B are not those that its manifest names \(byte 20: 1 bit flipped\)/,
  );
  assertEquals([flipped.verdict, agreementsOf(flipped)["evaluate/net evaluation"]], [
    "differ",
    "different",
  ]);

  // A manifest alone: hashes and metrics, and it says so.
  const manifest = join(artifacts, "runs", base, "manifest.json");
  const alone = await compare(place, base, manifest);
  assertEquals([alone.verdict, alone.worst], ["agree", "identical"]);
  assertEquals(alone.notes, []);
  const beside = await compare(place, other, manifest);
  assertEquals([beside.verdict, agreementsOf(beside)["train/net weights"]], ["agree", "within"]);
  // Far from its run the store has the artifacts, as long as it has them.
  const far = join(place.path, "far.json");
  await Deno.copyFile(manifest, far);
  assertEquals((await compare(place, other, far)).verdict, "agree");
  const { jobs } = JSON.parse(await Deno.readTextFile(far));
  const { weights } = jobs.find(({ name }: { name: string }) => name === "train/net").outputs;
  await Deno.remove(blobPath(openStore(join(artifacts, "store")), weights.sha256));
  const unknown = await compare(place, other, far);
  assertEquals([unknown.verdict, agreementsOf(unknown)["train/net weights"]], [
    "undecided",
    "unknown",
  ]);
  assertEquals(unknown.notCompared, ["train/net weights"]);
  assertStringIncludes(unknown.notes.join(), "those of B are not available");
  assertEquals((await compare(place, other, far, "identical")).verdict, "differ");

  // The command: its exit codes, and a level that is none.
  const ended = (...args: string[]) => fanin(place, ["diff", ...args], training);
  const [agree, differ, undecided, unclear] = await Promise.all([
    ended(base, other),
    ended(base, other, "--level", "identical", "--json"),
    ended(other, far),
    ended(base, other, "--level", "withn"),
  ]);
  assertEquals([agree.code, differ.code, undecided.code, unclear.code], [0, 1, 2, 2]);
  assertEquals(Comparison.parse(JSON.parse(differ.out)).level, "identical");
  assertStringIncludes(agree.out, `They agree at the level "within".`);
  assertStringIncludes(unclear.err, `Did you mean "within"?`);
});

Deno.test("two runs that differ in two things: both are named, with files, lines and a patch", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place, "training");
  const base = await reproduce(place, [], cli);
  const stage = join(place.path, "evaluate.ts");
  await edit(stage, "sum + value * value", "sum + 2 * value * value");
  const seed = ["--set", "draw.net.seed=2"];

  // The plan, the start line and the manifest say why a job runs, in the words of the comparison.
  const file = `${fromRoot(place.path)}/evaluate.ts`;
  const code = `code of evaluate (${file}, +1 −1)`;
  const { out } = await fanin(place, ["plan", ...seed], cli);
  assertMatch(out, /draw\/net +run +parameter seed \(1 → 2\)/);
  assertStringIncludes(out, code);
  const { err } = await fanin(place, ["reproduce", ...seed], cli);
  assertMatch(err, /start +draw\/net: .* \[parameter seed \(1 → 2\)\]/);
  const both = runsIn(place.path).at(-1)!;
  const { jobs } = await readJson(place.path, "artifacts", "runs", both, "manifest.json");
  const why = (name: string) => jobs.find((job: { name: string }) => job.name === name).why;
  assertEquals(why("evaluate/net"), [code, "other bytes of its input weights, from train/net"]);

  const artifacts = join(place.path, "artifacts");
  const [x, y] = [await openRun(artifacts, base), await openRun(artifacts, both)];
  const changed = await compareRuns(x, y, {
    ...{ level: "within", rehash: true, pictures: false, patch: true },
    readSource: sourcesOfRuns(root, artifacts, [x, y]),
  });
  assertEquals(causes(changed), [
    ["draw/net", "changed", "parameter seed (1 → 2)"],
    ["evaluate/net", "changed", code],
  ]);
  assertStringIncludes(
    changed.sentence,
    `Parameter seed (1 → 2) at draw/net and ${code} at evaluate/net; the same packages, data and ` +
      `machine; train/net diverges`,
  );
  assertStringIncludes(changed.patch!, `--- a/${file}\n+++ b/${file}\n@@ `);
  assertMatch(changed.patch!, /^-.*sum \+ value \* value.*\n\+.*sum \+ 2 \* value \* value/m);

  // Without the texts the files are named; a manifest from before they were recorded says so.
  const unread = await compare(place, base, both);
  assertStringIncludes(unread.sentence, `code of evaluate (${file}) at evaluate/net`);
  const old = join(place.path, "old.json");
  const { sources: _, ...manifest } = await readJson(artifacts, "runs", base, "manifest.json");
  await Deno.writeTextFile(old, JSON.stringify(manifest));
  const unrecorded = await compare(place, old, both);
  assertStringIncludes(unrecorded.sentence, "code of evaluate (its files are not recorded)");

  // gc keeps the texts of kept runs, and a comment is no change of code.
  const kept = await fanin(place, ["gc", base, both, "--yes"], cli);
  assertEquals(kept.code, 0, kept.err);
  const patched = await fanin(place, ["diff", base, both, "--patch"], cli);
  assertStringIncludes(patched.out, `+++ b/${file}`);
  await edit(stage, "import { defineStage }", "// A comment.\nimport { defineStage }");
  const plan = await fanin(place, ["plan", ...seed, "--json"], cli);
  assertEquals(plan.out.match(/"state": "run"/), null);
});

Deno.test("code that changes no byte is never called the same code", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place, "training");
  const base = await reproduce(place, [], cli);
  await edit(join(place.path, "evaluate.ts"), "sum + value * value", "sum + 1 * value * value");
  const both = await reproduce(place, ["--set", "draw.net.seed=1"], cli);
  const silent = await compare(place, base, both);
  assertEquals([silent.verdict, silent.causes, silent.same], [
    "agree",
    [],
    ["packages", "parameters", "data", "machine"],
  ]);
  assertEquals(silent.notes, [
    `Changed where no byte differs: code of evaluate (${fromRoot(place.path)}/evaluate.ts) at ` +
    `evaluate/net.`,
  ]);
});

Deno.test("different bytes under one key are not reproducible, unless the job read another file", async () => {
  await using place = await workspaceOfOneProcess();
  const counting = cliOf("counting");
  const only = ["--only", "random/first"];
  const first = await reproduce(place, only, counting);
  const second = await reproduce(place, [...only, "--force", "random/first"], counting);
  const comparison = await compare(place, first, second);
  const [[job, kind, words]] = causes(comparison);
  assertEquals([job, kind], ["random/first", "not-reproducible"]);
  assertMatch(words, /^the same key gave other bytes: it is not reproducible on .+/);

  const [a, b] = await Promise.all(
    [first, second].map((run) => openRun(join(place.path, "artifacts"), run)),
  );
  a.manifest.jobs[0].reads = [{ path: "data/notes.txt", sha256: null }];
  b.manifest.jobs[0].reads = [{ path: "data/notes.txt", sha256: "a".repeat(64) }];
  const options = { level: "within", rehash: true, pictures: false } as const;
  const ofReads = await compareRuns(a, b, options);
  assertEquals(causes(ofReads), [["random/first", "changed", "the file data/notes.txt"]]);
  assert(!ofReads.same.includes("data"), "a file that was read is data");
});
