/** Tests the reference run: which files are committed, and the verdicts of `reproduce` on later runs. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { limits, smallOutputs } from "../../../pipeline/runs/reference_run.ts";
import { root } from "../../support/checkout.ts";
import { copyPipeline, fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { copyTree, edit, readJson } from "../../support/copied_files.ts";
import { exists } from "../../../pipeline/store/existence.ts";

Deno.test("reproduce ends with its verdict against the reference, and its exit code follows it", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place, "training");
  const ended = (...args: string[]) => fanin(place, args, cli);
  const reference = join(place.path, "artifacts", "reference");

  const first = await ended("reproduce");
  assertEquals(first.code, 0, first.err);
  assert(!first.out.includes("reference"));
  const none = await ended("reference");
  assertEquals(none.code, 2);
  assertStringIncludes(none.err, `"deno task reference --update --yes" makes the run latest it.`);

  // It keeps the record and the small artifacts of a run, and leaves other files alone.
  await Deno.mkdir(reference);
  await Deno.writeTextFile(join(reference, "other.json"), "{}");
  const made = await ended("reference", "--update", "--yes");
  assertEquals(made.code, 0, made.err);
  assertMatch(made.out, /is the reference run now: .* 5 of 5 artifacts/);
  const [run] = runsIn(place.path);
  for (const file of ["manifest.json", "train/net/weights.safetensors"]) {
    const [kept, own] = [join(reference, file), join(dirname(reference), "runs", run, file)];
    assertEquals(await Deno.readFile(kept), await Deno.readFile(own), file);
  }
  assertEquals(await readJson(reference, "other.json"), {});

  // The answer that was remembered without a reference does not hold any more; the next one does.
  for (const _ of [1, 2]) {
    const again = await ended("reproduce");
    assertEquals(again.code, 0, again.err);
    assertStringIncludes(again.out, "up to date");
    assertStringIncludes(
      again.out,
      `Reference  all 5 artifacts are identical to those of ${run}`,
    );
  }

  // Figures under its name that another job gives are not missed.
  const part = await ended("reproduce", "--only", "train/net");
  assertEquals(part.code, 0, part.out);
  assertMatch(part.out, /all 2 artifacts are identical to/);

  const backend = await ended("reproduce", "--verbose", "--backend", "wasm");
  assertEquals(backend.code, 0, backend.err);
  assertMatch(
    backend.out,
    /1 of 5 artifacts are identical, 4 are within tolerance\.\n {2}Backend \(webgpu → wasm\) at train\/net; the same code, packages, parameters and data/,
  );

  const other = await ended("reproduce", "--set", "draw.net.seed=2", "--json");
  assertEquals(other.code, 0, other.err);
  const report = JSON.parse(other.out).reference;
  assertEquals([report.verdict, report.passed], ["not-compared", true]);
  assertMatch(report.sentence, /which is of the same experiment with other parameters\.$/);

  const declined = await ended("reference");
  assertEquals([declined.code, declined.out], [2, ""]);
  assertStringIncludes(declined.err, "is not compared with the reference run");
  assertStringIncludes(declined.err, "which is of the same experiment with other parameters.");

  await edit(join(place.path, "evaluate.ts"), "sum + value * value", "sum + 2 * value * value");
  const differs = await ended("reproduce", "--verbose");
  assertEquals(differs.code, 1, differs.err);
  assertMatch(differs.out, /[Cc]ode of evaluate \(.*evaluate\.ts\) at evaluate\/net/);
  assertStringIncludes(differs.out, "DIFFERS  evaluate/net evaluation: 4 of 8 values");
  assertEquals((await ended("reproduce")).code, 1, "also when it is up to date");

  // Renewed, with what there was before shown first.
  const renewed = await ended("reference", "--update", "--yes");
  assertEquals(renewed.code, 0, renewed.err);
  assert(renewed.out.indexOf("They differ") < renewed.out.indexOf("is the reference run now"));
  assertEquals((await ended("reproduce")).code, 0);

  await Deno.writeTextFile(join(reference, "manifest.json"), "{");
  const broken = await ended("reproduce");
  assertEquals(broken.code, 1);
  assertStringIncludes(
    broken.out,
    "reference/manifest.json is damaged: expected bytes with the SHA-256",
  );
});

Deno.test("each backend has its own reference, which keeps what the first has not", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place, "training");
  const ended = (...args: string[]) => fanin(place, args, cli);
  const reference = join(place.path, "artifacts", "reference");
  assertEquals((await ended("reproduce")).code, 0);
  assertEquals((await ended("reference", "--update", "--yes")).code, 0);

  const onWasm = ["reproduce", "--backend", "wasm"];
  assertMatch((await ended(...onWasm)).out, /1 of 5 artifacts are identical, 4 are within/);
  const made = await ended("reference", "--update", "--yes");
  assertEquals(made.code, 0, made.err);
  assertMatch(made.out, /is the reference run reference\/assignment-wasm now: .* 4 of 5 artifacts/);
  const own = join(reference, "experiments", "assignment-wasm");
  const kept = Manifest.parse(await readJson(own, "manifest.json"));
  const shared = kept.jobs.flatMap(({ outputs }) => Object.values(outputs))
    .filter(({ file }) => !exists(join(own, file)));
  assertEquals(shared.length, 1, "the job that ran on no backend has the first one's bytes");

  for (const _ of ["run", "up to date"]) {
    const same = await ended(...onWasm);
    assertEquals(same.code, 0, same.err);
    assertMatch(same.out, /Reference {2}all 5 artifacts are identical to those of /);
  }
  assertMatch((await ended("reproduce")).out, /Reference {2}all 5 artifacts are identical to/);

  // Another clone has no store: what the second reference shares is read from the first.
  await using clone = await workspaceOfOneProcess();
  const there = await copyPipeline(clone, "training");
  await copyTree(reference, join(clone.path, "artifacts", "reference"));
  const differ = await fanin(
    clone,
    ["diff", "reference", "reference/assignment-wasm", "--json"],
    there,
  );
  const { outputs } = JSON.parse(differ.out);
  assertEquals(
    outputs.filter(({ agreement }: { agreement: string }) => agreement === "unknown"),
    [],
  );
  const [job, output] = kept.jobs.flatMap(({ name, outputs }) =>
    Object.entries(outputs).map(([output, { file }]) => [name, output, file])
  ).find(([, , file]) => file === shared[0].file)!;
  const read = await fanin(clone, ["cat", `reference/assignment-wasm:${job}/${output}`], there);
  assertEquals(read.code, 0, read.err);

  const unknown = await fanin(clone, ["diff", "reference/assignment-cpu", "latest"], there);
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.err, "reference/assignment-wasm");
  const verified = await fanin(clone, ["verify"], there);
  assertEquals(verified.code, 0, verified.out + verified.err);

  // A renewed first reference has other bytes; the second one keeps those that it shared.
  const other = await ended("reproduce", "--set", "draw.net.seed=2");
  assertEquals(other.code, 0, other.err);
  assertEquals((await ended("reference", "--update", "--yes", "--force")).code, 0);
  assert(exists(join(own, shared[0].file)), "it holds now what it shared");
  assertEquals((await ended("verify")).code, 0);
  await Deno.remove(join(own, shared[0].file));
  const lost = await ended("verify");
  assertEquals(lost.code, 1);
  assertStringIncludes(lost.out, shared[0].file);
});

Deno.test("an artifact that was not committed is compared by its hash, and otherwise not at all", async () => {
  await using made = await workspaceOfOneProcess();
  const cli = await copyPipeline(made, "training");
  assertEquals((await fanin(made, ["reproduce"], cli)).code, 0);
  assertEquals((await fanin(made, ["reference", "--update", "--yes"], cli)).code, 0);

  // Another clone: the committed files but for the weights, as if they were too large, and no store.
  await using clone = await workspaceOfOneProcess();
  const there = await copyPipeline(clone, "training");
  const committed = join("artifacts", "reference");
  await copyTree(join(made.path, committed), join(clone.path, committed));
  const weights = join(committed, "train", "net", "weights.safetensors");
  await Deno.remove(join(clone.path, weights));
  const ended = (...args: string[]) => fanin(clone, ["reproduce", ...args], there);
  const [run] = runsIn(made.path);

  // Another backend has other bytes by right.
  const backend = await ended("--backend", "wasm", "--json");
  assertEquals(backend.code, 0, backend.out);
  const { reference } = JSON.parse(backend.out);
  assertEquals([reference.verdict, reference.passed], ["not-compared", true]);
  assertEquals(reference.notCompared, ["train/net weights"]);
  assertEquals(reference.agreements, { identical: 1, unknown: 1, within: 3 });

  // On the same machine they are asked for: the code sums in another order now.
  const stages = join(clone.path, "training_stages.ts");
  await edit(
    stages,
    "backwards ? values.toReversed() : values",
    "backwards ? values : values.toReversed()",
  );
  for (const _ of ["run", "up to date"]) {
    const unknown = await ended("--verbose");
    assertEquals(unknown.code, 1, unknown.out);
    assertMatch(
      unknown.out,
      /1 of 5 artifacts are identical, 3 are within .*, 1 were not compared/,
    );
    assertStringIncludes(unknown.out, "Not compared: train/net weights.");
  }
  await Deno.copyFile(join(made.path, weights), join(clone.path, weights));
  const known = await ended();
  assertEquals(known.code, 0, known.out);
  assertMatch(known.out, /1 of 5 artifacts are identical, 4 are within tolerance;/);

  // With the reference's code the hashes are the same.
  await Deno.remove(join(clone.path, weights));
  await edit(
    stages,
    "backwards ? values : values.toReversed()",
    "backwards ? values.toReversed() : values",
  );
  const same = await ended();
  assertEquals(same.code, 0, same.out);
  assertStringIncludes(same.out, `Reference  all 5 artifacts are identical to those of ${run}`);
});

const artifacts = new URL("../../../artifacts/", import.meta.url);
const manifest = Manifest.parse(
  JSON.parse(await Deno.readTextFile(new URL("reference/manifest.json", artifacts))),
);

Deno.test("artifacts above the limits are not committed, the largest first", () => {
  const [template] = Object.values(manifest.jobs[0].outputs);
  const most = limits.all / limits.each;
  const sizes = [...Array(most + 4).fill(limits.each), limits.each + 1, 10];
  const outputs = Object.fromEntries(
    sizes.map((size, i) => [`output-${i}`, { ...template, size, file: `a/${i}` }]),
  );
  const job = { ...manifest.jobs[0], outputs };
  const kept = smallOutputs({ ...manifest, jobs: [job] });
  assertEquals(kept.map(({ size }) => size), [...Array(most - 1).fill(limits.each), 10]);
});

Deno.test("the committed reference is whole: every small artifact is there as its manifest says", async () => {
  const { openRun } = await import("../../../pipeline/runs/open_run.ts");
  const place = await Deno.makeTempDir({ dir: join(root, "tests", "tmp") });
  try {
    // As a directory, so that nothing comes from a store.
    const source = await openRun(place, join(root, "artifacts", "reference"));
    assertEquals(source.manifest.experiment.name, "assignment");
    assertEquals(source.manifest.status, "complete");
    assert(Object.keys(source.metrics() ?? {}).length > 0);
    const kept = smallOutputs(source.manifest);
    for (const { job, output } of kept) assert(source.read(job, output) !== undefined, output);
    assert(kept.reduce((sum, { size }) => sum + size, 0) <= limits.all);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});
