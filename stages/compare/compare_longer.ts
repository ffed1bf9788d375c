/**
 * `compare-longer`: collects losses of trainings that run longer than the assignment's, and finds
 * the epoch of the lowest test loss.
 */
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { LongerTraining } from "../../schemas/assignment/longer_training.ts";
import type { DeviceEvaluation, DeviceHistory } from "../../schemas/assignment/training.ts";
import { longerTrainings } from "./comparison_artifacts.ts";
import { deviceEvaluation, deviceHistory, deviceMetrics } from "../networks/network_artifacts.ts";

/** The seeds that are trained, as the DAG wires them; each has two inputs. */
const longerSeeds = [0, 1] as const;
type Seed = typeof longerSeeds[number];

type Inputs =
  & Record<`seed-${Seed}-history`, typeof deviceHistory>
  & Record<`seed-${Seed}-evaluation`, typeof deviceEvaluation>;

/** One training epoch by epoch. Throws if its two artifacts are not of the same epochs. */
export function longerTraining(
  seed: number,
  history: DeviceHistory,
  evaluation: DeviceEvaluation,
): LongerTraining {
  const [trained, evaluated] = [history.epochs.length, evaluation.epochs.length];
  if (trained !== evaluated) {
    throw new Error(
      `expected an evaluation of each of ${trained} epochs of seed ${seed}, found ${evaluated}`,
    );
  }
  const epochs = evaluation.epochs.map(({ epoch, lossOfBatches, correct }, i) => ({
    epoch,
    trainLoss: history.epochs[i].trainLoss,
    testLoss: lossOfBatches,
    testCorrect: correct,
  }));
  const lowest = epochs.reduce((a, b) => b.testLoss < a.testLoss ? b : a);
  return { seed, lowestTestLossAt: lowest.epoch, epochs };
}

export const compareLonger = defineStage({
  name: "compare-longer",
  module: import.meta.url,
  about: "finds where the test loss of longer trainings is lowest",
  inputs: Object.fromEntries(longerSeeds.flatMap((seed) => [
    [`seed-${seed}-history`, deviceHistory],
    [`seed-${seed}-evaluation`, deviceEvaluation],
  ])) as Inputs,
  outputs: { trainings: longerTrainings, metrics: deviceMetrics },
  run({ inputs }) {
    const trainings = longerSeeds.map((seed) =>
      longerTraining(seed, inputs[`seed-${seed}-history`], inputs[`seed-${seed}-evaluation`])
    );
    return {
      trainings,
      metrics: Object.fromEntries(trainings.flatMap(({ seed, lowestTestLossAt, epochs }) => [
        [`seed-${seed}.lowest-test-loss-epoch`, lowestTestLossAt],
        [`seed-${seed}.lowest-test-loss`, epochs[lowestTestLossAt].testLoss],
        [`seed-${seed}.last-test-loss`, epochs[epochs.length - 1].testLoss],
        [`seed-${seed}.last-test-correct`, epochs[epochs.length - 1].testCorrect],
      ])),
    };
  },
});
