/**
 * Tests question 3's training on a small part of the data: the same bytes again, after a kill, on another
 * backend; and the messages when it is impossible.
 */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { decodeAnyNpy } from "../../../pipeline/formats/npy.ts";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, type Workspace, workspace } from "../../support/workspace.ts";
import type { Ended } from "../../support/deno_command.ts";
import { runArguments } from "../../support/deno_command.ts";

interface Options {
  epochs: number;
  /** By default WebGPU, and nothing else. */
  backends?: string[];
  learningRate?: number;
  batchSize?: number;
  env?: Record<string, string>;
}

const cli = cliOf("assignment");

// The training is bundled once, for the places of all tests.
Deno.test.beforeAll(async () => {
  await using place = await workspace();
  const { code, err } = await fanin(place, ["plan", "--experiment", "small"], cli);
  assertEquals(code, 3, err);
});

/** A place with the data and the first weights, but without a training. */
async function readyPlace(): Promise<Workspace> {
  const place = await workspace();
  const only = ["normalize/fashion-mnist", "init-check/fashion-mlp"];
  const flags = ["--experiment", "small", ...only.flatMap((job) => ["--only", job])];
  const { code, err } = await fanin(place, ["reproduce", ...flags], cli);
  assertEquals(code, 0, err);
  return place;
}

/** The command of a training on 640 images. */
const command = ({ backends = ["webgpu"], env: _, ...parameters }: Options): string[] => [
  ...["reproduce", "--experiment", "small"],
  ...backends.flatMap((backend) => ["--backend", backend]),
  ...Object.entries(parameters)
    .flatMap(([name, value]) => ["--set", `train.fashion-mlp.${name}=${value}`]),
];

const train = (place: Workspace, options: Options): Promise<Ended> =>
  fanin(place, command(options), cli, options.env);

async function trainedIn({ path }: Workspace) {
  const file = join(path, "artifacts", "latest", "manifest.json");
  const { jobs } = Manifest.parse(JSON.parse(await Deno.readTextFile(file)));
  const job = jobs.find(({ name }) => name === "train/fashion-mlp");
  if (job === undefined) throw new Error("expected a training in the manifest");
  return job;
}

async function weightsOf(place: Workspace, options: Options): Promise<string> {
  const { code, err } = await train(place, options);
  assertEquals(code, 0, err);
  return (await trainedIn(place)).outputs.weights.sha256;
}

/** Seconds matter here: a training of so many epochs takes a few, of which checkpoints are seen. */
const epochs = 20;

Deno.test("the same adapter, seed and code give the same bytes, also after a kill at a random epoch", async () => {
  await using undisturbed = await readyPlace();
  const right = await weightsOf(undisturbed, { epochs });
  await using place = await readyPlace();
  const child = new Deno.Command("deno", {
    args: runArguments(cli, join(place.path, "artifacts"), ...command({ epochs })),
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const before = 3;
  const enough = before + 2 + Math.floor(Math.random() * (epochs - 10));
  while (actionsIn(place) < enough) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill("SIGKILL");
  await child.status;
  const stored = actionsIn(place) - before;
  assert(stored < epochs, `expected it killed before its end, found ${stored} epochs`);
  assertEquals(await weightsOf(place, { epochs }), right, `killed after ${stored} epochs`);
});

/** Results stored: those of the jobs before the training, and a checkpoint an epoch. */
function actionsIn(place: Workspace): number {
  const actions = join(place.path, "artifacts", "store", "actions");
  try {
    return [...Deno.readDirSync(actions)]
      .flatMap(({ name }) => [...Deno.readDirSync(join(actions, name))]).length;
  } catch {
    return 0;
  }
}

Deno.test("a training's metrics say how it was trained: layers, batches, their order, first losses", async () => {
  await using place = await readyPlace();
  const { code, err } = await train(place, { epochs: 3, batchSize: 100 });
  assertEquals(code, 0, err);
  const read = (file: string) => {
    const path = join(place.path, "artifacts", "latest", "train", "fashion-mlp", file);
    return Deno.readFileSync(path);
  };
  const json = (file: string) => JSON.parse(new TextDecoder().decode(read(file)));
  const [metrics, { firstBatchLabels }] = [json("metrics.json"), json("history.json")];
  const losses = decodeAnyNpy(read("batch-losses.npy"));
  const of = (name: string, numbers: number[]) =>
    numbers.map((number) => metrics[name.replace("*", String(number))]);
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

  assertEquals(of("layer-*.inputs", [1, 2, 3, 4]), [784, 256, 128, 64]);
  assertEquals(of("layer-*.outputs", [1, 2, 3, 4]), [256, 128, 64, 10]);
  assertEquals(of("layer-*.biases", [1, 2, 3, 4]), [256, 128, 64, 10]);
  assertEquals([metrics.batches, metrics["last-batch-size"]], [7, 40]);
  assertEquals(of("first-losses.batch-*", upTo(7)), [...losses.data.subarray(0, 7)]);
  assertEquals(
    of("first-batch-labels.class-*", upTo(10)),
    upTo(10).map((label) => firstBatchLabels.filter((one: number) => one === label).length),
  );
  // An order that is not drawn anew repeats all 100.
  for (const repeated of of("labels-repeated.epoch-*", [1, 2])) {
    assert(repeated > 0 && repeated < 30, `found ${repeated} of 100`);
  }
});

Deno.test("the backend and its adapter are part of the key, and another backend is reported", async () => {
  await using place = await readyPlace();
  const webgpu = await weightsOf(place, { epochs: 1 });
  const { lines } = await trainedIn(place);
  assert(lines.includes('env backend "webgpu"'), lines.join("\n"));
  assert(lines.some((line) => line.startsWith('env adapter "')), lines.join("\n"));

  await using without = await readyPlace();
  const env = { VK_ICD_FILENAMES: "/nonexistent", DENO_WEBGPU_BACKEND: "vulkan" };
  const { code, err } = await train(without, { epochs: 1, backends: ["webgpu", "wasm"], env });
  assertEquals(code, 0, err);
  assertStringIncludes(err, "no webgpu adapter, so wasm is used");
  const fallen = await trainedIn(without);
  assert(fallen.lines.includes('env backend "wasm"'), fallen.lines.join("\n"));
  assertNotEquals(fallen.outputs.weights.sha256, webgpu, "another order of summation");
});

Deno.test("no adapter and no permission to fall back is refused, with the package to install", async () => {
  await using place = await readyPlace();
  const env = { VK_ICD_FILENAMES: "/nonexistent", DENO_WEBGPU_BACKEND: "vulkan" };
  const { code, err } = await train(place, { epochs: 1, env });
  assertEquals(code, 2);
  assertStringIncludes(err, "mesa-vulkan-drivers");
  assertStringIncludes(err, "--backend wasm");
});

Deno.test("a loss that is not finite stops the training; the epoch, batch and layer are named", async () => {
  await using place = await readyPlace();
  const { code, err } = await train(place, { epochs: 2, learningRate: 1e6 });
  assertEquals(code, 2, err);
  assert(/the loss is (NaN|Infinity|-Infinity) in epoch 0, batch \d+: .*ly\d/.test(err), err);
});
