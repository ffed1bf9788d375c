/** Tests the statistics of comparisons: spreads of two runs, gaps, and which pictures can be drawn. */
import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import type { BatchMoments } from "../../../schemas/assignment/initialisation.ts";
import type { DeviceEvaluation, DeviceHistory } from "../../../schemas/assignment/training.ts";
import { compareCurves } from "../../../stages/compare/compare_curves.ts";
import { compareInitialisations } from "../../../stages/compare/compare_initialisations.ts";
import { longerTraining } from "../../../stages/compare/compare_longer.ts";
import { comparePytorch } from "../../../stages/compare/compare_pytorch.ts";
import { compareSamples } from "../../../stages/compare/compare_samples.ts";
import { replicates } from "../../../stages/compare/pytorch_runs.ts";
import reported from "../../../artifacts/reference/reported-figures.json" with { type: "json" };

const effects = {} as Effects;
const { last_test_batch: shown, per_epoch: rows } = reported.question3_fashion_mnist;
const epochs = rows.map((_, epoch) => epoch);

/** A training whose every loss is another number: 1 + epoch/100 in training, 2 + epoch/100 in the test. */
const history: DeviceHistory = {
  samples: 60_000,
  batchSize: 64,
  firstBatchLabels: [],
  diverged: null,
  epochs: epochs.map((epoch) => ({
    epoch,
    trainLoss: 1 + epoch / 100,
    trainLossOverSamples: 1 + epoch / 100,
  })),
};
const evaluation: DeviceEvaluation = {
  samples: 10_000,
  batchSize: 64,
  epochs: epochs.map((epoch) => ({
    epoch,
    loss: 2 + epoch / 100,
    lossOfBatches: 2 + epoch / 100,
    correct: 8000 + epoch,
    confusion: [],
    precision: [],
    recall: [],
  })),
  lastBatch: { labels: shown.true, predictions: shown.predicted, loss: 0.2 },
  trainAfter: { loss: 0.5, lossOfBatches: 0.5, correct: 53_440 },
};

/** The report of init-check on the initial weights of a seed. */
const initialOf = (seed: number) => ({ generator: "pytorch", seed, level: 0.001, tensors: [] });

Deno.test("gaps are those of the last epoch, of this run and of the assignment", async () => {
  const { gap } = await compareCurves.run({
    parameters: {},
    inputs: { initial: initialOf(0), history, evaluation },
    effects,
  });
  const last = rows[rows.length - 1];
  assertEquals(gap.epoch, 24);
  assertAlmostEquals(gap.during, 1, 1e-12);
  assertAlmostEquals(gap.after, 2.24 - 0.5, 1e-12);
  assertAlmostEquals(gap.reported, last.test_loss - last.train_loss, 1e-12);
});

// from scipy.stats import t; print(t.isf(0.5e-3, 9), t.isf(0.5e-3, 49))
const quantiles: Record<number, number> = { 10: 4.780912585931139, 50: 3.500442891367367 };

Deno.test("two runs differ by √2 deviations of one, times Student's t of the seeds", async () => {
  const moments: BatchMoments = {
    rule: "a rule",
    samples: 64,
    input: 0.2,
    layers: [{
      name: "one",
      weightVariance: 1,
      biasVariance: 0,
      activation: { predicted: 1, measured: 1 },
      gradient: { predicted: 1, measured: 1 },
    }],
  };
  const inputs = Object.fromEntries(
    ["default", "lecun", "glorot", "he", "he-sixth", "he-tenth", "he-tenfold"].flatMap((name) => [
      [`${name}-moments`, moments],
      [`${name}-history`, history],
    ]),
  ) as Parameters<typeof compareInitialisations.run>[0]["inputs"];
  const { initialisations: { chance } } = await compareInitialisations.run({
    parameters: {},
    inputs,
    effects,
  });
  const losses = replicates.map((run) => run.epochs[0].train_loss);
  const n = losses.length;
  assertEquals(chance.seeds, n);
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / n;
  const ofDifference = 2 * losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (n - 1);
  assertAlmostEquals(chance.distance, quantiles[n] * Math.sqrt(ofDifference), 1e-9);
});

Deno.test("a run is judged by those of other seeds, at every epoch and by its mean over all", async () => {
  const { curves, gap } = await compareCurves.run({
    parameters: {},
    inputs: { initial: initialOf(3), history, evaluation },
    effects,
  });
  assertEquals(curves.seeds, {
    all: replicates.length,
    others: replicates.length - 1,
    own: 3,
  });
  assertEquals(gap.replicates.count, replicates.length - 1);
  const others = replicates.filter(({ seed }) => seed !== 3);
  const { epochs: points, offset } = curves.curves[0];
  assertEquals(points.map(({ epoch }) => epoch), epochs);
  const average = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const ofOthers = average(others.map((run) => average(run.epochs.map((row) => row.train_loss))));
  assertAlmostEquals(offset.measured.mean, 1.12 - ofOthers, 1e-9);
});

Deno.test("the pictures that can be drawn are the first 157, one index for each batch", async () => {
  // Only the 157th image is of class 9.
  const labels = Uint8Array.from({ length: 400 }, (_, i) => i === 156 || i > 156 ? 9 : i % 9);
  const { samples: { reach } } = await compareSamples.run({
    parameters: {},
    inputs: {
      initial: initialOf(0),
      evaluation,
      probabilities: { dtype: "float32", shape: [400, 10], data: new Float32Array(4000) },
      labels: { dtype: "uint8", shape: [400], data: labels },
    },
    effects,
  });
  assertEquals([reach.bound, reach.batches, reach.samples], [157, 157, 400]);
  assertEquals(reach.classCounts.reduce((sum, count) => sum + count), 157);
  assertEquals(reach.classCounts[9], 1);
});

Deno.test("the lowest test loss of a longer training is found at its epoch, the first of equals", () => {
  const changed = structuredClone(evaluation);
  changed.epochs[7].lossOfBatches = 0.5;
  changed.epochs[9].lossOfBatches = 0.5;
  assertEquals(longerTraining(0, history, changed).lowestTestLossAt, 7);
});

Deno.test("first losses are compared relative to PyTorch's", async () => {
  const reference = replicates.find(({ seed }) => seed === 0)!;
  const first = reference.first20_batch_losses;
  assertNotEquals(first[3], 1);
  const { parity } = await comparePytorch.run({
    parameters: { seed: 0 },
    inputs: {
      history,
      evaluation,
      "batch-losses": {
        dtype: "float32",
        shape: [first.length],
        data: Float32Array.from(first, (loss, i) => i === 3 ? loss * 1.001 : loss),
      },
    },
    effects,
  });
  assertAlmostEquals(parity.firstLossesRelative, 0.001, 1e-6);
});
