/**
 * Reads PyTorch's runs of question 3's program: 50 seeds in float32, some of them in float64 too.
 */
import { meanAndDeviation } from "../../pipeline/claims/prediction.ts";
import float32 from "../../artifacts/reference/pytorch-replicates.json" with { type: "json" };
import float64 from "../../artifacts/reference/pytorch-float64.json" with { type: "json" };

/** After an epoch, counted from 0; losses are means of batch means, counts are of 10,000. */
interface PytorchEpoch {
  train_loss: number;
  test_loss: number;
  test_correct: number;
}

export const replicates: readonly (typeof float32.replicates[number])[] = float32.replicates;

/** The standard deviations over all seeds after an epoch. */
export function spreadOver(epoch: number) {
  const of = (name: keyof PytorchEpoch) =>
    meanAndDeviation(replicates.map(({ epochs }) => epochs[epoch][name])).standardDeviation;
  return {
    trainLoss: of("train_loss"),
    testLoss: of("test_loss"),
    testCorrect: of("test_correct"),
  };
}

/** The largest distances over all epochs between the two arithmetics, same seed. */
export function arithmeticDistance() {
  const pairs = float64.runs.flatMap(({ seed, epochs }) => {
    const other = replicates.find((run) => run.seed === seed);
    return other === undefined ? [] : epochs.map((row, i) => [row, other.epochs[i]] as const);
  });
  const largest = (name: keyof PytorchEpoch) =>
    Math.max(...pairs.map(([one, other]) => Math.abs(one[name] - other[name])));
  return {
    seeds: float64.runs.map(({ seed }) => seed),
    trainLoss: largest("train_loss"),
    testLoss: largest("test_loss"),
    testCorrect: largest("test_correct"),
  };
}
