/**
 * Judges PyTorch's trainings of question 3's program as if they were our runs. Seeds that the prediction
 * rests on are judged by the others, as our runs are; the held-out ones by all.
 */
import type { Effects } from "../../pipeline/engine/effects.ts";
import type { DeviceEvaluation, DeviceHistory } from "../../schemas/assignment/training.ts";
import { judge } from "../../pipeline/claims/claim.ts";
import { compareCurves } from "../../stages/compare/compare_curves.ts";
import { type Question3, question3 } from "../../stages/claims/claims_3/mod.ts";
import { replicates } from "../../stages/compare/pytorch_runs.ts";
import { heldOut } from "../../docs/pages/wrong_programs.ts";
import type { SeededRun } from "./tabulate.ts";

/** Claims that need no more of a run than its curves. */
const judged = ["Q3.curve", "Q3.accuracy", "Q3.gap"];

interface PytorchTraining {
  seed: number;
  epochs: readonly { epoch: number; train_loss: number; test_loss: number; test_correct: number }[];
  train_loss_after?: number;
}

/** A training in the form of our artifacts, as far as its curves are concerned. */
function asArtifacts({ epochs, train_loss_after }: PytorchTraining) {
  const after = train_loss_after ?? epochs[epochs.length - 1].train_loss;
  const history: DeviceHistory = {
    samples: 60_000,
    batchSize: 64,
    firstBatchLabels: [],
    diverged: null,
    epochs: epochs.map(({ epoch, train_loss: trainLoss }) => ({
      epoch,
      trainLoss,
      trainLossOverSamples: trainLoss,
    })),
  };
  const evaluation: DeviceEvaluation = {
    samples: 10_000,
    batchSize: 64,
    epochs: epochs.map(({ epoch, test_loss, test_correct }) => ({
      epoch,
      loss: test_loss,
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

export async function judgeAsRun(training: PytorchTraining): Promise<SeededRun> {
  const { seed } = training;
  const initial = { generator: "torch.manual_seed", seed, level: 0, tensors: [] };
  const { curves, gap } = await compareCurves.run({
    parameters: {},
    inputs: { initial, ...asArtifacts(training) },
    effects: {} as Effects,
  });
  const claims = question3.filter(({ id }) => judged.includes(id));
  return { seed, claims: claims.map((claim) => judge(claim, { curves, gap } as Question3)) };
}

/** Judges the trainings that there are from some seeds; gives them with a description in words. */
export async function judgePytorch(
  seeds: readonly number[],
): Promise<{ what: string; runs: SeededRun[] }> {
  const among = <T extends PytorchTraining>(all: readonly T[]) =>
    all.filter(({ seed }) => seeds.includes(seed));
  const [predicting, apart] = [among(replicates), among(heldOut())];
  const trainings: PytorchTraining[] = [...predicting, ...apart];
  const runs = [];
  for (const training of trainings) runs.push(await judgeAsRun(training));
  return {
    what: "the curves of PyTorch's trainings of question 3, judged as if they were our runs: " +
      `${predicting.length} that the prediction rests on, each by the others, and ${apart.length} ` +
      "held-out ones. The former did not measure the train loss after the last epoch; the one " +
      "during it, which is larger, stands for it",
    runs,
  };
}
