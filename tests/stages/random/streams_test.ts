/**
 * Streams of random numbers: every job that draws is run on little data, and what seeds its generators
 * is collected. No two jobs draw the same stream but for the few that share one on purpose.
 */
import { assert, assertEquals } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { readImportMap } from "../../../pipeline/engine/code/import_map.ts";
import { reachedFiles } from "../../../pipeline/engine/code/module_graph.ts";
import { checkGradients } from "../../../stages/train/check_gradients.ts";
import { dag } from "../../../stages/mod.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { drawSamples, predictionsOf } from "../../../stages/visualize/charts/predictions.ts";
import { evaluateUntrained } from "../../../stages/evaluate/evaluate_untrained.ts";
import { expressivity } from "../../../stages/expressivity/expressivity.ts";
import { initCheck } from "../../../stages/init_check/init_check.ts";
import { initCheckAssumptions } from "../../../stages/init_check/init_check_assumptions.ts";
import { initCheckBatchByHand } from "../../../stages/init_check/init_check_batch_by_hand.ts";
import { initCheckDepth } from "../../../stages/init_check/init_check_depth.ts";
import { initCheckDesign } from "../../../stages/init_check/init_check_design.ts";
import { initCheckLayer } from "../../../stages/init_check/init_check_layer.ts";
import { layersOf, tensorsOf } from "../../../stages/networks/layers.ts";
import { measureSummationOrders } from "../../../stages/train/summation_orders.ts";
import { purposeNumber, streamOf } from "../../../stages/random/streams.ts";
import { SeedSequence } from "../../../stages/random/seed_sequence.ts";
import { root } from "../../support/checkout.ts";

const effects = {
  progress() {},
  readPackageFile: (specifier: string) => Deno.readFile(new URL(import.meta.resolve(specifier))),
} as unknown as Effects;

/** Seeds and spawn keys of the generators that `draws` starts. */
async function streamsOf(draws: () => unknown): Promise<Set<string>> {
  const found = new Set<string>();
  const { generateState } = SeedSequence.prototype;
  SeedSequence.prototype.generateState = function (this: SeedSequence, ...all: unknown[]) {
    found.add(`seed ${this.entropy}, key ${this.spawnKey}`);
    return Reflect.apply(generateState, this, all);
  } as typeof generateState;
  try {
    await draws();
  } finally {
    SeedSequence.prototype.generateState = generateState;
  }
  return found;
}

const parametersOf = (name: string): Record<string, unknown> =>
  dag.find((job) => job.name === name)!.parameters;

/** A few images of one width, and labels for them. */
function images(count: number) {
  const random = defaultRng(new SeedSequence(1));
  const data = Uint8Array.from(random.integers(0, 256, count * 784));
  const tensor = { dtype: "uint8" as const, shape: [count, 28, 28], data };
  const labels = { dtype: "uint8" as const, shape: [count], data: new Uint8Array(count) };
  return { tensor, labels, scale: { divisor: 255 } };
}
const { tensor, labels, scale } = images(4);

const drawn = (name: string) =>
  initCheck.run({
    parameters: initCheck.parameters.parse(parametersOf(name)),
    inputs: {},
    effects,
  });

// Inputs of the jobs below, whose draws are those of other jobs.
const [scratch, listed] = await Promise.all(
  ["mnist-scratch", "mnist-as-listed"].map((name) => drawn(`init-check/${name}`)),
);

const firstBatch = ({ weights, report }: typeof scratch) => () =>
  initCheckBatchByHand.run({
    parameters: initCheckBatchByHand.parameters.parse({}),
    inputs: { weights, report, images: tensor, labels, scale },
    effects,
  });

const orders = () =>
  measureSummationOrders.run({
    parameters: { epochs: 0, learningRate: 0.1 },
    inputs: {
      initial: scratch.weights,
      "train-images": tensor,
      "train-labels": labels,
      "test-images": tensor,
      "test-labels": labels,
      "pixel-scale": scale,
    },
    effects,
  });

const { design } = await initCheckDesign.run({
  parameters: { seed: 0, epsilon: 0.18, depth: 2, largestFan: 64 },
  inputs: {},
  effects,
});
const layer = (direction: "forward" | "backward") => () =>
  initCheckLayer.run({ parameters: { direction }, inputs: { design }, effects });

/** Jobs by name, each with what it draws. A job's inputs are not its own draws. */
const draws: Record<string, () => unknown> = {
  expressivity: () =>
    expressivity.run({
      parameters: expressivity.parameters.parse({ largestN: 1024, dimensions: 3, errors: [0.45] }),
      inputs: {},
      effects,
    }),
  "init-check/theory-forward": layer("forward"),
  "init-check/theory-backward": layer("backward"),
  "init-check/theory-depth": () =>
    initCheckDepth.run({ parameters: {}, inputs: { design }, effects }),
  "init-check/theory-assumptions": () =>
    initCheckAssumptions.run({
      parameters: { seed: 0, samples: 64, sums: 64, layers: 64 },
      inputs: {},
      effects,
    }),
  "init-check/mnist-scratch-first-batch": firstBatch(scratch),
  "init-check/mnist-as-listed-first-batch": firstBatch(listed),
  "evaluate/mnist-untrained": () =>
    evaluateUntrained.run({
      parameters: evaluateUntrained.parameters.parse({}),
      inputs: { initial: scratch.weights, images: tensor, labels, scale },
      effects,
    }),
  "summation-orders/mnist-scratch": orders,
  "summation-orders/mnist-raw-pixels": orders,
  "check-gradients/mnist-scratch": async () => {
    const layers = layersOf(scratch.weights, "float64");
    const weights = { ...tensorsOf(layers, { prefix: "epoch-0." }) };
    const inputs = { weights, images: tensor, labels, scale };
    await checkGradients.run({ parameters: { samples: 1, seed: 0 }, inputs, effects });
  },
  "visualize/question-3": () => {
    const row = { dtype: "float32" as const, shape: [1000, 10], data: new Float32Array(10_000) };
    const predictions = predictionsOf(new Uint8Array(1000), row);
    for (const below of [157, 1000]) drawSamples(predictions, { seed: 0, below, count: 3 });
  },
  // Misclassified images are chosen by their probability.
  "visualize/question-4": () => {},
  ...Object.fromEntries(
    dag.filter(({ stage, optional }) => stage.name === "init-check" && !optional)
      .map(({ name }) => [name, () => drawn(name)]),
  ),
};

/** Streams that jobs share on purpose. */
const shared = {
  // The assignment gives one seed for both of its networks.
  "seed 80085, key ": ["init-check/mnist-as-listed", "init-check/mnist-scratch"],
  // The same draws times the deviation of each law, so that a comparison of laws is of nothing else.
  "seed 0, key ": ["glorot", "he", "he-sixth", "he-tenfold", "he-tenth", "lecun"]
    .map((law) => `init-check/fashion-${law}`),
  // The same orders of summation for both scales of pixels.
  [`seed 0, key ${purposeNumber("order of summation")},0`]: [
    "summation-orders/mnist-raw-pixels",
    "summation-orders/mnist-scratch",
  ],
};

Deno.test("no two jobs draw the same stream of random numbers but those that share one on purpose", async () => {
  const jobs = new Map<string, string[]>();
  for (const [job, run] of Object.entries(draws).sort(([a], [b]) => a < b ? -1 : 1)) {
    for (const stream of await streamsOf(run)) {
      jobs.set(stream, [...(jobs.get(stream) ?? []), job]);
    }
  }
  assert(jobs.size > 500, `${jobs.size} streams`);
  const found = Object.fromEntries([...jobs].filter(([, of]) => of.length > 1));
  assertEquals(found, shared);
});

Deno.test("every job that can draw is among those collected", async () => {
  const importMap = readImportMap(root);
  const collected = new Set(
    Object.keys(draws).map((name) => dag.find((job) => job.name === name)!.stage.name),
  );
  const stages = new Map(dag.map(({ stage }) => [stage.name, stage.module]));
  for (const [name, module] of stages) {
    const files = Object.keys(await reachedFiles(module, root, importMap));
    const canDraw = files.some((file) => /random\/(streams|default_rng)\.ts$/.test(file));
    assertEquals(collected.has(name), canDraw, name);
  }
});

Deno.test("a purpose's number is FNV-1a's hash of its name", () => {
  const known = { "": 0x811c9dc5, a: 0xe40c292c, foobar: 0xbf9cf968 };
  for (const [text, hash] of Object.entries(known)) assertEquals(purposeNumber(text), hash);
  assertEquals(streamOf(7, "a", 2).spawnKey, [0xe40c292c, 2]);
});
