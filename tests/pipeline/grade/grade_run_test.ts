/**
 * Tests grading submitted runs: an intact one, tampered ones with their integrity errors, errors that only
 * recomputing reveals, and nearly empty runs.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join, relative } from "node:path";
import { Manifest, type ManifestJob } from "../../../schemas/run/manifest.ts";
import type { Grade } from "../../../schemas/run/graded.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipeline/formats/safetensors.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { gradeRun, type Grading } from "../../../pipeline/grade/submission.ts";
import { identityOf } from "../../../pipeline/runs/identity.ts";
import { keyOf, parseLines } from "../../../pipeline/engine/key.ts";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { dag } from "../../fixtures/training/mod.ts";
import {
  fanin,
  readJson,
  root,
  runsIn,
  type Workspace,
  workspace,
} from "../../support/workspace.ts";

const trainingCli = join(root, "tests", "fixtures", "training", "cli.ts");

const projectIn = ({ path }: Workspace): Project => ({
  root,
  artifacts: join(path, "artifacts"),
  dag,
  dagModule: new URL("../../fixtures/training/mod.ts", import.meta.url).href,
  experiments: { assignment: () => Promise.resolve({ name: "assignment", about: "a training" }) },
});

const source = { from: "measured", where: "a test" };

/** Expected values of the small training, wide enough for any order of summation. */
const expected = {
  version: 1,
  title: "the small training",
  about: "",
  experiment: "assignment",
  items: [
    {
      id: "loss",
      title: "final loss",
      target: { kind: "metric", name: "net.final-loss" },
      expected: { kind: "range", range: { low: 0.01, high: 0.9 } },
      points: 2,
      source,
    },
    {
      id: "curve",
      title: "loss by epoch",
      target: { kind: "curve", name: "net.loss.epoch-*", from: 0, to: 3 },
      expected: {
        kind: "band",
        ranges: [0, 1, 2, 3].map(() => ({ low: 0, high: 0.9 })),
      },
      source,
    },
    {
      id: "weights",
      title: "weights are numbers",
      target: {
        kind: "tensor",
        job: "train/net",
        output: "weights",
        name: "epoch-3.weight",
        statistic: "not-finite",
      },
      expected: { kind: "exact", value: 0 },
      source,
    },
    {
      id: "chart",
      title: "the chart",
      target: { kind: "artifact", job: "plot/net", output: "loss.vl.json" },
      expected: { kind: "form", form: "vega-lite", contains: ["Loss by epoch"] },
      source,
    },
  ],
};

const how = (place: Workspace, recompute: Grading["recompute"] = "none"): Grading => ({
  expected: join(place.path, "expected.json"),
  experiment: "assignment",
  recompute,
  onStart() {},
  onNotice() {},
});

/** A finished run of the small training, and the file that it is graded against. */
async function finished(place: Workspace): Promise<string> {
  const { code, err } = await fanin(place, ["reproduce"], trainingCli);
  assertEquals(code, 0, err);
  await Deno.writeTextFile(join(place.path, "expected.json"), JSON.stringify(expected));
  return join(place.path, "artifacts", "runs", runsIn(place.path)[0]);
}

interface Submitted {
  manifest: Manifest;
  job(name: string): ManifestJob;
  write(file: string, content: string | Uint8Array): Promise<void>;
  read(file: string): Promise<Uint8Array>;
}

/** Copies a run, changes the copy and writes its manifest anew; gives the copy's directory. */
async function submit(
  run: string,
  name: string,
  change: (submitted: Submitted) => unknown,
): Promise<string> {
  const directory = join(dirname(dirname(run)), "..", name);
  const copy = async (from: string) => {
    for await (const entry of Deno.readDir(from)) {
      const path = join(from, entry.name);
      if (entry.isDirectory) await copy(path);
      else {
        const to = join(directory, relative(run, path));
        await Deno.mkdir(dirname(to), { recursive: true });
        // Not a link: the store must not see the change.
        await Deno.writeFile(to, await Deno.readFile(path));
      }
    }
  };
  await copy(run);
  const manifest = Manifest.parse(await readJson(run, "manifest.json"));
  await change({
    manifest,
    job: (name) => manifest.jobs.find((job) => job.name === name)!,
    write: (file, content) =>
      typeof content === "string"
        ? Deno.writeTextFile(join(directory, file), content)
        : Deno.writeFile(join(directory, file), content),
    read: (file) => Deno.readFile(join(directory, file)),
  });
  await Deno.writeTextFile(join(directory, "manifest.json"), canonicalJson(manifest));
  return directory;
}

/** Puts an output in the place of a job's, with its hash in the manifest. */
async function replaceOutput(
  { job, write }: Submitted,
  name: string,
  output: string,
  bytes: Uint8Array,
): Promise<string> {
  const declared = job(name).outputs[output];
  await write(declared.file, bytes);
  Object.assign(declared, { sha256: sha256Of(bytes), size: bytes.length });
  return declared.sha256;
}

const forgeKeys = ({ manifest }: Submitted) => {
  for (const job of manifest.jobs) job.key = keyOf(parseLines(job.lines));
  manifest.identity = identityOf(manifest.jobs.map(({ name, key }) => ({ name, key })));
};

const problems = ({ trust }: Grade): string[] =>
  trust.problems.map(({ where, message }) => `${where}: ${message}`);
const statuses = ({ items }: Grade): string[] => items.map(({ status }) => status);

const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("a submitted run is graded, and every edited file in it is reported", async () => {
  await using place = await workspace();
  const run = await finished(place);
  const project = projectIn(place);
  const gradeOf = (directory: string, recompute?: Grading["recompute"]) =>
    gradeRun(project, directory, how(place, recompute));

  const honest = await gradeOf(run);
  assertEquals(problems(honest), []);
  assertEquals(statuses(honest), ["passed", "passed", "passed", "passed"]);
  assertEquals([honest.passed, honest.points, honest.form], [true, 5, "complete"]);

  const edited: [string, (run: Submitted) => unknown, string, string[]][] = [
    [
      "metrics",
      ({ write }) => write("metrics.json", `{"net.final-loss": 0.5}`),
      `metrics.json: it does not follow from the jobs' artifacts: "net.final-loss" is 0.5`,
      ["passed", "passed", "passed", "passed"],
    ],
    [
      "artifact",
      ({ write }) => write("evaluate/net/metrics.json", `{"final-loss":0.5}\n`),
      "evaluate/net",
      ["untrusted", "untrusted", "passed", "passed"],
    ],
    [
      "weights",
      ({ write }) => write("train/net/weights.safetensors", "no weights"),
      "train/net/weights.safetensors",
      ["passed", "passed", "untrusted", "passed"],
    ],
    [
      "parameter",
      ({ job }) => job("train/net").parameters.rate = 0.25,
      "manifest.json, train/net: its parameters are not those of its lines",
      ["passed", "passed", "untrusted", "passed"],
    ],
    [
      "line",
      ({ job }) => job("evaluate/net").lines.push("param x 1"),
      "manifest.json, evaluate/net: its key is not the hash of its lines",
      ["untrusted", "untrusted", "passed", "passed"],
    ],
    [
      "key",
      ({ job }) => {
        job("draw/net").lines.push("package x 1 y");
        job("draw/net").key = keyOf(parseLines(job("draw/net").lines));
      },
      "manifest.json: its identity is",
      ["passed", "passed", "passed", "passed"],
    ],
    [
      "wiring",
      ({ job }) => job("evaluate/net").inputs.weights.job = "draw/net",
      "manifest.json, evaluate/net: its input weights is not what draw/net gave as weights",
      ["untrusted", "untrusted", "passed", "passed"],
    ],
    [
      "output",
      (run) =>
        replaceOutput(
          run,
          "train/net",
          "weights",
          encodeSafetensors({
            "epoch-3.weight": { dtype: "float32", shape: [1], data: Float32Array.of(1) },
          }),
        ),
      "manifest.json, evaluate/net: its input weights is not what train/net gave as weights",
      ["untrusted", "untrusted", "passed", "passed"],
    ],
    [
      "added",
      ({ manifest, job }) => manifest.jobs.push({ ...job("draw/net"), name: "draw/more" }),
      "manifest.json, draw/more: this repository's DAG has no such job",
      ["passed", "passed", "passed", "passed"],
    ],
  ];
  for (const [name, change, message, expectedStatuses] of edited) {
    const grade = await gradeOf(await submit(run, `edited-${name}`, change));
    assert(problems(grade).some((one) => one.startsWith(message)), problems(grade).join("\n"));
    assertEquals(statuses(grade), expectedStatuses, name);
    assertEquals(grade.passed, false, name);
  }

  const outside = await submit(run, "outside", ({ job }) => {
    job("plot/net").outputs["loss.vl.json"].file = "../../../secret.json";
  });
  const leading = await gradeOf(outside);
  assertEquals(leading.passed, false);
  assert(!JSON.stringify(leading).includes("found sha256"), "nothing outside the run is read");

  // What fits together and is not what the program gives: only computing it tells.
  const claimed = await submit(run, "claimed", async (submitted) => {
    const figures = `{"final-loss":0.05,"loss.epoch-0":0.2,"loss.epoch-1":0.1,` +
      `"loss.epoch-2":0.07,"loss.epoch-3":0.05}\n`;
    await replaceOutput(submitted, "evaluate/net", "metrics", utf8(figures));
    const named = Object.fromEntries(
      Object.entries(JSON.parse(figures)).map(([name, value]) => [`net.${name}`, value]),
    );
    await submitted.write("metrics.json", JSON.stringify(named));
  });
  const believed = await gradeOf(claimed);
  assertEquals([believed.passed, problems(believed)], [true, []]);
  const caught = await gradeOf(claimed, "quick");
  assertEquals(statuses(caught), ["untrusted", "untrusted", "passed", "passed"]);
  assertEquals([caught.passed, caught.points], [false, 2]);
  assertStringIncludes(problems(caught)[0], "evaluate/net: recomputed from its own inputs");
  assertStringIncludes(problems(caught)[0], "final-loss: 0.05 → ");

  // Better weights, with every hash of them forged, do not give the figures that are claimed.
  const forged = await submit(run, "forged", async (submitted) => {
    const { job, read } = submitted;
    const tensors = decodeSafetensors(await read(job("train/net").outputs.weights.file));
    for (const { data } of Object.values(tensors)) data.fill(0);
    const bytes = encodeSafetensors(tensors);
    const old = job("evaluate/net").inputs.weights.sha256!;
    const sha256 = await replaceOutput(submitted, "train/net", "weights", bytes);
    job("evaluate/net").inputs.weights.sha256 = sha256;
    job("evaluate/net").lines = job("evaluate/net").lines
      .map((line) => line.replace(old, sha256));
    forgeKeys(submitted);
  });
  assertEquals(problems(await gradeOf(forged)), []);
  assertStringIncludes(problems(await gradeOf(forged, "quick"))[0], "evaluate/net: recomputed");
  // That the weights are not those of the training shows when it is run again too.
  const all = await gradeOf(forged, "all");
  assert(
    problems(all).some((one) => one.startsWith("train/net: recomputed")),
    problems(all)[0],
  );

  // By other code, and without the bytes that would tell whether they are near.
  const partial = await submit(run, "partial", async (submitted) => {
    const { job } = submitted;
    const evaluate = job("evaluate/net");
    const old = evaluate.outputs.evaluation.sha256;
    const sha256 = await replaceOutput(submitted, "evaluate/net", "evaluation", utf8("{}"));
    const { evaluation } = job("plot/net").inputs;
    evaluation.sha256 = sha256;
    job("plot/net").lines = job("plot/net").lines.map((line) => line.replace(old, sha256));
    evaluate.lines = evaluate.lines
      .map((line) => line.replace(/^(code evaluate) .*/, `$1 sha256:${sha256Of("other")}`));
    forgeKeys(submitted);
  });
  await Deno.remove(join(partial, "evaluate", "net", "evaluation.json"));
  const [evaluated] = (await gradeOf(partial, "quick")).trust.recomputed
    .filter(({ job }) => job === "evaluate/net");
  assertEquals(evaluated.outcome, "not-recomputed");
  assertEquals(evaluated.message, "the run lacks evaluation of it");

  const again = await gradeOf(run, "all");
  assertEquals(
    again.trust.recomputed.map(({ job, outcome }) => [job, outcome]),
    [["train/net", "same-bytes"], ["evaluate/net", "same-bytes"], ["plot/net", "same-bytes"]],
  );
  assertEquals(again.passed, true);
  assertEquals(
    [...Deno.readDirSync(join(place.path, "artifacts", "store", "tmp"))].length,
    0,
    "the store that it was computed in is gone",
  );

  // A run that left little, or nothing.
  const cut = await submit(run, "cut", () => {});
  await Deno.writeTextFile(join(cut, "manifest.json"), `{"version":1,"run":"x`);
  const failed = await submit(run, "failed", ({ manifest, job }) => {
    manifest.status = "failed";
    for (const name of ["evaluate/net", "plot/net"]) {
      Object.assign(job(name), {
        status: "failed",
        outputs: {},
        error: `${name} failed: it broke`,
      });
    }
  });
  for (const directory of [cut, failed]) {
    const grade = await gradeOf(directory);
    assertEquals(grade.passed, false);
    assertEquals(statuses(grade).filter((status) => status === "missing").length >= 3, true);
    for (const [name, write] of Object.entries(formats)) {
      assert(write(grade).length > 0, name);
    }
  }
  assertStringIncludes(
    (await gradeOf(failed)).items[0].explanation!,
    "evaluate/net failed: it broke",
  );
  assertEquals((await gradeOf(cut)).form, "unreadable");
});
