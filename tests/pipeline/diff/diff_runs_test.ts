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
import { openRun } from "../../../pipeline/runs/open_run.ts";
import {
  cliOf,
  copyPipeline,
  copyTree,
  edit,
  fanin,
  runsIn,
  type Workspace,
  workspace,
} from "../../support/workspace.ts";

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
  await using place = await workspace();
  const base = await reproduce(place);

  // Another seed.
  const seed = await compare(place, base, await reproduce(place, ["--set", "draw.net.seed=2"]));
  assertEquals(causes(seed), [["draw/net", "changed", "parameter seed (1 → 2) differs"]]);
  assertEquals(seed.verdict, "differ");
  assertMatch(
    seed.sentence,
    /^Same code and data; parameter seed \(1 → 2\) differs at draw\/net; train\/net diverges after 1 of 4 epochs by ±0\.\d+ \(weight\).*net\.final-loss differs by .*beyond its tolerance \(±1e-5\)\.$/,
  );

  // Another parameter, further on.
  const rate = await compare(place, base, await reproduce(place, ["--set", "train.net.rate=0.4"]));
  assertEquals(causes(rate), [["train/net", "changed", "parameter rate (0.5 → 0.4) differs"]]);
  assertEquals(agreementsOf(rate)["draw/net initial"], "identical");

  // One more step: what both did is the same.
  const longer = await compare(
    place,
    base,
    await reproduce(place, ["--set", "train.net.epochs=5"]),
  );
  assertEquals(causes(longer), [["train/net", "changed", "epochs (4 → 5) differs"]]);
  assertEquals(longer.growth.map(({ first, rows }) => [first, rows.length]), [[null, 4]]);
  assertEquals([longer.verdict, agreementsOf(longer)["train/net weights"]], [
    "differ",
    "different",
  ]);

  // Another backend, which sums in another order: the same within tolerance, and not below it.
  const other = await reproduce(place, ["--backend", "wasm"]);
  const backend = await compare(place, base, other);
  assertEquals(causes(backend), [["train/net", "changed", "backend (webgpu → wasm) differs"]]);
  assertMatch(
    backend.sentence,
    /^Same code, parameters and data; backend \(webgpu → wasm\) differs at train\/net; train\/net diverges after 1 of 4 epochs by \d+ ULP \(weight\) and by \d+ ULP at the end; net\.final-loss differs by \S+e-\d+, within its tolerance \(±1e-5\)\.$/,
  );
  assertEquals([backend.verdict, backend.worst], ["agree", "within"]);
  assertEquals((await compare(place, base, other, "equal")).verdict, "differ");
  const [growth] = backend.growth;
  assertEquals([growth.from, growth.rows.map(({ step }) => step)], ["checkpoints", [1, 2, 3, 4]]);
  assert(growth.rows.every(({ share }) => share > 0));
  const curve = backend.curves.find(({ name }) => name === "net.loss.epoch-*");
  assertEquals(curve?.points.map(({ at }) => at), [0, 1, 2, 3]);

  // Without checkpoints the tensors by epoch tell it, counted as they are named.
  const elsewhere = await Deno.makeTempDir({ dir: place.path });
  const artifacts = join(place.path, "artifacts");
  const open = (id: string) => openRun(elsewhere, join(artifacts, "runs", id));
  const [x, y] = [await open(base), await open(other)];
  const tensors = await compareRuns(x, y, { level: "within", rehash: true, pictures: false });
  assertEquals(tensors.growth.map(({ from, first, rows }) => [from, first?.step, rows.length]), [
    ["tensors", 0, 4],
  ]);
  assertEquals(tensors.growth[0].rows.map(({ ulp }) => ulp), growth.rows.map(({ ulp }) => ulp));

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

Deno.test("a changed line of code is reported with its stage, a changed comment is not", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place, "training");
  const base = await reproduce(place, [], cli);
  const stage = join(place.path, "evaluate.ts");
  await edit(stage, "sum + value * value", "sum + 2 * value * value");
  const changed = await compare(place, base, await reproduce(place, [], cli));
  assertEquals(causes(changed), [[
    "evaluate/net",
    "changed",
    "code of the stage evaluate differs",
  ]]);
  assertStringIncludes(changed.sentence, "Same parameters and data; code of the stage evaluate");
  await edit(stage, "import { z }", "// A comment.\nimport { z }");
  assertEquals((await fanin(place, ["plan", "--json"], cli)).out.match(/"state": "run"/), null);
});

Deno.test("different bytes under one key are reported as not reproducible, with their place", async () => {
  await using place = await workspace();
  const counting = cliOf("counting");
  const only = ["--only", "random/first"];
  const first = await reproduce(place, only, counting);
  const second = await reproduce(place, [...only, "--force", "random/first"], counting);
  const comparison = await compare(place, first, second);
  const [[job, kind, words]] = causes(comparison);
  assertEquals([job, kind], ["random/first", "not-reproducible"]);
  assertMatch(words, /^the same key gave other bytes: it is not reproducible on .+/);
});
