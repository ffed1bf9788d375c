/**
 * Judges trainings of question 3's program as if each were a run: PyTorch's, and our own of the experiment
 * parity. Claims that need more than a training recorded are left out.
 */
import { join } from "node:path";
import { z } from "zod";
import { Metrics } from "../../schemas/run/metric_values.ts";
import type { DeviceEvaluation, DeviceHistory } from "../../schemas/assignment/training.ts";
import type { Effects } from "../../pipeline/engine/effects.ts";
import { readJson } from "../../pipeline/formats/read_json.ts";
import { judge } from "../../pipeline/claims/claim.ts";
import { compareCurves } from "../../stages/compare/compare_curves.ts";
import { compareSamples } from "../../stages/compare/compare_samples.ts";
import { type Question3, question3 } from "../../stages/claims/claims_3/mod.ts";
import { reportedValues } from "../../stages/claims/claims_3/measured_3.ts";
import { paritySeeds } from "../../stages/experiments/parity.ts";
import { replicates } from "../../stages/compare/pytorch_runs.ts";
import { heldOut } from "../../docs/pages/wrong_programs.ts";
import bySeed from "../../artifacts/reference/last-batch-by-seed.json" with { type: "json" };
import type { SeededRun } from "./tabulate.ts";

/** Claims that need no more of a run than its curves, those that need all losses, and the last batch. */
const ofCurves = ["Q3.curve", "Q3.accuracy", "Q3.gap", "Q3.question"];
const ofLosses = [...ofCurves, "Q3.loss-mean"];
const ofLastBatch = ["Q3.batch"];

/** Losses are means of the batches' means, as the assignment has them. */
interface Training {
  seed: number;
  epochs: readonly {
    epoch: number;
    train_loss: number;
    test_loss: number;
    test_correct: number;
    /** Means over the samples. */
    train_loss_over_samples?: number;
    test_loss_over_samples?: number;
  }[];
  train_loss_after?: number;
}

/** The initial weights' report, as far as comparisons read it. */
const initialOf = (seed: number) => ({
  generator: "torch.manual_seed",
  seed,
  level: 0,
  tensors: [],
});

const effects = {} as Effects;

/** Judges claims by what was measured; the rest of a run's measurements is absent. */
const judgeOnly = (ids: readonly string[], measured: Partial<Question3>): SeededRun["claims"] =>
  question3.filter(({ id }) => ids.includes(id))
    .map((claim) => judge(claim, measured as Question3));

/** A training in the form of a run's artifacts, as far as the claims judged need them. */
function asArtifacts({ epochs, train_loss_after }: Training) {
  const after = train_loss_after ?? epochs[epochs.length - 1].train_loss;
  const history: DeviceHistory = {
    samples: 60_000,
    batchSize: 64,
    firstBatchLabels: [],
    diverged: null,
    epochs: epochs.map(({ epoch, train_loss, train_loss_over_samples = train_loss }) => ({
      epoch,
      trainLoss: train_loss,
      trainLossOverSamples: train_loss_over_samples,
    })),
  };
  const evaluation: DeviceEvaluation = {
    samples: 10_000,
    batchSize: 64,
    epochs: epochs.map((
      { epoch, test_loss, test_correct, test_loss_over_samples = test_loss },
    ) => ({
      epoch,
      loss: test_loss_over_samples,
      lossOfBatches: test_loss,
      correct: test_correct,
      confusion: [],
      precision: [],
      recall: [],
    })),
    lastBatch: { labels: [], predictions: [], loss: NaN },
    trainAfter: { loss: after, lossOfBatches: after, correct: 0 },
  };
  return { history, evaluation };
}

/** Judges a training's curves, and its means of losses if it has both kinds. */
export async function judgeAsRun(training: Training): Promise<SeededRun> {
  const { seed, epochs: [{ train_loss_over_samples }] } = training;
  const { history, evaluation } = asArtifacts(training);
  const { curves, gap } = await compareCurves.run({
    parameters: {},
    inputs: { initial: initialOf(seed), history, evaluation },
    effects,
  });
  const ids = train_loss_over_samples === undefined ? ofCurves : ofLosses;
  return { seed, claims: judgeOnly(ids, { history, evaluation, curves, gap }) };
}

/** Runs with a description in words. */
interface Judged {
  what: string;
  runs: SeededRun[];
}

async function judged(trainings: readonly Training[]): Promise<SeededRun[]> {
  const runs = [];
  for (const training of trainings) runs.push(await judgeAsRun(training));
  return runs;
}

/** Judges PyTorch's trainings from some of the seeds that there are. */
export async function judgePytorch(seeds: readonly number[]): Promise<Judged> {
  const among = <T extends Training>(all: readonly T[]): Training[] =>
    all.filter(({ seed }) => seeds.includes(seed));
  const [predicting, apart] = [among(replicates), among(heldOut())];
  return {
    what: "the curves of PyTorch's trainings of question 3, judged as if they were our runs: " +
      `${predicting.length} that the prediction rests on, each by the others, and ${apart.length} ` +
      "held-out ones. The former did not measure the train loss after the last epoch; the one " +
      "during it, which is larger, stands for it",
    runs: await judged([...predicting, ...apart]),
  };
}

/** Reads a training of the experiment parity from the metrics and last batches that are committed. */
function parityTraining(metrics: Metrics, seed: number): Training {
  const metric = (name: string) =>
    z.number().parse(metrics[`fashion-mlp${seed === 0 ? "" : `-seed-${seed}`}.${name}`]);
  return {
    seed,
    epochs: Array.from({ length: reportedValues.epochs }, (_, epoch) => ({
      epoch,
      train_loss: metric(`train-loss.epoch-${epoch}`),
      test_loss: metric(`test-loss.epoch-${epoch}`),
      test_correct: metric(`test-correct.epoch-${epoch}`),
      train_loss_over_samples: metric(`train-loss-over-samples.epoch-${epoch}`),
      test_loss_over_samples: metric(`test-loss-over-samples.epoch-${epoch}`),
    })),
    train_loss_after: metric("train-loss-after-last-epoch"),
  };
}

/** Judges our trainings of the experiment parity, whose files lie in a folder, from some of its seeds. */
export async function judgeParity(seeds: readonly number[], folder: string): Promise<Judged> {
  const metrics = readJson(join(folder, "metrics.json"), Metrics, {
    limit: 4 << 20,
    hint: "`deno task reproduce --experiment parity` writes it.",
  });
  const trainings = paritySeeds.filter((seed) => seeds.includes(seed))
    .map((seed) => parityTraining(metrics, seed));
  return {
    what: "our trainings of question 3 in the reference run of the experiment parity, each " +
      "judged by the seeds that are not its own; by their losses and counts",
    runs: await judged(trainings),
  };
}

/** Judges the last test batch of our trainings, from some of the seeds that are committed. */
export async function judgeLastBatches(
  seeds: readonly number[],
): Promise<Judged & { commits: string[] }> {
  const runs = bySeed.runs.filter(({ seed }) => seeds.includes(seed));
  const judged = runs.map(async ({ seed, predictions, loss }) => {
    const { evaluation } = asArtifacts(replicates[0]);
    // The test set is not shuffled, so every run has the labels of the file.
    const lastBatch = { labels: reportedValues.last_test_batch.true, predictions, loss };
    const { samples } = await compareSamples.run({
      parameters: {},
      inputs: {
        initial: initialOf(seed),
        evaluation: { ...evaluation, lastBatch },
        probabilities: { dtype: "float32", shape: [0, 10], data: new Float32Array() },
        labels: { dtype: "uint8", shape: [0], data: new Uint8Array() },
      },
      effects,
    });
    return { seed, claims: judgeOnly(ofLastBatch, { samples }) };
  });
  return {
    what: "the last test batch of our trainings of question 3, each judged by the others",
    commits: bySeed.sources.map(({ commit }) => commit),
    runs: await Promise.all(judged),
  };
}
