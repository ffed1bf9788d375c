/**
 * `compare-pytorch`: compares a training with PyTorch's of the same seed, epoch by epoch, and with this
 * program's own on WebGPU.
 */
import { z } from "zod";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Parity } from "../../schemas/assignment/pytorch_parity.ts";
import { parity, parityMetrics } from "./comparison_artifacts.ts";
import { batchLosses, deviceEvaluation, deviceHistory } from "../networks/network_artifacts.ts";
import { arithmeticDistance, replicates, spreadOver } from "./pytorch_runs.ts";
import { type Epoch, webgpuRun } from "./webgpu_runs.ts";

/**
 * Wide enough for another order of summation: twenty runs, of ten seeds on two backends, were at most
 * 0.0007 and 55 images from PyTorch's after any epoch. Narrower than the spread between seeds, which
 * after the first epoch is 0.025 and 284 images (standard deviations).
 */
export const limits = { firstLossesRelative: 1e-5, trainLoss: 0.001, testCorrect: 80 };

export const comparePytorch = defineStage({
  name: "compare-pytorch",
  module: import.meta.url,
  about: "compares a training with PyTorch's of the same seed",
  parameters: z.strictObject({ seed: z.int().nonnegative().default(0) }),
  inputs: { history: deviceHistory, "batch-losses": batchLosses, evaluation: deviceEvaluation },
  outputs: { parity, metrics: parityMetrics },
  run({ parameters: { seed }, inputs }) {
    const { history, evaluation } = inputs;
    const reference = replicates.find((run) => run.seed === seed);
    if (reference === undefined) {
      const seeds = replicates.map((run) => run.seed).join(", ");
      throw new Error(`expected a seed of which there is a PyTorch run (${seeds}), found ${seed}`);
    }
    const own = history.epochs.map(({ epoch, trainLoss }, i): Epoch => ({
      epoch,
      trainLoss,
      testLoss: evaluation.epochs[i].lossOfBatches,
      testCorrect: evaluation.epochs[i].correct,
    }));
    const rows = differences(
      own,
      reference.epochs.map((row, epoch) => ({
        epoch,
        trainLoss: row.train_loss,
        testLoss: row.test_loss,
        testCorrect: row.test_correct,
      })),
    );
    const onWebgpu = webgpuRun(seed);
    const webgpu = onWebgpu === undefined ? null : largest(differences(own, onWebgpu));
    const first = reference.first20_batch_losses;
    const result: Parity = {
      seed,
      firstBatchLabelsEqual:
        history.firstBatchLabels.join() === reference.first_batch_labels.join(),
      firstLossesRelative: Math.max(
        ...first.map((loss, i) => Math.abs(inputs["batch-losses"].data[i] / loss - 1)),
      ),
      epochs: rows.map((row, i) => ({ ...row, spread: spreadOver(i) })),
      largest: largest(rows),
      webgpu,
      yardsticks: {
        arithmetic: arithmeticDistance(),
        seeds: { count: replicates.length, ...spreadOver(reference.epochs.length - 1) },
      },
      limits,
    };
    return {
      parity: result,
      metrics: {
        "pytorch.first-batch-labels-equal": Number(result.firstBatchLabelsEqual),
        "pytorch.first-losses-relative": result.firstLossesRelative,
        "pytorch.train-loss-distance": result.largest.trainLoss,
        "pytorch.test-correct-distance": result.largest.testCorrect,
        ...webgpu === null ? {} : {
          "webgpu.train-loss-distance": webgpu.trainLoss,
          "webgpu.test-correct-distance": webgpu.testCorrect,
        },
      },
    };
  },
});

/** Subtracts another run's values, epoch by epoch, as far as both go. */
const differences = (own: readonly Epoch[], other: readonly Epoch[]): Epoch[] =>
  own.slice(0, other.length).map(({ epoch, ...values }, i) => ({
    epoch,
    trainLoss: values.trainLoss - other[i].trainLoss,
    testLoss: values.testLoss - other[i].testLoss,
    testCorrect: values.testCorrect - other[i].testCorrect,
  }));

/** The largest absolute differences over the epochs. */
function largest(rows: readonly Epoch[]): Omit<Epoch, "epoch"> {
  const of = (name: keyof Epoch) => Math.max(...rows.map((row) => Math.abs(row[name])));
  return { trainLoss: of("trainLoss"), testLoss: of("testLoss"), testCorrect: of("testCorrect") };
}
