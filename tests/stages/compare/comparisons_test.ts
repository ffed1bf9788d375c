/** Tests question 3's host code around training: layouts, means, predictions, comparisons. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { parity } from "../../../stages/compare/comparison_artifacts.ts";
import { compareCurves } from "../../../stages/compare/compare_curves.ts";
import { comparePytorch } from "../../../stages/compare/compare_pytorch.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { paritySeeds } from "../../../stages/experiments/parity.ts";
import { parityItems, webgpuItems } from "../../../stages/experiments/expected/expected_pytorch.ts";
import { fileOf, subjectOf } from "../../support/grade_subject.ts";
import { initCheckBatch } from "../../../stages/init_check/init_check_batch.ts";
import { initCheck } from "../../../stages/init_check/init_check.ts";
import { batchMeans, classify, mean } from "../../../stages/networks/batches.ts";
import { layersOf, tensorsOf } from "../../../stages/networks/layers.ts";
import { gatherPixels, packImages } from "../../../stages/networks/packed_images.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { manualSeed } from "../../../stages/random/pytorch.ts";
import { webgpuRun } from "../../../stages/compare/webgpu_runs.ts";
import { arithmeticDistance, replicates } from "../../../stages/compare/pytorch_runs.ts";
import { root } from "../../support/checkout.ts";

const effects = {} as Effects;
const names = ["one", "two"];
const bytes = (shape: number[], data: Iterable<number>) => ({
  dtype: "uint8" as const,
  shape,
  data: Uint8Array.from(data),
});
const float32 = (shape: number[], data: Iterable<number>) => ({
  dtype: "float32" as const,
  shape,
  data: Float32Array.from(data),
});

Deno.test("layers and PyTorch's tensors are each other's transposes, and come back unchanged", () => {
  const tensors = {
    "one.weight": float32([2, 3], [1, 2, 3, 4, 5, 6]),
    "one.bias": float32([2], [7, 8]),
    "two.weight": float32([1, 2], [9, 10]),
    "two.bias": float32([1], [11]),
  };
  const layers = layersOf(tensors, "float32", { names });
  assertEquals([...layers[0].weight], [1, 4, 2, 5, 3, 6], "(inputs, outputs)");
  assertEquals(tensorsOf(layers, { names }), tensors);
  assertThrows(() => layersOf(tensors, "float32", { names: ["one", "one"] }), Error, "(n, 2)");
  assertThrows(() => layersOf(tensors, "float32", { names: ["three"] }), Error, "found (nothing)");
});

Deno.test("a device takes pixels over 255 as bytes, and no others", () => {
  const images = bytes([2, 1, 3], [0, 1, 2, 253, 254, 255]);
  assertEquals(packImages(images, { divisor: 255 }), {
    pixels: images.data,
    samples: 2,
    width: 3,
  });
  for (const divisor of [1, 254, 256]) {
    assertThrows(() => packImages(images, { divisor }), Error, `divisor 255, found ${divisor}`);
  }
});

Deno.test("pixels are gathered sample by sample, in the order of the samples", () => {
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assertEquals([...gatherPixels(pixels, 2, Uint32Array.of(2, 0, 2))], [5, 6, 1, 2, 5, 6]);
});

Deno.test("the mean of batch means over-weights a short batch; the mean over samples does not", () => {
  const values = [1, 1, 1, 1, 4];
  assertEquals([...batchMeans(values, 2)], [1, 1, 4]);
  assertEquals(mean(batchMeans(values, 2)), 2);
  assertEquals(mean(values), 1.6);
});

Deno.test("probabilities sum to 1, however large the logits, and losses are their logarithms", () => {
  const logit = fc.float({ min: -1e4, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(fc.array(logit, { minLength: 3, maxLength: 3 }), fc.nat(2), (row, label) => {
      const { probabilities, losses, predictions } = classify(
        Float32Array.from(row),
        Uint8Array.of(label),
        3,
      );
      assert(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-12);
      assertEquals(predictions[0], row.indexOf(Math.max(...row)));
      assert(losses[0] >= 0 && Math.abs(Math.exp(-losses[0]) - probabilities[label]) < 1e-12);
    }),
  );
});

/** A batch of random images and a network by a law, wide enough for theory to hold. */
async function momentsBy(law: "lecun" | "he", scale = 1) {
  const layers = [784, 512, 512, 10];
  const names = ["a", "b", "c"];
  const { weights, report } = await initCheck.run({
    parameters: initCheck.parameters.parse({ law, layers, names, scale, seed: 1 }),
    inputs: {},
    effects,
  });
  const generator = defaultRng(2);
  const images = bytes([8, 784], generator.integers(0, 256, 8 * 784));
  const labels = bytes([8], [0, 1, 2, 3, 4, 5, 6, 7]);
  const parameters = { names, batchSize: 8 };
  const inputs = {
    weights,
    report,
    generator: manualSeed(0).state(),
    images,
    labels,
    scale: { divisor: 255 },
  };
  return (await initCheckBatch.run({ parameters, inputs, effects })).moments;
}

Deno.test("second moments on a batch are as predicted in a wide network, whatever the law", async () => {
  for (const moments of [await momentsBy("lecun"), await momentsBy("he", 3)]) {
    for (const { activation, gradient } of moments.layers.slice(0, 2)) {
      assert(Math.abs(activation.measured / activation.predicted - 1) < 0.25);
      assert(Math.abs(gradient.measured / gradient.predicted - 1) < 0.5);
    }
  }
});

Deno.test("a law's scale moves the prediction by its square at each layer", async () => {
  const [one, three] = [await momentsBy("he"), await momentsBy("he", 3)];
  three.layers.forEach(({ activation }, l) => {
    const ratio = activation.predicted / one.layers[l].activation.predicted;
    assert(Math.abs(ratio / 9 ** (l + 1) - 1) < 1e-9);
  });
});

/** Returns the artifacts of a run that equals PyTorch's, number for number. */
function ofPytorch(seed: number) {
  const run = replicates.find((replicate) => replicate.seed === seed);
  if (run === undefined) throw new Error(`expected a run of seed ${seed}`);
  const counts = Array.from({ length: 10 }, () => new Array(10).fill(0));
  return {
    history: {
      samples: 60_000,
      batchSize: 64,
      firstBatchLabels: run.first_batch_labels,
      diverged: null,
      epochs: run.epochs.map(({ epoch, train_loss }) => ({
        epoch,
        trainLoss: train_loss,
        trainLossOverSamples: train_loss,
      })),
    },
    "batch-losses": float32([1, 20], run.first20_batch_losses),
    evaluation: {
      samples: 10_000,
      batchSize: 64,
      epochs: run.epochs.map(({ epoch, test_loss, test_correct }) => ({
        epoch,
        loss: test_loss,
        lossOfBatches: test_loss,
        correct: test_correct,
        confusion: counts,
        precision: [],
        recall: [],
      })),
      lastBatch: { labels: [], predictions: [], loss: 0 },
      trainAfter: { loss: 0, lossOfBatches: 0, correct: 0 },
    },
  };
}

Deno.test("a run that is PyTorch's own has distance 0, and each fault is found by itself", async () => {
  const compare = async (inputs: ReturnType<typeof ofPytorch>) => {
    const parameters = { seed: 3 };
    const found = await comparePytorch.run({ parameters, inputs, effects });
    const given = {
      metrics: Object.fromEntries(
        Object.entries(found.metrics).map(([name, value]) => [`it.${name}`, value]),
      ),
      artifacts: { "parity/it/parity": parity.encode(found.parity) },
    };
    const { items } = grade(subjectOf(given), fileOf(parityItems("it", 3)));
    const failed = items.filter(({ status }) => status !== "passed").map(({ id }) => id);
    return { failed, parity: found.parity };
  };
  const same = await compare(ofPytorch(3));
  assertEquals(same.failed, []);
  assertEquals(same.parity.largest, { trainLoss: 0, testLoss: 0, testCorrect: 0 });

  const loss = ofPytorch(3);
  loss.history.epochs[7].trainLoss += 0.0011;
  assertEquals((await compare(loss)).failed, ["it.train-loss-distance"]);
  const count = ofPytorch(3);
  count.evaluation.epochs[24].correct -= 81;
  assertEquals((await compare(count)).failed, ["it.test-correct-distance"]);
  const batch = ofPytorch(3);
  batch["batch-losses"].data[19] *= 1 + 2e-5;
  assertEquals((await compare(batch)).failed, ["it.first-losses-relative"]);
  const other = await compare({ ...ofPytorch(4) });
  assert(other.failed.includes("it.first-batch"), "another seed's run");
});

Deno.test("the run that is committed for WebGPU has distance 0 from itself, and a fault is found", async () => {
  const compare = async (edit: (run: ReturnType<typeof ofPytorch>) => void) => {
    const run = ofPytorch(0);
    webgpuRun(0)!.forEach(({ epoch, trainLoss, testLoss, testCorrect }) => {
      run.history.epochs[epoch].trainLoss = trainLoss;
      run.evaluation.epochs[epoch].lossOfBatches = testLoss;
      run.evaluation.epochs[epoch].correct = testCorrect;
    });
    edit(run);
    const found = await comparePytorch.run({ parameters: { seed: 0 }, inputs: run, effects });
    const metrics = Object.fromEntries(
      Object.entries(found.metrics).map(([name, value]) => [`fashion-mlp.${name}`, value]),
    );
    const { items } = grade(subjectOf({ metrics, artifacts: {} }), fileOf(webgpuItems));
    const failed = items.filter(({ status }) => status !== "passed").map(({ id }) => id);
    return { failed, distance: found.parity.webgpu };
  };
  const same = await compare(() => {});
  assertEquals(same.failed, []);
  assertEquals(same.distance, { trainLoss: 0, testLoss: 0, testCorrect: 0 });
  const loss = await compare(({ history }) => history.epochs[24].trainLoss -= 0.0011);
  assertEquals(loss.failed, ["fashion-mlp.webgpu.train-loss-distance"]);
  const count = await compare(({ evaluation }) => evaluation.epochs[0].correct += 81);
  assertEquals(count.failed, ["fashion-mlp.webgpu.test-correct-distance"]);
});

Deno.test("the tolerance for arithmetic is the difference between PyTorch's two precisions", () => {
  const { trainLoss, testCorrect } = arithmeticDistance();
  assert(trainLoss > 0 && trainLoss < 0.00025, String(trainLoss));
  assertEquals(testCorrect, 24);
});

Deno.test("a run of ours lies in the band of the other seeds, and a curve moved out is named by epoch", async () => {
  const outside = async (seed: number, edit: (run: ReturnType<typeof ofPytorch>) => void) => {
    const run = ofPytorch(seed);
    edit(run);
    const initial = { generator: "pytorch", seed, level: 0.001, tensors: [] };
    const inputs = { initial, history: run.history, evaluation: run.evaluation };
    const { curves } = await compareCurves.run({ parameters: {}, inputs, effects });
    return curves.curves.map((curve) => curve.outside.measured);
  };
  assertEquals(await outside(0, () => {}), [[], [], []]);
  const moved = await outside(0, ({ history, evaluation }) => {
    history.epochs[5].trainLoss += 0.2;
    evaluation.epochs[9].correct -= 1500;
  });
  assertEquals(moved, [[5], [], [9]]);
});

Deno.test("the committed parity run has all ten seeds within the limits, and its files their hashes", async () => {
  const run = await openRun(
    join(root, "artifacts"),
    join(root, "artifacts", "reference", "experiments", "parity-wasm"),
  );
  const jobs = run.manifest.jobs.filter(({ stage }) => stage === comparePytorch.name);
  const found = jobs.map(({ name }) => {
    const bytes = run.read(name, "parity");
    assert(bytes !== undefined, name);
    return parity.decode(bytes);
  });
  assertEquals(found.map(({ seed }) => seed), paritySeeds);
  for (
    const { seed, firstBatchLabelsEqual, firstLossesRelative, largest, limits, epochs } of found
  ) {
    assert(firstBatchLabelsEqual, `seed ${seed}`);
    assertEquals(epochs.length, 25);
    assert(firstLossesRelative <= limits.firstLossesRelative, `seed ${seed}`);
    assert(largest.trainLoss <= limits.trainLoss, `seed ${seed}`);
    assert(largest.testCorrect <= limits.testCorrect, `seed ${seed}`);
  }
});
